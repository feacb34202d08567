# title = "takes a lease of a shared file, so that whoever opens it has to wait for it"
# defence = "the filter refuses leases by fcntl(); and the file is another user's"
# without = ["filter", "user"]
# holds = "raised PermissionError"
# falls = "returned won"

import fcntl
import os


def f(x):
    with open(os.__file__) as shared:
        fcntl.fcntl(shared, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return "won"
