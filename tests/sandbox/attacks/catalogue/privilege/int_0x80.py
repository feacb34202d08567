# title = "makes a system call by the numbers of i386, with machine code of its own"
# defence = "both filters kill for another architecture's calls"
# without = ["filter"]
# holds = "forbidden operation"
# falls = "returned won"

import ctypes
import mmap

# push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret
CODE = bytes.fromhex("53 b8 14 00 00 00 cd 80 5b c3")


def f(x):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(CODE)
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return "won" if call() > 0 else "lost"
