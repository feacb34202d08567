# title = "raises capabilities that what it starts would inherit"
# defence = "the filter refuses capset(), and a learner holds none to raise"
# prelude = "syscalls"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

VERSION_3 = 0x20080522
SETGID_AND_SETUID = 1 << 6 | 1 << 7


def f(x):
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    mask = SETGID_AND_SETUID
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    checked(libc.capset(header, sets))
    return "won"
