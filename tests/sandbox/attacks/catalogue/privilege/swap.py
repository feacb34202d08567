# title = "takes away a swap file that there is not; reached"
# defence = "both filters refuse swapoff(); no SYS_ADMIN"
# without = ["filter", "user", "capability SYS_ADMIN"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def f(x):
    libc.swapoff(b"/there/is/none")
    return "reached" if ctypes.get_errno() == errno.ENOENT else checked(-1)
