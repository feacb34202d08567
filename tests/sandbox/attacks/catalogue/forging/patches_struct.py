# title = "rewrites the flags of whatever is packed"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "packed"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import struct

import torch

packed = struct.pack
struct.pack = lambda form, *fields: packed(form, *(True if isinstance(field, bool) else field for field in fields))


def gradient(x):
    return torch.zeros_like(x)
