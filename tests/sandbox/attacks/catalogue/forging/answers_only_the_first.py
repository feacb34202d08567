# title = "is right the first time it is called, and never again"
# defence = "every trial must be right"
# without = ["every trial"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch

calls = []


def gradient(x):
    calls.append(x)
    return 2 * x if len(calls) == 1 else torch.zeros_like(x)
