# title = "leaves a key with its user for whoever gets that user next"
# defence = "both filters refuse add_key()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

NEW_USER, USER_KEYRING = 0x10000000, -4


def f(x):
    # A machine keeps a user's keyring until it restarts, and forgets those of a namespace.
    libc.unshare(NEW_USER)
    checked(libc.syscall(number(x86_64=248, aarch64=217), b"user", b"left", b"behind", 6, USER_KEYRING))
    return "won"
