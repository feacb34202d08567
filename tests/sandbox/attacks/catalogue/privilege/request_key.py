# title = "has the kernel ask a program of the host for a key"
# defence = "both filters refuse request_key()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import ctypes
import errno


def f(x):
    # Without something to tell that program it is not started: only what there is already is looked through.
    libc.syscall(number(x86_64=249, aarch64=218), b"user", b"there is none", None, 0)
    return "reached" if ctypes.get_errno() == errno.ENOKEY else checked(-1)
