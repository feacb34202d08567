# title = "signals a thread of the first process, or of the one that forked it, by the call that abort() needs"
# defence = "user ids: it is another user's"
# prelude = "syscalls"
# without = ["user"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import signal


def f(x):
    for process in (1, os.getppid()):
        try:
            checked(libc.syscall(number(x86_64=234, aarch64=131), process, process, signal.SIGCONT))
            return "won"
        except PermissionError as error:
            refused = error
    raise refused
