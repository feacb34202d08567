"""The keys that say what is observed, and how it is compared."""

import pytest

from bot.core.closeness import TOLERANCES, Tolerance
from bot.core.questions import CodeTask
from tests.authoring.texts import (
    CHOICE,
    CODE,
    FENCE,
    VALUE,
    line_told,
    problems_of,
    question_of,
    with_body,
    with_keys,
    with_section,
)

PLAIN = TOLERANCES["float32"]
PROBE = FENCE.format("def probe(scaled_dot, a, b, scale, upstream):\n    return {}")
OBSERVE = "observe: [result, grad(scale), grad(a)]"
PROBED = with_section(CODE.replace("backward: true\n", ""), "Probe", PROBE)


def task_of(text: str) -> CodeTask:
    task = question_of(text).task
    assert isinstance(task, CodeTask)
    return task


def test_without_these_keys_a_code_question_has_the_usual_comparison() -> None:
    task = task_of(CODE)
    assert (task.tolerance, task.zero, task.not_finite, task.trust, task.accepts) == (None, (), (), (), ())
    assert (task.probe, task.example) == ("", "")


READ = [
    ("tolerance: {relative: 1e-2}", "tolerance", Tolerance(1e-2, PLAIN.scaled, PLAIN.absolute)),
    ("tolerance: {scaled: .01, absolute: 0.005}", "tolerance", Tolerance(PLAIN.relative, 0.01, 0.005)),
    ("tolerance:\n  relative: 1e-2\n  scaled: 1E-3\n  absolute: 1e-6", "tolerance", Tolerance(1e-2, 1e-3, 1e-6)),
    ("zero: [grad(a)]", "zero", ("grad(a)",)),
    ("zero: ['grad(a)', \"grad(scale)\"]", "zero", ("grad(a)", "grad(scale)")),
    ("not_finite:\n- result\n- grad(a)", "not_finite", ("result", "grad(a)")),
    ("trust: [grad(a)]", "trust", ("grad(a)",)),
    ("tolerance: {relative: 5e-2}", "tolerance", Tolerance(5e-2, PLAIN.scaled, PLAIN.absolute)),
    ("accepts: [sign, ones, detach]", "accepts", ("sign", "ones", "detach")),
    ("none_is_zero: TRUE", "none_is_zero", True),
]


@pytest.mark.parametrize(("written", "field", "read"), READ)
def test_a_key_is_read_as_it_is_meant(written: str, field: str, read: object) -> None:
    assert getattr(task_of(with_keys(CODE, written)), field) == read


REFUSED = [
    ("tolerance: 1e-2", "`tolerance` needs names of its own; write `tolerance: {relative: 1e-2, scaled: 1e-3}`"),
    ("tolerance: [1e-2]", "`tolerance` needs names of its own"),
    ("tolerance: {}", "`tolerance` needs names of its own"),
    ("tolerance: {relativ: 1e-2}", "`tolerance` has no `relativ`; did you mean `relative`?"),
    ("tolerance: {relative: 0}", "`relative` is `0`; write one number above 0 and up to 0.05, as in `relative: 1e-3`"),
    ("tolerance: {relative: 1e-999}", "`relative` is `1e-999`"),
    ("tolerance: {relative: 0.051}", "`relative` is `0.051`"),
    ("tolerance: {scaled: 0.011}", "`scaled` is `0.011`; write one number above 0 and up to 0.01"),
    ("tolerance: {absolute: 0.011}", "`absolute` is `0.011`"),
    ("accepts: [zeros]", "`accepts` names `zeros`, which is never a right answer"),
    ("accepts: [sign, nan]", "`accepts` names `nan`, which is never a right answer"),
    ("accepts: [constants]", "`accepts` names `constants`, which is never a right answer"),
    ("accepts: [sign, ones, detach, double]", "`accepts` names 4 mutations; keep at most 3"),
    ("tolerance: {scaled: -1e-3}", "`scaled` is `-1e-3`"),
    ("tolerance: {scaled: nan}", "`scaled` is `nan`"),
    ("tolerance: {scaled: 1e9999}", "`scaled` is `1e9999`"),
    ("tolerance: {scaled: ٣}", "`scaled` is `٣`"),
    ("tolerance: {scaled: [1e-3]}", "`scaled` is `1e-3`; write one number"),
    ("tolerance: {scaled: }", "`scaled` is ``"),
    ("tolerance: {scaled: 1e-3, scaled: 1e-2}", "`tolerance` has `scaled` twice; keep one of them"),
    ("tolerance: {scaled: {a: 1}}", "the value of `scaled` is nested too deep"),
    ("zero: grad(a)", "`zero` is not a list; write `zero: [one, two]`"),
    ("zero: []", "`zero` is not a list"),
    ("zero: {a: b}", "`zero` is not a list"),
    ("zero: [gard(a)]", "`zero` names `gard(a)`; did you mean `grad(a)`?"),
    ("not_finite: [grad(b)]", "`not_finite` names `grad(b)`"),
    ("trust: [is_leaf]", "`trust` names `is_leaf`; known are `result`, `grad(scale)`, `grad(a)`"),
    ("trust: [result, grad(a), grad(scale)]", "every observation is a claim, and a claim can be forged; observe a"),
    ("zero: [result, grad(a), grad(scale)]", "nothing but zeros decides"),
    ("trust: [result]\nzero: [grad(a), grad(scale)]", "nothing but zeros decides"),
    ("accepts: [signs]", "`accepts` names `signs`; did you mean `sign`?"),
    ("accepts: [whatever]", "`accepts` names `whatever`; known are `zeros`, `ones`, `sign`"),
    ("none_is_zero: [true]", "`none_is_zero` needs one value"),
    ("params: {a: [1, 2]}", "`params` has no meaning for a code question; remove it"),
]


@pytest.mark.parametrize(("written", "told"), REFUSED)
def test_a_mistake_in_a_key_is_told_at_its_line(written: str, told: str) -> None:
    text = with_keys(CODE, written)
    (problem,) = problems_of(text)
    assert told in problem
    assert line_told(problem) in range(3, 4 + written.count("\n"))


def test_a_name_in_a_long_list_is_told_at_its_own_line() -> None:
    (problem,) = problems_of(with_keys(CODE, "zero:", "  - grad(a)", "  - grad(c)"))
    assert line_told(problem) == 5


@pytest.mark.parametrize(
    "key", ["entry: f", "observe: [result]", "backward: true", "zero: [result]", "trust: [result]", "accepts: [sign]"]
)
def test_a_key_for_code_has_no_meaning_elsewhere(key: str) -> None:
    name = key.partition(":")[0]
    for kind, text in (("value", VALUE), ("choice", CHOICE)):
        assert problems_of(with_keys(text, key)) == [
            f"q.md:3: `{name}` has no meaning for a {kind} question; remove it"
        ]


# --- probes ------------------------------------------------------------------------------------------------


def test_a_probe_may_return_any_name() -> None:
    task = task_of(PROBED.replace(OBSERVE, "observe: [result, steps, grad(a), error]\ntrust: [error]"))
    assert task.observe == ("result", "steps", "grad(a)", "error")
    assert task.trust == ("error",)
    assert task.probe.startswith("def probe(scaled_dot, a, b, scale, upstream):\n")


PROBES = [
    (PROBED.replace(OBSERVE + "\n", ""), "the key `observe` is missing; with a probe it is needed", 1),
    (PROBED.replace(OBSERVE, "observe: [is leaf]"), "`observe` contains `is leaf`; observe names the probe returns", 9),
    (PROBED.replace(OBSERVE, "observe: [grad(a.b)]"), "`observe` contains `grad(a.b)`", 9),
    (with_keys(PROBED, "backward: true"), "`backward` has no meaning with a probe; remove it and call backward in", 3),
    (with_keys(PROBED, "backward: false"), "`backward` has no meaning with a probe", 3),
    (CODE.replace(OBSERVE, "observe: [result, steps]"), "`observe` contains `steps`; observe `result` or `gr", 9),
    (with_body(PROBED, "Probe", FENCE.format("def prob():\n    pass")), "`## Probe` does not define `probe`", 99),
]


@pytest.mark.parametrize(("text", "told", "line"), PROBES, ids=range(len(PROBES)))
def test_a_mistake_about_a_probe_is_told_at_its_line(text: str, told: str, line: int) -> None:
    (problem,) = problems_of(text)
    assert told in problem
    assert line_told(problem) == line


def test_an_example_is_kept_as_it_is_written() -> None:
    code = '{\n    "x": torch.tensor([2.0, 3.0]),\n}'
    assert task_of(with_section(CODE, "Example", FENCE.format(code))).example == code + "\n"
