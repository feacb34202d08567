# title = "fills memory in several processes, each below its own limit"
# defence = "the container's limit of memory, which counts all of them together"
# without = ["memory"]
# holds = "returned False"
# falls = "returned True"
# local = "it limits the memory of each process but not of all together, for which it would need a control group"
# wall_ms = 10000

import os

import torch


def f(x):
    gate, keep = os.pipe()
    started = []
    for _ in range(3):
        filled, tell = os.pipe()
        if (pid := os.fork()) == 0:
            os.close(keep)
            piece = torch.ones(100 << 20)
            os.write(tell, b".")
            os.read(gate, 1)
            os._exit(piece.dim() - 1)
        os.close(tell)
        started.append((pid, filled))
    count = sum(bool(os.read(filled, 1)) for _, filled in started)
    os.close(keep)
    ended = [os.waitpid(pid, 0)[1] for pid, _ in started]
    return count == 3 and ended == [0, 0, 0]
