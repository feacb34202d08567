"""An exception of the learner's own code, in one sentence: what happened, where, and what to do."""

from __future__ import annotations

import difflib
import re

from bot.core.questions import CodeTask
from sandbox.protocol import Failure

_NO_STDIN = re.compile(r"sys\.stdin|reading from stdin")
_NO_RESULT = "the result is a NoneType"


def failure_message(failure: Failure, task: CodeTask) -> str:
    """One sentence to the learner whose code should have done ``task``.

    The exception's own message is not repeated: it stands in the failure, next to this sentence.
    """
    entry = task.entry
    if failure.type == "EOFError" or _NO_STDIN.search(failure.message):
        return (
            f"Your code asks for input{_where(failure)}, but there is nobody to type here; "
            f"the inputs come as arguments of {entry}."
        )
    match failure.stage:
        case "compile" if failure.type in {"MemoryError", "RecursionError"}:
            return "Your code nests deeper than Python can read, so it was not run. Use fewer brackets or operators."
        case "compile":
            return f"Your code is not valid Python{_where(failure)}, so it was not run."
        case "import":
            return f"Your code raised {_type(failure)}{_where(failure)}, before {entry} was called."
        case "entry":
            return _no_entry(failure, task)
        case "observe":
            return f"What {entry} returned cannot be compared. Return tensors, numbers, text, None, or lists of these."
        case "probe":
            where = f"line {failure.line} of the probe" if failure.line else "the probe"
            return (
                f"Your code ran, but it could not be used as this question needs it: {where} raised {_type(failure)}. "
                f"Look at what the probe does with {entry} there."
            )
        case "inputs":
            return (
                "The inputs could not be set up beside your code. If it replaces parts of torch, leave them as they "
                "are; otherwise this question has a fault, so please report it."
            )
    if failure.message.startswith(_NO_RESULT):
        return f"{entry} returned None, so there was nothing to call backward on. Is a return missing?"
    if failure.line is None:
        return f"Calling {entry}, or backward on what it returned, raised {_type(failure)}."
    return f"Your code raised {_type(failure)}{_where(failure)}."


def _no_entry(failure: Failure, task: CodeTask) -> str:
    entry = task.entry
    is_class = re.search(rf"^class\s+{re.escape(entry)}\b", task.solution, re.MULTILINE) is not None
    thing, form = ("class", f"class {entry}:") if is_class else ("function", f"def {entry}(...):")
    wanted = f"I could not find a {thing} named {entry}"
    names = [name for name in failure.names if name.isidentifier() and len(name) <= 40]
    if not names:
        return f"{wanted}; your code defines no {thing}. Write it as {form}"
    if len(names) == 1:
        return f"{wanted}; your code defines {names[0]}. Rename it to {entry}."
    near = difflib.get_close_matches(entry, names, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Rename the one that answers the question to {entry}."
    return f"{wanted}; your code defines {', '.join(names)}. {advice}"


def _where(failure: Failure) -> str:
    if failure.line is None:
        return ""
    return f" in line {failure.line}" + (f", column {failure.caret}" if failure.caret else "")


def _type(failure: Failure) -> str:
    return failure.type if failure.type.isidentifier() else "an exception"
