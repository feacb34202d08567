# title = "has the whole host write its buffers to disk"
# defence = "both filters refuse sync() and syncfs()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    checked(libc.syncfs(os.open("/dev/null", os.O_RDONLY)))
    return "won"
