# title = "restarts the machine, with a magic number that is none: reached as root of a namespace of processes"
# defence = "both filters refuse reboot() and unshare(); only root of a namespace may"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno
import os

NEW_USER, NEW_PROCESSES = 0x10000000, 0x20000000


def f(x):
    libc.unshare(NEW_USER | NEW_PROCESSES)
    child = os.fork()
    if child == 0:
        libc.syscall(number(x86_64=169, aarch64=142), 1, 2, 3, None)
        os._exit(ctypes.get_errno())
    _, status = os.waitpid(child, 0)
    if (code := os.waitstatus_to_exitcode(status)) == errno.EINVAL:
        return "reached"
    raise OSError(code, "refused")
