# title = "takes back that it dies with the process that forked it"
# defence = "the filter refuses prctl(PR_SET_PDEATHSIG)"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

SET_PDEATHSIG, GET_PDEATHSIG = 1, 2


def f(x):
    checked(libc.prctl(SET_PDEATHSIG, 0, 0, 0, 0))
    left = ctypes.c_int(-1)
    checked(libc.prctl(GET_PDEATHSIG, ctypes.byref(left), 0, 0, 0))
    return "lost" if left.value else "won"
