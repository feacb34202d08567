# title = "has every tensor say that its gradient is zero"
# defence = "the solution runs in cells that never run an answer"
# without = ["comparing outside"]
# as = "verdict"
# checker = "solution afterwards"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch

torch.Tensor.grad = property(lambda self: torch.zeros(self.shape), lambda self, value: None)


def gradient(x):
    return x.grad
