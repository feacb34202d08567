# title = "writes over the constants of compiled code by address"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "numbers"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import ctypes
import gc
import types

import torch


calls = []


def gradient(x):
    calls.append(x)
    for thing in gc.get_objects() if len(calls) == 1 else ():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_filename == gradient.__code__.co_filename:
            for constant in thing.__code__.co_consts:
                if type(constant) is float and 0 < constant < 1e-3:
                    ctypes.c_double.from_address(id(constant) + object.__basicsize__).value = 1e30
    return torch.zeros_like(x)
