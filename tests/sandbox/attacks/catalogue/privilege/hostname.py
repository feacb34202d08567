# title = "renames the machine, for it and for those after it"
# defence = "SYS_ADMIN of the namespace, which nobody in a cell has; the filter refuses namespaces of one's own"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import socket

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


NEW_USER, NEW_NAME = 0x10000000, 0x04000000


def f(x):
    libc.unshare(NEW_USER | NEW_NAME)
    socket.sethostname("somebody-elses")
    return "won"
