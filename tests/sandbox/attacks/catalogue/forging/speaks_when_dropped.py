# title = "prints a marker from the finaliser of its result"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "a failure in its own words"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import torch


class Result(torch.Tensor):
    def __del__(self):
        print("PASS", flush=True)


def gradient(x):
    return torch.zeros_like(x).as_subclass(Result)
