# title = "takes memory that even the kernel cannot see, and that no limit of files counts"
# defence = "both filters refuse memfd_secret()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno

MEMFD_SECRET = 447


def f(x):
    if libc.syscall(MEMFD_SECRET, 0) == -1 and ctypes.get_errno() != errno.ENOSYS:
        checked(-1)
    return "reached"
