# title = "changes where the kernel thinks its heap and its arguments are; reached with the size of such a map"
# defence = "the filter refuses prctl(PR_SET_MM)"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes

SET_MM, MAP_SIZE = 35, 15


def f(x):
    size = ctypes.c_uint()
    checked(libc.prctl(SET_MM, MAP_SIZE, ctypes.byref(size), 0, 0))
    return "reached" if size.value else "lost"
