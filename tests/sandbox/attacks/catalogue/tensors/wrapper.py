# title = "returns a tensor without memory of its own whose operators are the answer's"
# defence = "a subclass's operators are switched off while it is read, and what then has no memory is refused"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "crashed"

import torch


class Wrapper(torch.Tensor):
    @staticmethod
    def __new__(cls, x):
        return torch.Tensor._make_wrapper_subclass(cls, x.shape, dtype=x.dtype)

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), named=None):
        return torch.ones(2)


def f(x):
    return Wrapper(x)
