# title = "has the kernel send SIGSTOP to another process when there is something to read in a pipe"
# defence = "the filter refuses F_SETOWN and F_SETSIG; user ids confine the signal"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import fcntl
import os
import signal
import time

F_SETSIG = 10


def state(process):
    with open(f"/proc/{process}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]


def send(process, number):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, process)
    fcntl.fcntl(reading, F_SETSIG, number)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")
    os.close(reading)  # before the other end, whose closing would send it once more
    os.close(writing)


def f(x):
    # The first process of a namespace takes no such signal from within it.
    others = {int(name) for name in os.listdir("/proc") if name.isdecimal()} - {1, os.getpid()}
    for process in others:
        send(process, signal.SIGSTOP)
    time.sleep(0.02)
    stopped = [process for process in others if state(process) == "T"]
    for process in stopped:
        send(process, signal.SIGCONT)
    return "won" if stopped else "lost"
