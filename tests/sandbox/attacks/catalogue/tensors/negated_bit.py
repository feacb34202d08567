# title = "returns the right numbers with a mark that says that they are negative"
# defence = "a mark is resolved before the elements are read"
# without = ["careful reading"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


def gradient(x):
    return torch._neg_view(2 * x)
