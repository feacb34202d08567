# title = "returns complex numbers, of which only the distance is looked at"
# defence = "the kind of number must be the expected one"
# without = ["comparing outside"]
# as = "verdict"
# checker = "nothing too far"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    return torch.complex(2 * x, torch.zeros_like(x))
