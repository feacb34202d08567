# title = "makes a system call by the numbers of x32; reached where the kernel has none"
# defence = "both filters kill for another architecture's calls"
# prelude = "syscalls"
# without = ["filter"]
# holds = "forbidden operation"
# falls = "returned reached"

import ctypes
import errno

GETPID_X32 = 0x40000000 | 39


def f(x):
    if libc.syscall(GETPID_X32) == -1 and ctypes.get_errno() != errno.ENOSYS:
        return "refused"
    return "reached"
