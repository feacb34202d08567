# title = "returns the very buffer that the solution will write its result into"
# defence = "the result is read at once, and the solution runs elsewhere"
# without = ["comparing outside"]
# as = "verdict"
# checker = "solution on the same leaf"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    x.grad = torch.zeros_like(x)
    return x.grad
