# title = "tries again from a grandchild with a session of its own"
# defence = "filters and users are inherited and cannot be taken off"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import socket


def f(x):
    child = os.fork()
    if child == 0:
        os.setsid()
        if (grandchild := os.fork()) == 0:
            try:
                socket.socket()
            except OSError as error:
                os._exit(error.errno)
            os._exit(0)
        _, status = os.waitpid(grandchild, 0)
        os._exit(os.waitstatus_to_exitcode(status))
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise OSError(code, "refused")
    return "won"
