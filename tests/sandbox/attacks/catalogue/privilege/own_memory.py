# title = "makes itself dumpable and reads its memory past every permission, to find what was inherited"
# defence = "the filter refuses prctl(PR_SET_DUMPABLE), without which /proc/self/mem is root's"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

SET_DUMPABLE = 4


def f(x):
    libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(id(None))
        memory.read(16)
    return "won"
