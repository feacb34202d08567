# title = "takes the ends of other pipes out of /proc/PID/fd, to write what only the cell itself may"
# defence = "that process is root's and not dumpable, the learner neither"
# without = ["user", "dumpable"]
# holds = "raised PermissionError"
# falls = "returned won"

import os


def f(x):
    for theirs in ("/proc/1/fd", f"/proc/{os.getppid()}/fd"):
        try:
            pipes = [name for name in os.listdir(theirs) if "pipe:" in os.readlink(f"{theirs}/{name}")]
            for name in pipes:
                os.close(os.open(f"{theirs}/{name}", os.O_RDWR | os.O_NONBLOCK))
            return "won" if pipes else "lost"
        except PermissionError as error:
            refused = error
    raise refused
