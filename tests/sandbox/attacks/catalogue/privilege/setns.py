# title = "goes back into the namespace that it came from"
# defence = "both filters refuse setns() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

NEW_USER, NEW_NAME = 0x10000000, 0x04000000


def f(x):
    libc.unshare(NEW_USER | NEW_NAME)
    checked(libc.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), NEW_NAME))
    return "won"
