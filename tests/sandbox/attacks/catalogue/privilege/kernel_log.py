# title = "reads the log of the kernel"
# defence = "both filters refuse syslog(); no SYSLOG where the kernel asks for it"
# prelude = "syscalls"
# without = ["filter", "user", "capability SYSLOG"]
# holds = "raised PermissionError"
# falls = "returned won"

SIZE_OF_LOG = 10


def f(x):
    return "won" if checked(libc.klogctl(SIZE_OF_LOG, None, 0)) > 0 else "lost"
