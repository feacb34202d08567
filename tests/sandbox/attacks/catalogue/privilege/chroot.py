# title = "moves its root below a directory, as root of a user namespace"
# defence = "both filters refuse chroot() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

NEW_USER = 0x10000000


def f(x):
    libc.unshare(NEW_USER)
    os.chroot("/proc")
    return "won"
