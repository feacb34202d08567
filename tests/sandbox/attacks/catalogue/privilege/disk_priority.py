# title = "asks to be the first at the disks"
# defence = "the filter refuses ioprio_set()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

BEST_EFFORT_FIRST = 2 << 13


def f(x):
    checked(libc.syscall(number(x86_64=251, aarch64=30), 1, 0, BEST_EFFORT_FIRST))
    return "won"
