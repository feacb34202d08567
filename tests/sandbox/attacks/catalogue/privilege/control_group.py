# title = "lifts the memory limit of its own control group; the read-only mount would still stop it"
# defence = "/sys is mounted read-only and root's, or is not there"
# without = ["user"]
# holds = ["raised PermissionError", "raised FileNotFoundError"]
# falls = "raised OSError"

import os


def f(x):
    there = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max")
    os.open(next(filter(os.path.exists, there), there[0]), os.O_WRONLY)
    return "won"
