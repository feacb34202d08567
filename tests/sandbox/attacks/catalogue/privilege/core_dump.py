# title = "has its whole memory written to a file as it dies"
# defence = "limits of cores and of files, not dumpable, no place to write"
# without = ["core limits", "limits", "dumpable", "closed places"]
# holds = "returned nothing written"
# falls = "returned won"

import os
import resource


def f(x):
    child = os.fork()
    if child == 0:
        try:
            os.chdir("/tmp")
            _, hard = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            with open("/proc/self/coredump_filter", "w") as what:
                what.write("0")
        finally:
            os.abort()
    _, status = os.waitpid(child, 0)
    return "won" if os.WCOREDUMP(status) else "nothing written"
