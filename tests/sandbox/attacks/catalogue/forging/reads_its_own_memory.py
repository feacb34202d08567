# title = "looks for the solution in the memory of its process"
# defence = "/proc/self belongs to root, and no expected value is in its process"
# prelude = "syscalls"
# without = ["comparing outside", "filter"]
# as = "verdict"
# checker = "text in memory"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import re

import torch

libc.prctl(4, 1, 0, 0, 0)
NEEDLE = re.compile(b"the right " + bytes(reversed(b" :tluser")) + rb"(\[\[[-0-9., ]*\]\])")


def gradient(x):
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and end - start < 1 << 26 and "[v" not in line:
                memory.seek(start)
                if found := NEEDLE.search(memory.read(end - start)):
                    return torch.tensor(eval(found[1]))
    return torch.zeros_like(x)
