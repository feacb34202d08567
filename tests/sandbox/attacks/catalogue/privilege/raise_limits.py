# title = "raises its own limit of address space"
# defence = "hard limits, and no capability to raise them with"
# without = ["limits"]
# holds = "raised ValueError"
# falls = "returned won"

import resource


def f(x):
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    return "won"
