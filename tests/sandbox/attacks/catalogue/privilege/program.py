# title = "starts another program"
# defence = "the filter refuses execve()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import subprocess
import sys


def f(x):
    return subprocess.run([sys.executable, "-ISc", "print('won')"], capture_output=True, text=True).stdout.strip()
