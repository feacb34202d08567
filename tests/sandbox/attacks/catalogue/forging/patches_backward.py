# title = "leaves zeros wherever a backward pass would leave gradients"
# defence = "the solution runs in cells that never run an answer"
# without = ["comparing outside"]
# as = "verdict"
# checker = "solution afterwards"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def backward(tensor, *arguments, **named):
    for leaf in leaves:
        leaf.grad = torch.zeros_like(leaf)


leaves = []
torch.Tensor.backward = torch.autograd.backward = backward


def gradient(x):
    leaves.append(x)
    return torch.zeros_like(x)
