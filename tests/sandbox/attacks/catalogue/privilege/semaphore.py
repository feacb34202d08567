# title = "holds a System V semaphore that others would wait for"
# defence = "both filters refuse semget()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

CREATE, EVERYONE = 0o1000, 0o666


def f(x):
    checked(libc.semget(0x5EED, 1, CREATE | EVERYONE))
    return "won"
