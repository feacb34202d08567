# title = "joins a keyring by a name that the next learner could join too"
# defence = "both filters refuse keyctl()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

JOIN_SESSION_KEYRING = 1


def f(x):
    checked(libc.syscall(number(x86_64=250, aarch64=219), JOIN_SESSION_KEYRING, b"meeting"))
    return "won"
