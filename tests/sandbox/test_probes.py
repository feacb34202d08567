"""What an author's probe may drive, and who is at fault when it fails, in both kinds of cell."""

from __future__ import annotations

import struct
import textwrap
from dataclasses import replace

import pytest

from sandbox.protocol import EXAMPLE, Ending, Job, Program
from sandbox.values import TensorValue
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import floats

INPUTS = {"x": floats(2.0, 3.0), "upstream": floats(1.0, 10.0)}

FUNCTION = """
class Entry(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        return 2 * x * gradient
"""
APPLY = """
def probe(Square, x, upstream):
    x.requires_grad_()
    y = Square.apply(x)
    y.backward(upstream)
    return {"result": y, "grad(x)": x.grad, "more": 1}
"""

MODULE = """
class Entry(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return self.weight * x
"""
CONSTRUCT = """
def probe(Scale, x, upstream):
    module = Scale(len(x))
    module(x).backward(upstream)
    return {"names": [name for name, _ in module.named_parameters()], "grad": module.weight.grad}
"""

IN_PLACE = """
def Entry(x):
    y = x.sqrt()
    y.add_(1)
    return y.sum()
"""
RAISES = """
def probe(spoil, x, upstream):
    x.requires_grad_()
    result = spoil(x * x)
    try:
        result.backward()
        raised = "nothing"
    except RuntimeError as error:
        raised = type(error).__name__
    return {"raised": raised, "result": result}
"""

HOOK = """
def Entry(x):
    x.register_hook(lambda gradient: gradient * 10)
"""
HOOKED = """
def probe(attach, x, upstream):
    x.requires_grad_()
    attach(x)
    (x * upstream).sum().backward()
    return {"grad(x)": x.grad}
"""

OPTIMISER = """
def Entry(optimiser, loss):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
"""
STEPPED = """
def probe(step, x, upstream):
    weight = x.clone().requires_grad_()
    optimiser = torch.optim.SGD([weight], lr=0.5)
    for _ in range(2):
        step(optimiser, (weight * upstream).sum())
    return {"weight": weight, "grad": weight.grad}
"""

PROBES = [
    (FUNCTION, APPLY, {"result": floats(4.0, 9.0), "grad(x)": floats(4.0, 60.0)}),
    (MODULE, CONSTRUCT, {"names": ["weight"], "grad": floats(2.0, 30.0)}),
    (HOOK, HOOKED, {"grad(x)": floats(10.0, 100.0)}),
    (OPTIMISER, STEPPED, {"weight": floats(1.0, -7.0), "grad": floats(1.0, 10.0)}),
    (IN_PLACE, RAISES, {"raised": "RuntimeError", "result": TensorValue("float32", (), struct.pack("<f", 7.0))}),
]


def probing(source: str, probe: str, *observe: str) -> Job:
    return Job(Program.ANSWER, source, "Entry", observe, trials=(INPUTS, INPUTS), probe=probe)


def with_torch(source: str) -> str:
    return f"import torch\n{source}"


@pytest.mark.parametrize(
    ("source", "probe", "observed"), PROBES, ids=["function", "module", "hook", "optimiser", "error"]
)
def test_a_probe_drives_the_entry_and_its_dict_is_observed(
    cell: OneCell, source: str, probe: str, observed: dict[str, object]
) -> None:
    report = cell.run(probing(with_torch(source), probe, *observed))
    assert report.failure is None
    assert report.trials == (observed, observed)


@pytest.mark.parametrize(("source", "probe", "observed"), PROBES, ids=[*"12345"])
def test_a_reference_run_probes_in_double_precision_too(
    cell: OneCell, source: str, probe: str, observed: dict[str, object]
) -> None:
    draw = "def inputs(generator): return {name: torch.rand(2, generator=generator) for name in ('x', 'upstream')}"
    job = Job(Program.REFERENCE, with_torch(source), "Entry", tuple(observed), inputs=draw, seeds=(1,), probe=probe)
    (trial,) = cell.run(job).trials
    single, double = trial["observed"], trial["observed64"]
    assert isinstance(single, dict)
    assert isinstance(double, dict)
    for name, value in observed.items():
        if hasattr(value, "dtype"):
            assert (single[name].dtype, double[name].dtype) == ("float32", "float64")


def test_a_probe_that_insists_on_single_precision_has_no_witness(cell: OneCell) -> None:
    probe = "def probe(f, x):\n    assert x.dtype is torch.float32\n    return {'r': f(x)}"
    draw = "def inputs(generator): return {'x': torch.randn(2, generator=generator)}"
    job = Job(Program.REFERENCE, "def f(x): return x", "f", ("r",), inputs=draw, seeds=(1,), probe=probe)
    (trial,) = cell.run(job).trials
    assert trial["observed64"] is None
    assert trial["observed"] == {"r": trial["inputs"]["x"]}  # type: ignore[call-overload, index]


BACKWARD_RAISES = FUNCTION.replace("        return 2 * x * gradient", "        return x.nothing")
BACKWARD = "def probe(f, x, upstream):\n    f(x.requires_grad_()).backward()"
FAILURES = [
    (IN_PLACE, BACKWARD, "probe", "RuntimeError", "f(x.requires_grad_()).backward()"),
    (FUNCTION.replace("x * x", "x.nothing"), APPLY, "call", "AttributeError", "return x.nothing"),
    (BACKWARD_RAISES, APPLY, "call", "AttributeError", "return x.nothing"),
    ("def Entry(x): return x", APPLY, "probe", "AttributeError", "y = Square.apply(x)"),
    (MODULE.replace("(self, size)", "(self)"), CONSTRUCT, "probe", "TypeError", "module = Scale(len(x))"),
    (FUNCTION, "def probe(f, x): return {}", "probe", "TypeError", ""),
    (FUNCTION, "def probe(f, x:", "probe", "SyntaxError", "def probe(f, x:"),
    (FUNCTION, "x = 1", "probe", "NameError", ""),
    (FUNCTION, "import nothing_like_it", "probe", "ModuleNotFoundError", "import nothing_like_it"),
    (FUNCTION, "def probe(f, x, upstream): return x", "observe", "UnobservableError", ""),
    (FUNCTION, "def probe(f, x, upstream): yield x", "observe", "UnobservableError", ""),
    (FUNCTION, "def probe(f, x, upstream): return {'more': 1}", "observe", "UnobservableError", ""),
    (FUNCTION, "def probe(f, x, upstream): return {'result': f}", "observe", "UnobservableError", ""),
]


@pytest.mark.parametrize(("source", "probe", "stage", "kind", "text"), FAILURES)
def test_a_failure_under_a_probe_is_told_in_the_learners_line_or_else_in_the_probes(
    cell: OneCell, source: str, probe: str, stage: str, kind: str, text: str
) -> None:
    source = with_torch(source)
    failure = cell.run(probing(source, probe, "result")).failure
    assert failure is not None
    assert (failure.stage, failure.type) == (stage, kind)
    assert failure.text.strip().startswith(text)
    if text:
        assert failure.line is not None
        assert failure.text == (source if stage == "call" else probe).splitlines()[failure.line - 1]


@pytest.mark.parametrize(
    ("returned", "words"),
    [("{'more': 1}", "no 'result'"), ("[1]", "a list"), ("{'result': open}", "result: it is a")],
)
def test_what_is_wrong_with_a_probes_dict_is_told(cell: OneCell, returned: str, words: str) -> None:
    failure = cell.run(probing("def Entry(): pass", f"def probe(f, x, upstream): return {returned}", "result")).failure
    assert failure is not None
    assert words in failure.message


def test_the_learners_class_keeps_its_own_module_beside_the_probe(cell: OneCell) -> None:
    source = "import dataclasses\n@dataclasses.dataclass\nclass Entry:\n    n: int"
    probe = "def probe(Entry, x, upstream): return {'result': [Entry(3).n, Entry.__module__, __name__]}"
    assert cell.run(probing(source, probe, "result")).trials[0] == {"result": [3, "answer", "probe"]}


DRAW = "def inputs(generator): return {'x': torch.randn(2, generator=generator)}"
DRAWING = Job(Program.REFERENCE, "def f(x): return 2 * x", "f", inputs=DRAW, seeds=(EXAMPLE, 1))


def test_the_example_stands_for_a_draw(cell: OneCell) -> None:
    example = '{\n    "x": torch.tensor([2.0, 3.0]),\n}'
    first, second = cell.run(replace(DRAWING, example=example)).trials
    assert first["inputs"] == {"x": floats(2.0, 3.0)}
    assert first["observed"] == {"result": floats(4.0, 6.0)}
    assert second["inputs"] != first["inputs"]


@pytest.mark.parametrize(
    ("example", "kind", "line"),
    [
        ("{\n'x': torch.nothing}", "AttributeError", 2),
        ("{'x': ", "SyntaxError", 1),
        ("[1]", "TypeError", None),
        ("{}", "TypeError", None),
        ("", "SyntaxError", 0),
        ("{'x': open}", "UnobservableError", None),
    ],
)
def test_a_bad_example_is_named(cell: OneCell, example: str, kind: str, line: int | None) -> None:
    failure = cell.run(replace(DRAWING, example=example)).failure
    assert failure is not None
    assert (failure.stage, failure.type, failure.trial) == ("inputs", kind, 0)
    assert failure.line == line or not line


def test_inputs_that_are_a_generator_are_told_so(cell: OneCell) -> None:
    failure = cell.run(replace(DRAWING, inputs="def inputs(generator): yield {}", seeds=(1,))).failure
    assert failure is not None
    assert "yield" in failure.message


RAISING = """
    import torch
    x = torch.ones(2, requires_grad=True)
    x.add_(1)
    y = 3
"""
EXPRESSIONS = [
    ("x = 1", ("x", "x + 1"), [(1, ""), (2, "")]),
    ("x = 1", ("x / 0", "x"), [("ZeroDivisionError", "ZeroDivisionError: division by zero"), (1, "")]),
    (RAISING, ("y", "len(x)", "y"), [("RuntimeError", "a leaf Variable"), (2, ""), ("NameError", "'y'")]),
    ("assert 1 == 2", ("True",), [("AssertionError", "AssertionError: assert 1 == 2")]),
    ("exec('x = = 1')", ("True",), [("SyntaxError", "invalid syntax")]),
]


@pytest.mark.parametrize(("snippet", "expressions", "told"), EXPRESSIONS)
def test_an_exception_is_the_value_of_what_it_kept_from_being_evaluated(
    cell: OneCell, snippet: str, expressions: tuple[str, ...], told: list[tuple[object, str]]
) -> None:
    report = cell.run(Job(Program.EXPRESSION, textwrap.dedent(snippet), expressions=expressions))
    assert report.failure is None
    assert [trial["value"] for trial in report.trials] == [value for value, _ in told]
    for trial, (_, words) in zip(report.trials, told, strict=True):
        assert words in str(trial["raised"])
        assert bool(words) == bool(trial["raised"])


@pytest.mark.parametrize(
    ("snippet", "expressions", "stage", "kind", "trial"),
    [
        ("x = = 1", ("x",), "compile", "SyntaxError", None),
        ("x = 1", ("x", "x = 2"), "compile", "SyntaxError", 1),
        ("x = 1", ("x", "open"), "observe", "UnobservableError", 1),
        ("raise SystemExit", ("1",), "import", "SystemExit", None),
    ],
)
def test_what_is_no_value_of_a_snippet_is_a_failure(
    cell: OneCell, snippet: str, expressions: tuple[str, ...], stage: str, kind: str, trial: int | None
) -> None:
    failure = cell.run(Job(Program.EXPRESSION, snippet, expressions=expressions)).failure
    assert failure is not None
    assert (failure.stage, failure.type, failure.trial) == (stage, kind, trial)


def test_too_little_memory_is_no_value(cell: OneCell) -> None:
    job = Job(Program.EXPRESSION, "x = bytearray(10 ** 10)", expressions=("x",))
    assert cell.run(job).ending is Ending.MEMORY_LIMIT
