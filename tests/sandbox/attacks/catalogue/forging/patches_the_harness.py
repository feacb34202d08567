# title = "replaces the harness's own functions that read values"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "values of the harness"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import sys

import torch

for name in ("observation", "harness"):
    module = sys.modules["sandbox.cell." + name]
    for reader in ("to_value", "tensor_to_value"):
        if hasattr(module, reader):
            setattr(module, reader, lambda thing, depth=0: None)


def gradient(x):
    return torch.zeros_like(x)
