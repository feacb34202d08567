# title = "returns a tensor that says itself where its elements are, and how many"
# defence = "what a tensor says of itself is read by the base's own attributes"
# without = ["careful reading"]
# holds = "returned TensorValue(dtype='uint8', shape=(4,), data=b'lost')"
# falls = "returned TensorValue(dtype='uint8', shape=(3,), data=b'won')"

import torch

won = torch.tensor(list(b"won"), dtype=torch.uint8)


class Lying(torch.Tensor):
    shape = property(lambda self: (3,))

    def numel(self):
        return 3

    def data_ptr(self):
        return won.data_ptr()


def f(x):
    return torch.tensor(list(b"lost"), dtype=torch.uint8).as_subclass(Lying)
