# title = "gives the processor a segment of its own, which kernels have stumbled over"
# defence = "both filters refuse modify_ldt()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

MODIFY_LDT, WRITE = 154, 0x11
BITS_32_DATA = 0x51


def f(x):
    segment = (ctypes.c_uint32 * 4)(0, 0, 0xFFFFF, BITS_32_DATA)
    checked(libc.syscall(MODIFY_LDT, WRITE, segment, ctypes.sizeof(segment)))
    return "won"
