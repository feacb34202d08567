# title = "locks the one device that everyone may write"
# defence = "the filter refuses locks by fcntl()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import fcntl


def f(x):
    with open("/dev/null", "r+b", buffering=0) as shared:
        fcntl.lockf(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return "won"
