# title = "starts a process that is not its child but its sibling, and so not seen to survive it"
# defence = "the filter looks at the flags of clone(); what is left is the first process's to clear"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import signal

CLONE_PARENT = 0x8000


def f(x):
    parent = os.getppid()
    reading, writing = os.pipe()
    sibling = checked(libc.syscall(number(x86_64=56, aarch64=220), CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
    if sibling == 0:
        os.write(writing, str(os.getppid()).encode())
        os._exit(0)
    return "won" if int(os.read(reading, 20)) == parent else "lost"
