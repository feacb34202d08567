"""Answers that do nothing, or next to nothing: where one passes, what is observed does not depend on the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.core.comparing import compare_trial
from bot.core.mistakes import observed_on
from bot.core.proving.proof import Check, failed, passed
from bot.core.questions import Question, Trial, code_task
from bot.core.words import counted
from sandbox.protocol import Report

MOST_INPUTS = 4
"""How many of a function's inputs are handed back, each by a lazy answer."""
SCALE = 1.1
"""What the result of the solution is multiplied by in the answer that must go wrong by its values."""

_NAME = "lazy answers"
_MEND = "observe something that only a right answer changes"

_NOTHING = """def {entry}(*arguments, **named):
    return None
"""

_HANDING_BACK = """def {entry}(*arguments, **named):
    return [*arguments, *named.values()][{index}]
"""

_EMPTY_CLASS = """class _Empty(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **named: None


class {entry}(metaclass=_Empty):
    def __init__(self, *arguments, **named):
        pass

    def __call__(self, *arguments, **named):
        return None

    def __getattr__(self, name):
        return getattr(type(self), name)
"""

_SCALING = """

import functools as _functools


def _scaled(thing):
    if isinstance(thing, dict):
        return {{name: _scaled(item) for name, item in thing.items()}}
    if type(thing) in (list, tuple):
        return type(thing)(_scaled(item) for item in thing)
    if isinstance(thing, (torch.Tensor, int, float)) and not isinstance(thing, bool):
        return thing * {scale}
    return thing


def _scaling(entry):
    @_functools.wraps(entry)
    def call(*arguments, **named):
        return _scaled(entry(*arguments, **named))

    return call


{entry} = _scaling({entry})
"""


@dataclass(frozen=True, slots=True)
class Lazy:
    """An answer of no worth: its ``code``, and what it does, as in "an answer that …".

    ``scaled`` is the solution with its result scaled, which runs as the solution does and so must fail by its values.
    """

    does: str
    code: str
    scaled: bool = False


def lazy_answers(question: Question, inputs: int) -> Iterator[Lazy]:
    """Every lazy answer to a code question with ``inputs`` inputs: of a class one, of a function several."""
    task = code_task(question)
    # By its text: compiling an author's code can take minutes, and that belongs in a cell.
    if re.search(rf"^class[ \t]+{re.escape(task.entry)}\b", task.solution, re.MULTILINE):
        yield Lazy("does nothing in any method", _EMPTY_CLASS.format(entry=task.entry))
        return
    yield Lazy("does nothing", _NOTHING.format(entry=task.entry))
    for index in range(min(inputs, MOST_INPUTS)):
        code = _HANDING_BACK.format(entry=task.entry, index=index)
        yield Lazy(f"hands back input {index + 1} unchanged", code)
    scaling = _SCALING.format(entry=task.entry, scale=SCALE)
    yield Lazy(f"returns {SCALE} times the right result", task.solution.rstrip("\n") + "\n" + scaling, scaled=True)


def check_lazy(
    question: Question, trials: Sequence[Trial], ran: Sequence[tuple[Lazy, Report]], others: Sequence[Report]
) -> Check:
    """No lazy answer passes any trial, claims aside, and some answer goes wrong by its values.

    ``ran`` are the lazy answers as they ran on ``trials``, ``others`` the starter and the wrong answers. A probe that
    looks at the result itself and then returns something else makes every answer either raise or pass.
    """
    telling = [_without_claims(question, trial) for trial in trials]
    by_value = any(_fails_by_value(question, telling, report) for report in [*(r for _, r in ran), *others])
    for lazy, report in ran:
        count = _passed(question, telling, report)
        if count and not (lazy.scaled and by_value):
            return failed(_NAME, f"an answer that {lazy.does} would pass {_share(count, trials)}", _MEND)
        if lazy.scaled and report.failure and not _fails_by_value(question, telling, report):
            detail = f"an answer that {lazy.does} is stopped by {report.failure.type}, and not by a value that differs"
            return failed(_NAME, detail, _MEND)
    if not by_value:
        return failed(_NAME, "no answer gives a value that differs from the solution's", _MEND)
    return passed(
        _NAME, f"all {len(ran)} that do next to nothing fail" if len(ran) > 1 else "one that does nothing fails"
    )


def _without_claims(question: Question, trial: Trial) -> Trial:
    claims = code_task(question).trust
    return replace(trial, expected={name: value for name, value in trial.expected.items() if name not in claims})


def _passed(question: Question, trials: Sequence[Trial], report: Report) -> int:
    task = code_task(question)
    return sum(not compare_trial(task, trial, observed_on(report, index)) for index, trial in enumerate(trials))


def _fails_by_value(question: Question, trials: Sequence[Trial], report: Report) -> bool:
    """Whether something was observed on a trial that is not as expected."""
    task = code_task(question)
    return any(compare_trial(task, trial, seen) for trial, seen in zip(trials, report.trials, strict=False))


def _share(count: int, trials: Sequence[Trial]) -> str:
    return f"{count} of {counted(len(trials), 'trial')}"
