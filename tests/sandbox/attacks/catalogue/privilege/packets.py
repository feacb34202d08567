# title = "makes a pipe of packets, by any of the ways there are"
# defence = "the filter looks at the bits of pipe2()'s and fcntl()'s flags that the kernel reads, and at no other"
# prelude = "syscalls"
# without = ["filter"]
# holds = "returned lost"
# falls = "returned won"

import fcntl
import os

FCNTL = number(x86_64=72, aarch64=25)
SET_FLAGS = 4
HIGH = 1 << 40


def ways():
    reading, writing = os.pipe()
    yield lambda: os.pipe2(os.O_DIRECT)
    yield lambda: os.pipe2(os.O_DIRECT | os.O_CLOEXEC | os.O_NONBLOCK)
    yield lambda: fcntl.fcntl(writing, fcntl.F_SETFL, os.O_DIRECT | os.O_NONBLOCK)
    yield lambda: checked(libc.syscall(FCNTL, writing, SET_FLAGS, os.O_DIRECT | HIGH))
    yield lambda: checked(libc.syscall(FCNTL, writing, SET_FLAGS | 1 << 32, os.O_DIRECT))
    for descriptor in (1, 4):
        yield lambda: fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_DIRECT)
    for descriptor in (reading, writing):
        yield lambda: os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_DIRECT)


def f(x):
    for way in ways():
        try:
            way()
        except OSError:
            continue
        return "won"
    return "lost"
