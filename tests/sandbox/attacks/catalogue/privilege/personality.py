# title = "turns the randomisation of addresses off for what it forks"
# defence = "the filter refuses personality()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NO_RANDOMIZE = 0x0040000


def f(x):
    checked(libc.personality(NO_RANDOMIZE))
    return "won"
