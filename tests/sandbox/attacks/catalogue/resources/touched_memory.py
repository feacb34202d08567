# title = "fills memory piece by piece, no piece of it remarkable"
# defence = "a limit of address space below the container's limit of memory"
# without = ["limits", "memory"]
# holds = "memory limit"
# falls = "returned won"
# wall_ms = 10000

import torch


def f(x):
    pieces = [torch.ones(2**22) for _ in range(52)]
    return "won" if len(pieces) * pieces[0].nbytes > 800 << 20 else "lost"
