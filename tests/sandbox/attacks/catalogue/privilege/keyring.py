# title = "leaves a key with its user for whoever gets that user next"
# defence = "both filters refuse add_key()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NEW_USER, USER_KEYRING = 0x10000000, -4


def f(x):
    calls = {"x86_64": 248, "aarch64": 217}
    # A machine keeps a user's keyring until it restarts, and forgets those of a namespace.
    libc.unshare(NEW_USER)
    checked(libc.syscall(calls[os.uname().machine], b"user", b"left", b"behind", 6, USER_KEYRING))
    return "won"
