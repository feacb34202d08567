# title = "runs a program that makes whoever runs it root"
# defence = "a container has none; elsewhere no_new_privs, and before it the filter refuses execve()"
# without = ["small image", "filter", "new privileges"]
# holds = ["returned lost", "raised PermissionError"]
# falls = "returned won"

import os
import stat
import subprocess


def programs():
    for folder in filter(os.path.isdir, ("/usr/bin", "/usr/sbin", "/bin")):
        for entry in os.scandir(folder):
            if entry.is_file() and entry.stat().st_mode & stat.S_ISUID and entry.stat().st_uid == 0:
                yield entry.path


def f(x):
    for program in programs():
        # What waits for a password keeps running until it is looked at.
        running = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(f"/proc/{running.pid}/status") as status:
            users = next(line for line in status if line.startswith("Uid:")).split()
        running.kill()
        running.wait()
        if users[2] == "0":
            return "won"
    return "lost"
