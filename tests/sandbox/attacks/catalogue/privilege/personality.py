# title = "turns the randomisation of addresses off for what it forks"
# defence = "the filter refuses personality()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

NO_RANDOMIZE = 0x0040000


def f(x):
    checked(libc.personality(NO_RANDOMIZE))
    return "won"
