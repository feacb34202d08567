# title = "exchanges the root for a file system of its own"
# defence = "both filters refuse pivot_root(), mount() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000


def f(x):
    libc.unshare(NEW_USER | NEW_MOUNTS)
    libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
    os.chdir("/tmp")
    checked(libc.syscall(number(x86_64=155, aarch64=41), b".", b"."))
    return "won"
