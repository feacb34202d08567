# title = "returns a view that goes on behind its memory, into what lies there"
# defence = "that all of its elements lie within its memory is looked at first"
# without = ["careful reading"]
# holds = "raised UnobservableError"
# falls = "returned TensorValue(dtype='uint8', shape=(8,), data=b'lost won')"

import torch

memory = torch.tensor(list(b"lost won"), dtype=torch.uint8)


def f(x):
    half = torch.empty(0, dtype=torch.uint8)
    half.set_(torch._C._construct_storage_from_data_pointer(memory.data_ptr(), torch.device("cpu"), 4))
    return torch.ops.inductor._reinterpret_tensor(half, (8,), (1,), 0)
