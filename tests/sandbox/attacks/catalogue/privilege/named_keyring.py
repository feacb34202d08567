# title = "joins a keyring by a name that the next learner could join too"
# defence = "both filters refuse keyctl()"
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


JOIN_SESSION_KEYRING = 1


def f(x):
    calls = {"x86_64": 250, "aarch64": 219}
    checked(libc.syscall(calls[os.uname().machine], JOIN_SESSION_KEYRING, b"meeting"))
    return "won"
