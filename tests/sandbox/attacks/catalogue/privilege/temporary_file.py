# title = "leaves a directory with a link to elsewhere in /tmp"
# defence = "/tmp is made unwritable after the start"
# without = ["closed places"]
# holds = ["raised PermissionError", "raised OSError"]
# falls = "returned won"

import os


def f(x):
    os.mkdir("/tmp/left")
    os.symlink("/etc/passwd", "/tmp/left/trap")
    return "won"
