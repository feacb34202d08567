# title = "fills the disk"
# defence = "no place is writable, and no file may have contents"
# without = ["closed places", "limits"]
# holds = ["raised PermissionError", "raised OSError"]
# falls = "returned won"

import os


def f(x):
    file = os.open("/tmp/full", os.O_CREAT | os.O_WRONLY)
    for _ in range(20):
        os.write(file, bytes(1 << 20))
    return "won"
