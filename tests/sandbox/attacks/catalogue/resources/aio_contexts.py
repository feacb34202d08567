# title = "takes the asynchronous contexts of the whole host, which are counted for all its users together"
# defence = "both filters refuse io_setup()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes


def f(x):
    context = ctypes.c_ulong()
    checked(libc.syscall(number(x86_64=206, aarch64=0), 20_000, ctypes.byref(context)))
    return "won"
