# title = "returns a tensor of four megabytes whose memory is cut to a sixteenth"
# defence = "that all of its elements lie within its memory is looked at first"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "crashed"

import ctypes

import torch

OWN_MAPPING_FROM = -3
ctypes.CDLL(None).mallopt(OWN_MAPPING_FROM, 1 << 16)


def f(x):
    # Where it is made smaller it would else fill a gap, behind which there may be more to read.
    fillings = [torch.zeros(2**16) for _ in range(64)]
    result = torch.zeros(2**20)
    result.untyped_storage().resize_(2**18)
    return result
