# title = "asks for a tensor of 2 GB that it never touches"
# defence = "a limit of address space"
# without = ["limits"]
# holds = "memory limit"
# falls = "returned won"

import torch


def f(x):
    torch.empty(2**29)
    return "won"
