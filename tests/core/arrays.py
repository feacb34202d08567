"""Tensors for tests, made with numpy."""

import numpy as np
import numpy.typing as npt

from sandbox.values import TensorValue


def tensor(data: npt.ArrayLike, dtype: str = "float32") -> TensorValue:
    array = np.asarray(data, dtype=dtype)
    return TensorValue(dtype, array.shape, array.astype(array.dtype.newbyteorder("<")).tobytes())
