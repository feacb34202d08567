"""What a forger could say without having computed it decides nothing: values do, and no question goes without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.core.grading import grade
from bot.core.proving.code_questions import check_draws, draws
from bot.core.proving.proof import State
from bot.core.questions import CodeTask, Level, Question, Trial
from bot.core.verdicts import Outcome
from bot.judging.jobs import answer_job
from sandbox.frames import pack_result
from sandbox.protocol import Ending, Report
from sandbox.values import Value
from tests.core.arrays import tensor
from tests.sandbox.conftest import OneCell

PROBE = """
def probe(f, x):
    x.requires_grad_()
    y = f(x)
    return {"result": y, "is_leaf": y.is_leaf, "name": y.grad_fn and y.grad_fn.name()}
"""
CLAIMS: Mapping[str, Value] = {"is_leaf": False, "name": "MulBackward0"}
INPUTS = [[1.0, 2.0 * index] for index in range(1, 9)]
ZEROS = tensor([0.0, 0.0])


def question(observe: Sequence[str], trust: Sequence[str] = ()) -> Question:
    task = CodeTask("f", "", "", "", tuple(observe), probe=PROBE, trust=tuple(trust))
    return Question("q", "Q", Level.EASY, ("t",), "p", task, (), (), "e", 5_000)


ASKED = question(("result", *CLAIMS), tuple(CLAIMS))
TRIALS = [
    Trial({"x": tensor(x)}, {"result": tensor([2 * number for number in x]), **CLAIMS}, {}, id=number)
    for number, x in enumerate(INPUTS[:3], 1)
]
RIGHT = [trial.expected for trial in TRIALS]

ANSWERS = [
    ("def f(x): return 2 * x", Outcome.ACCEPTED),
    ("def f(x): return x", Outcome.WRONG_ANSWER),
    # Of the right values, found by another way: a claim is compared, too.
    ("def f(x): return x + x", Outcome.WRONG_ANSWER),
]
FORGED: Sequence[tuple[str, Sequence[Mapping[str, Value]]]] = [
    ("nothing but claims", [CLAIMS] * 3),
    ("claims beside zeros", [{**CLAIMS, "result": ZEROS}] * 3),
    ("claims beside what is right on one trial", [RIGHT[0]] * 3),
    ("claims of being right", [{**CLAIMS, "passed": True, "verdict": "accepted"}] * 3),
    ("all that is right on all trials but one", RIGHT[:2]),
]


@pytest.mark.parametrize(("code", "outcome"), ANSWERS)
def test_an_answer_is_judged_by_its_values_and_its_claims(code: str, outcome: Outcome, cell: OneCell) -> None:
    assert grade(ASKED, cell.run(answer_job(ASKED, code, TRIALS)), TRIALS).outcome is outcome


@pytest.mark.parametrize("observed", [observed for _, observed in FORGED], ids=[what for what, _ in FORGED])
def test_a_frame_of_right_claims_without_right_values_is_a_wrong_answer(
    observed: Sequence[Mapping[str, Value]], cell: OneCell
) -> None:
    frame = pack_result({"trials": observed, "failure": None})
    report = cell.run(answer_job(ASKED, f"import os\nos.write(4, {frame!r})\nos._exit(0)", TRIALS))
    assert report.trials == tuple(observed)  # it was believed to be a result
    assert grade(ASKED, report, TRIALS).outcome is Outcome.WRONG_ANSWER


VALUES = [{"result": tensor([2 * number for number in x])} for x in INPUTS]
NAMES = [{"name": name} for name in ("MulBackward0", "AddBackward0") * 4]
QUESTIONS: Sequence[tuple[str, Question, Sequence[Mapping[str, Value]], str | None]] = [
    ("values", question(["result"]), VALUES, None),
    ("values beside claims", ASKED, [{**value, **CLAIMS} for value in VALUES], None),
    ("one and the same claim", question(["is_leaf"]), [{"is_leaf": True}] * 8, "no observation holds a number"),
    ("claims that differ", question(["name"]), NAMES, "no observation holds a number"),
    ("claims known as such", question(["name"], ["name"]), NAMES, "no observation but claims holds a number"),
    (
        "values beside one claim not known as such",
        question(["result", "is_leaf"]),
        [{**value, "is_leaf": True} for value in VALUES],
        "`is_leaf` is the same on all 8 trials",
    ),
    (
        "one and the same value beside claims that differ",
        question(["result", "name"]),
        [{**VALUES[0], **name} for name in NAMES],
        "`result` is the same on all 8 trials",
    ),
    (
        "nothing that ever differs",
        question(["result", "is_leaf"]),
        [{**VALUES[0], "is_leaf": True}] * 8,
        "`result` and `is_leaf` are the same on all 8 trials",
    ),
]


@pytest.mark.parametrize(
    ("asked", "observed", "says"), [row[1:] for row in QUESTIONS], ids=[what for what, *_ in QUESTIONS]
)
def test_no_question_is_proven_that_what_is_known_beforehand_would_answer(
    asked: Question, observed: Sequence[Mapping[str, Value]], says: str | None
) -> None:
    drawn = [
        {"inputs": {"x": tensor(x)}, "observed": seen, "observed64": None}
        for x, seen in zip(INPUTS, observed, strict=True)
    ]
    report = Report(Ending.COMPLETED, tuple(drawn))
    refused = [
        check.detail for check in check_draws(asked, draws(asked, report, report)) if check.state is State.FAILED
    ]
    assert bool(refused) == bool(says)
    assert says is None or any(says in detail for detail in refused)
