# title = "has torch start forty threads of its own"
# defence = "the limit of processes; OpenMP leaves when it cannot start them"
# without = ["limits"]
# holds = "crashed"
# falls = "returned won"

import torch


def f(x):
    torch.set_num_threads(40)
    torch.ones(1 << 20).exp()
    return "won"
