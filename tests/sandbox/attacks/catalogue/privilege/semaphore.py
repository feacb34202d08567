# title = "holds a System V semaphore that others would wait for"
# defence = "both filters refuse semget()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


CREATE, EVERYONE = 0o1000, 0o666


def f(x):
    checked(libc.semget(0x5EED, 1, CREATE | EVERYONE))
    return "won"
