# title = "adopts its orphans, so that nobody else sees them end"
# defence = "the filter refuses prctl(PR_SET_CHILD_SUBREAPER)"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os

SET_CHILD_SUBREAPER = 36


def f(x):
    checked(libc.prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    if (child := os.fork()) == 0:
        if os.fork() == 0:
            os._exit(5)
        os._exit(0)
    os.waitpid(child, 0)
    _, status = os.wait()
    return "won" if os.waitstatus_to_exitcode(status) == 5 else "lost"
