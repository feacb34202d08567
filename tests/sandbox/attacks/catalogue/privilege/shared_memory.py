# title = "leaves a segment of System V shared memory behind"
# defence = "both filters refuse shmget()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

CREATE, EVERYONE = 0o1000, 0o666


def f(x):
    segment = checked(libc.shmget(0x5EED, 4096, CREATE | EVERYONE))
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memset(libc.shmat(segment, None, 0), 1, 4096)
    return "won"
