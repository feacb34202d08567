# title = "makes itself dumpable and lowers its out-of-memory score, so that the first process is killed in its place"
# defence = "/proc/self belongs to root, and the filter refuses prctl(PR_SET_DUMPABLE) that would give it back"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"


def f(x):
    libc.prctl(4, 1, 0, 0, 0)
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("0")
    return "won"
