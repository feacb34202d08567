# title = "loads a program into the kernel"
# defence = "both filters refuse bpf(); no BPF"
# prelude = "syscalls"
# without = ["filter", "user", "capability SYS_ADMIN"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

MAP_CREATE, ARRAY = 0, 2


def f(x):
    table = (ctypes.c_uint32 * 18)(ARRAY, 4, 8, 1)
    checked(libc.syscall(number(x86_64=321, aarch64=280), MAP_CREATE, table, ctypes.sizeof(table)))
    return "won"
