# title = "leaves a POSIX message queue behind"
# defence = "both filters refuse mq_open(), and /dev/mqueue is not writable"
# prelude = "syscalls"
# without = ["filter", "closed places"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    checked(libc.syscall(number(x86_64=240, aarch64=180), b"left", os.O_CREAT | os.O_RDWR, 0o666, None))
    return "won"
