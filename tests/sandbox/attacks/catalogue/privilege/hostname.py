# title = "renames the machine, for it and for those after it"
# defence = "SYS_ADMIN of the namespace, which nobody in a cell has; the filter refuses namespaces of one's own"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import socket

NEW_USER, NEW_NAME = 0x10000000, 0x04000000


def f(x):
    libc.unshare(NEW_USER | NEW_NAME)
    socket.sethostname("somebody-elses")
    return "won"
