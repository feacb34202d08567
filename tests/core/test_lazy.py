from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bot.core.proving.lazy import Lazy, check_lazy, lazy_answers
from bot.core.proving.proof import State
from bot.core.questions import CodeTask, Level, Question, Trial
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import Value
from tests.core.arrays import tensor

TASK = CodeTask("f", "", "", "def f(x):\n    return 2 * x\n", ("result", "claim"), trust=("claim",))
QUESTION = Question("q", "Q", Level.EASY, ("t",), "p", TASK, (), (), "e", 5_000)
TRIALS = [Trial({}, {"result": tensor([2.0 * i]), "claim": "A"}, {}) for i in (1, 2, 3)]
RIGHT: list[Mapping[str, Value]] = [trial.expected for trial in TRIALS]
WRONG: list[Mapping[str, Value]] = [{"result": tensor([-1.0]), "claim": "A"}] * 3
ANOTHER_CLAIM: list[Mapping[str, Value]] = [{**seen, "claim": "B"} for seen in RIGHT]
RAISED = Failure("probe", "AssertionError", "values", line=2, trial=0)
NOTHING = Lazy("does nothing", "")
SCALED = Lazy("returns 1.1 times the right result", "", scaled=True)


def ran(observed: Sequence[Mapping[str, Value]], failure: Failure | None = None) -> Report:
    return Report(Ending.COMPLETED, tuple(observed), failure)


@pytest.mark.parametrize(("inputs", "count"), [(0, 2), (1, 3), (4, 6), (9, 6)])
def test_a_function_has_an_answer_for_each_of_its_first_four_inputs(inputs: int, count: int) -> None:
    lazy = list(lazy_answers(QUESTION, inputs))
    assert len({answer.code for answer in lazy}) == count
    assert [answer.scaled for answer in lazy] == [False] * (count - 1) + [True]


def test_a_class_has_one_that_does_nothing() -> None:
    (lazy,) = lazy_answers(replace(QUESTION, task=replace(TASK, solution="class f:\n    pass\n")), 3)
    namespace: dict[str, type] = {}
    exec(lazy.code, namespace)
    entry = namespace["f"]
    made = entry(1, two=2)
    assert [entry.apply(1), made(3), made.forward(4, five=5)] == [None, None, None]  # type: ignore[attr-defined]


CASES = [
    ([(NOTHING, ran(WRONG)), (SCALED, ran(WRONG))], [], State.OK, "all 2 that do next to nothing fail"),
    ([(NOTHING, ran(RIGHT))], [], State.FAILED, "does nothing would pass 3 of 3 trials"),
    ([(NOTHING, ran([*WRONG[:2], RIGHT[2]]))], [], State.FAILED, "does nothing would pass 1 of 3 trials"),
    ([(NOTHING, ran(ANOTHER_CLAIM))], [], State.FAILED, "does nothing would pass 3 of 3 trials"),
    ([(NOTHING, ran([], RAISED)), (SCALED, ran([], RAISED))], [ran(WRONG)], State.FAILED, "by AssertionError, and not"),
    ([(NOTHING, ran([], RAISED))], [ran([], RAISED)], State.FAILED, "no answer gives a value that differs"),
    ([(NOTHING, ran([], RAISED))], [ran(WRONG)], State.OK, "one that does nothing fails"),
    # What it returns is not asked for, as that of a training step: what doing nothing leaves undone is.
    ([(NOTHING, ran(WRONG)), (SCALED, ran(RIGHT))], [], State.OK, "all 2"),
    ([(NOTHING, ran([], RAISED)), (SCALED, ran(RIGHT))], [], State.FAILED, "returns 1.1 times the right result would"),
]


@pytest.mark.parametrize(("lazy", "others", "state", "detail"), CASES)
def test_what_is_observed_depends_on_the_answer(
    lazy: list[tuple[Lazy, Report]], others: list[Report], state: State, detail: str
) -> None:
    check = check_lazy(QUESTION, TRIALS, lazy, others)
    assert check.state is state
    assert detail in check.detail
    assert bool(check.mend) == (state is State.FAILED)
