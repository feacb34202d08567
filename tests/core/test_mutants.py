import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.closeness import Tolerance
from bot.core.comparing import compare_trial
from bot.core.mutants import MUTANTS, Mutant, detached, mutants
from bot.core.questions import CodeTask, Trial
from bot.core.showing import show
from sandbox.values import TensorValue, Value
from tests.core.arrays import tensor

TASK = CodeTask("f", "", "", "", ("result", "grad(x)"))
TRIALS = [
    Trial({}, {"result": tensor(13), "grad(x)": tensor([4, 6])}, {}),
    Trial({}, {"result": tensor(26), "grad(x)": tensor([2, -10, 0])}, {}),
]


def made(name: str, task: CodeTask = TASK, trials: Sequence[Trial] = TRIALS) -> list[Mutant]:
    return [mutant for mutant in mutants(task, trials) if mutant.name == name]


CHANGES = [
    ("zeros", "tensor([0., 0.])"),
    ("ones", "tensor([1., 1.])"),
    ("sign", "tensor([-4., -6.])"),
    ("double", "tensor([8., 12.])"),
    ("percent", "tensor([4.04, 6.06])"),
    ("element", "tensor([4., 6.6])"),
    ("smallest", "tensor([0., 6.])"),
    ("detach", "None"),
    ("nan", "tensor([nan, nan])"),
]


@pytest.mark.parametrize(("name", "text"), CHANGES)
def test_each_mutation_changes_values_as_its_name_says(name: str, text: str) -> None:
    alone = next(mutant for mutant in made(name) if mutant.observations == ("grad(x)",))
    assert show(alone.observed[0]["grad(x)"]) == text
    assert alone.observed[0]["result"] == tensor(13)  # what is not mutated stays


def test_with_a_wide_tolerance_a_percent_is_as_much_as_is_wrong_for_certain() -> None:
    task = replace(TASK, tolerance=Tolerance(0.02, 1e-3))
    alone = next(mutant for mutant in made("percent", task) if mutant.observations == ("grad(x)",))
    assert show(alone.observed[0]["grad(x)"]) == "tensor([4.16, 6.24])"


def test_memorised_constants_are_the_first_trials_values_and_differ_from_the_second_trial_on() -> None:
    together = made("constants")[0]
    assert together.trials == (TRIALS[1],)
    assert together.observed == (TRIALS[0].expected,)


def test_every_mutation_is_applied_to_all_observations_at_once_and_to_each_alone() -> None:
    assert [mutant.observations for mutant in made("zeros")] == [("result", "grad(x)"), ("result",), ("grad(x)",)]
    assert {mutant.name for mutant in mutants(TASK, TRIALS)} == set(MUTANTS)


def test_a_single_observation_is_not_mutated_twice() -> None:
    trials = [Trial({}, {"result": tensor([1.5, 2])}, {})]
    assert len(made("double", trials=trials)) == 1


UNCHANGED: list[tuple[str, Value]] = [
    ("ones", tensor([1, 1])),
    ("zeros", tensor([0, 0])),
    ("sign", tensor([0, 0])),
    ("percent", 3),  # whole numbers stay whole
    ("percent", TensorValue("int64", (2,), bytes([3] + 7 * [0] + [4] + 7 * [0]))),
    ("nan", TensorValue("bool", (2,), b"\1\0")),
    ("double", "MulBackward0"),
    ("double", True),
    ("double", None),
    ("zeros", tensor([])),
]


@pytest.mark.parametrize(("name", "value"), UNCHANGED)
def test_a_mutation_that_changes_nothing_does_not_apply(name: str, value: Value) -> None:
    assert made(name, trials=[Trial({}, {"result": value}, {})]) == []


def test_a_change_within_the_noise_of_a_trial_does_not_apply_there() -> None:
    steady = Trial({}, {"result": tensor([100.0, 0.002])}, {"result": 1e-6})
    noisy = Trial({}, {"result": tensor([100.0, 0.002])}, {"result": 1e-3})
    (mutant,) = made("smallest", trials=[steady, noisy])
    assert mutant.trials == (steady,)


def test_claims_and_zeros_and_what_the_author_accepts_are_left_alone() -> None:
    observed: dict[str, Value] = {"result": tensor([1.5, 2]), "is_leaf": 1.0, "grad(x)": tensor([1e-9, 0])}
    task = CodeTask("f", "", "", "", tuple(observed), trust=("is_leaf",), zero=("grad(x)",), accepts=("sign",))
    found = list(mutants(task, [Trial({}, observed, {})]))
    assert {mutant.observations for mutant in found} == {("result",)}
    assert "sign" not in {mutant.name for mutant in found}


def test_no_gradient_is_no_mistake_where_zeros_may_be_none() -> None:
    trials = [Trial({}, {"grad(x)": tensor([0, 0])}, {})]
    assert made("detach", CodeTask("f", "", "", "", none_is_zero=True), trials) == []
    assert len(made("detach", TASK, trials)) == 1


NESTED: list[tuple[Value, Value]] = [
    ([tensor([1.0, 2]), 3.5], [tensor([2.0, 4]), 7.0]),
    ({"a": tensor(1.5), "name": "x"}, {"a": tensor(3), "name": "x"}),
    (7, 14),
]


@pytest.mark.parametrize(("value", "doubled"), NESTED)
def test_numbers_inside_lists_and_dicts_are_mutated_too(value: Value, doubled: Value) -> None:
    (mutant,) = made("double", trials=[Trial({}, {"result": value}, {})])
    assert mutant.observed[0]["result"] == doubled


def test_half_precision_is_written_in_its_own_dtype() -> None:
    half = TensorValue("bfloat16", (2,), bytes([0xC0, 0x3F, 0x40, 0xC0]))  # 1.5, -3
    (mutant,) = made("double", trials=[Trial({}, {"result": half}, {})])
    assert mutant.observed[0]["result"] == TensorValue("bfloat16", (2,), bytes([0x40, 0x40, 0xC0, 0xC0]))


def test_the_comparison_refuses_every_mutant_of_a_sound_trial() -> None:
    for mutant in mutants(TASK, TRIALS):
        for trial, observed in zip(mutant.trials, mutant.observed, strict=True):
            assert compare_trial(TASK, trial, observed), mutant


def test_infinite_values_do_not_stop_the_others_from_being_mutated() -> None:
    task = CodeTask("f", "", "", "", not_finite=("result",))
    trials = [Trial({}, {"result": tensor([math.inf, 2.0])}, {})]
    (mutant,) = made("element", task, trials)
    assert mutant.observed[0]["result"] == tensor([math.inf, 2.2])


SOLUTIONS = [
    ("def f(x):\n    return x", True, ("result", "grad(x)"), (), True),
    ("def f(x):\n    return x", True, ("result",), (), False),
    ("def f(x):\n    return x", False, ("result", "grad(x)"), (), False),
    ("class f:\n    pass", True, ("result", "grad(x)"), (), False),
    ("def f(x):\n    return x", True, ("result", "grad(x)"), ("detach",), False),
]


@pytest.mark.parametrize(("solution", "backward", "observe", "accepts", "means_something"), SOLUTIONS)
def test_a_solution_is_detached_where_its_result_is_differentiated(
    solution: str, backward: bool, observe: tuple[str, ...], accepts: tuple[str, ...], means_something: bool
) -> None:
    task = CodeTask("f", "", "", solution, observe, backward, accepts=accepts)
    assert (detached(task) is not None) == means_something
