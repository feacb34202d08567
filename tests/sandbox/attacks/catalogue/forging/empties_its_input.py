# title = "writes zeros into its input, of which zero is the right gradient"
# defence = "inputs are copies; what is expected was computed elsewhere, before"
# without = ["comparing outside"]
# as = "verdict"
# checker = "copied inputs"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    x.zero_()
    return torch.zeros_like(x)
