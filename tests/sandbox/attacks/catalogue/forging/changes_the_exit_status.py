# title = "has the interpreter leave with success whatever came before"
# defence = "the process ends without exit handlers, and its status says nothing about values"
# without = ["comparing outside"]
# as = "verdict"
# checker = "exit status"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import atexit
import os

import torch

atexit.register(os._exit, 0)


def gradient(x):
    return torch.zeros_like(x)
