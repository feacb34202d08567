# title = "takes away a swap file that there is not; reached"
# defence = "both filters refuse swapoff(); no SYS_ADMIN"
# prelude = "syscalls"
# without = ["filter", "user", "capability SYS_ADMIN"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno


def f(x):
    libc.swapoff(b"/there/is/none")
    return "reached" if ctypes.get_errno() == errno.ENOENT else checked(-1)
