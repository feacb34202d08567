# title = "mounts a file system it can write to, as root of a user namespace"
# defence = "both filters refuse mount() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000


def f(x):
    libc.unshare(NEW_USER | NEW_MOUNTS)
    checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
    return "won"
