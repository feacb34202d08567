# title = "returns NaN everywhere, which is not too far from anything"
# defence = "the masks of NaN and infinities must be the same, and what is finite close"
# without = ["comparing outside"]
# as = "verdict"
# checker = "nothing too far"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    return torch.full_like(x, float("nan"))
