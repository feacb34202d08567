# title = "returns zeros that have no memory"
# defence = "zeros of this kind are made anew"
# without = ["careful reading"]
# holds = "returned TensorValue(dtype='float32', shape=(1,), data=b'\\x00\\x00\\x00\\x00')"
# falls = "crashed"

import torch


def f(x):
    return torch._efficientzerotensor(1)
