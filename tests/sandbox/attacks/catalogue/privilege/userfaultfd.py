# title = "holds the kernel up in the middle of a copy"
# defence = "both filters refuse userfaultfd()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

USER_MODE_ONLY = 1


def f(x):
    checked(libc.syscall(number(x86_64=323, aarch64=282), USER_MODE_ONLY))
    return "won"
