# title = "returns values that are only right once they are made numbers"
# defence = "only numbers that can be compared as they are are read"
# without = ["careful reading"]
# as = "verdict"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import torch


def gradient(x):
    return torch.quantize_per_tensor(2 * x, 1e-6, 0, torch.qint32)
