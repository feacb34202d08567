# title = "makes a user namespace, in which it has every capability"
# defence = "both filters refuse unshare()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NEW_USER = 0x10000000


def f(x):
    checked(libc.unshare(NEW_USER))
    return "won"
