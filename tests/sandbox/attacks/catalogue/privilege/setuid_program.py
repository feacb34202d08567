# title = "runs a program that makes whoever runs it root"
# defence = "a container has none; elsewhere no_new_privs, and before it the filter refuses execve()"
# without = ["small image", "filter", "new privileges"]
# holds = ["returned lost", "raised PermissionError"]
# falls = "returned won"

import os
import stat
import subprocess
import time


def programs():
    for folder in filter(os.path.isdir, ("/usr/bin", "/usr/sbin", "/bin")):
        for entry in os.scandir(folder):
            if entry.is_file() and entry.stat().st_mode & stat.S_ISUID and entry.stat().st_uid == 0:
                yield entry.path


def user_of(pid):
    time.sleep(0.01)  # whoever started it goes on before its user has changed
    with open(f"/proc/{pid}/status") as status:
        return next(line for line in status if line.startswith("Uid:")).split()[2]


def f(x):
    for program in programs():
        # What waits for a password keeps running until it is looked at.
        running = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        became_root = any(user_of(running.pid) == "0" for _ in range(20))
        running.kill()
        running.wait()
        if became_root:
            return "won"
    return "lost"
