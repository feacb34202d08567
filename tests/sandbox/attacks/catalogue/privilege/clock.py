# title = "sets the clock to a time that there is not; the kernel says so before it asks for SYS_TIME"
# defence = "both filters refuse settimeofday()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno


def f(x):
    libc.syscall(number(x86_64=164, aarch64=170), (ctypes.c_long * 2)(0, 2_000_000), None)
    return "reached" if ctypes.get_errno() == errno.EINVAL else checked(-1)
