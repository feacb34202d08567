# title = "makes a user namespace, in which it has every capability"
# defence = "both filters refuse unshare()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

NEW_USER = 0x10000000


def f(x):
    checked(libc.unshare(NEW_USER))
    return "won"
