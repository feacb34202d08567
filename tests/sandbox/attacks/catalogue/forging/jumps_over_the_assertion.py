# title = "traces its caller and has it go on after the line that asserts"
# defence = "values are compared outside, with what was never in its process"
# without = ["comparing outside"]
# as = "verdict"
# checker = "equality"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

import sys

import torch


def tracing(frame, event, argument):
    if event == "line":
        try:
            frame.f_lineno += 1
        except ValueError:
            pass
        sys.settrace(None)
        frame.f_trace = None
    return tracing


def gradient(x):
    sys.settrace(tracing)
    caller = sys._getframe(1)
    if caller.f_code.co_filename == gradient.__code__.co_filename:
        caller.f_trace = tracing
    return torch.zeros_like(x)
