# title = "copies the mounts without the flags and masks over them"
# defence = "both filters refuse open_tree() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
OPEN_TREE, AT_FDCWD, OPEN_TREE_CLONE, AT_RECURSIVE = 428, -100, 1, 0x8000


def f(x):
    libc.unshare(NEW_USER | NEW_MOUNTS)
    checked(libc.syscall(OPEN_TREE, AT_FDCWD, b"/", OPEN_TREE_CLONE | AT_RECURSIVE))
    return "won"
