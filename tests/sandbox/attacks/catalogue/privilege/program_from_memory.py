# title = "runs a program that is in no file system"
# defence = "the filter refuses execveat(); a limit lets nothing be written into memory files"
# prelude = "syscalls"
# without = ["filter", "limits"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes
import os

EMPTY_PATH = 0x1000


def f(x):
    memory = os.memfd_create("program")
    try:
        with open(os.path.realpath("/proc/self/exe"), "rb") as program:
            while part := program.read(1 << 20):
                os.write(memory, part)
    except OSError:
        pass
    child = os.fork()
    if child == 0:
        words = (ctypes.c_char_p * 4)(b"python", b"-ISc", b"raise SystemExit(7)", None)
        libc.syscall(number(x86_64=322, aarch64=281), memory, b"", words, None, EMPTY_PATH)
        os._exit(ctypes.get_errno())
    _, status = os.waitpid(child, 0)
    if (code := os.waitstatus_to_exitcode(status)) == 7:
        return "won"
    raise OSError(code, "refused")
