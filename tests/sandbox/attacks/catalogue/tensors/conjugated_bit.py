# title = "returns a complex number with a mark that says that it is conjugated"
# defence = "a mark is resolved before the elements are read"
# without = ["careful reading"]
# holds = "returned TensorValue(dtype='complex64', shape=(1,), data=b'\\x00\\x00\\x80?\\x00\\x00\\x80\\xbf')"
# falls = "returned TensorValue(dtype='complex64', shape=(1,), data=b'\\x00\\x00\\x80?\\x00\\x00\\x80?')"

import torch


def f(x):
    return torch.tensor([1 + 1j]).conj()
