# title = "returns what says that its class is Tensor"
# defence = "the elements are read by torch's own code, which looks at the type itself"
# without = ["comparing outside"]
# as = "verdict"
# checker = "instance"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import torch


class Pretender:
    __class__ = property(lambda self: torch.Tensor)

    def __eq__(self, other):
        return torch.ones(())


def gradient(x):
    return Pretender()
