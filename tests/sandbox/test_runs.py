"""What a report says of every way a run can go, in both kinds of cell."""

from __future__ import annotations

import pytest

from sandbox.protocol import Ending, Job, Program
from sandbox.values import TensorValue
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import SQUARE, answer, floats


def test_reports_the_gradient_of_the_seed_question_on_every_trial(cell: OneCell) -> None:
    report = cell.run(answer(SQUARE, entry="gradient", trials=3))
    assert report.ending is Ending.COMPLETED
    assert report.failure is None
    assert report.trials == ({"result": floats(4.0, 6.0)},) * 3


def test_reads_the_gradient_of_an_input_after_backward_on_the_result(cell: OneCell) -> None:
    job = answer("def f(x):\n    return x ** 2", observe=("result", "grad(x)"), backward=True)
    assert cell.run(job).trials == ({"result": floats(4.0, 9.0), "grad(x)": floats(4.0, 6.0)},)


def test_a_missing_gradient_is_none_and_not_zeros(cell: OneCell) -> None:
    assert cell.run(answer("def f(x): return 1", observe=("grad(x)",))).trials == ({"grad(x)": None},)


def test_uses_the_given_upstream_gradient(cell: OneCell) -> None:
    trial = {"x": floats(2.0, 3.0), "upstream": floats(10.0, 100.0)}
    job = Job(Program.ANSWER, "def f(x): return x * x", "f", ("grad(x)",), backward=True, trials=(trial,))
    assert cell.run(job).trials == ({"grad(x)": floats(40.0, 600.0)},)


def test_parameter_names_are_the_learners_own_business(cell: OneCell) -> None:
    assert cell.run(answer("def f(anything): return anything")).trials == ({"result": floats(2.0, 3.0)},)


def test_an_input_changed_in_place_is_whole_again_on_the_next_trial(cell: OneCell) -> None:
    report = cell.run(answer("def f(x): return x.mul_(2)", trials=2))
    assert report.trials == ({"result": floats(4.0, 6.0)},) * 2


def test_what_is_printed_arrives_with_the_report(cell: OneCell) -> None:
    report = cell.run(answer("print('top')\ndef f(x):\n    print('é', x.sum().item())\n    return x"))
    assert report.output == "top\né 5.0\n"


PLAIN = [
    ("1", 1),
    ("-2.5", -2.5),
    ("float('inf')", float("inf")),
    ("True", True),
    ("None", None),
    ("'text'", "text"),
    ("2 ** 70", 2**70),
    ("(1, [2.0, None], {'a': 3})", [1, [2.0, None], {"a": 3}]),
    ("torch.tensor(7)", TensorValue("int64", (), (7).to_bytes(8, "little"))),
    ("torch.zeros(0, 3)", TensorValue("float32", (0, 3), b"")),
    ("x.expand(2, 2)", floats(2.0, 3.0, 2.0, 3.0, shape=(2, 2))),
    ("torch.tensor([[1., 2.], [3., 4.]]).T", floats(1.0, 3.0, 2.0, 4.0, shape=(2, 2))),
    ("torch.nn.Parameter(x)", floats(2.0, 3.0)),
    ("torch.complex(x, x).conj().imag", floats(-2.0, -3.0)),
    ("torch.ones(1, dtype=torch.bfloat16)", TensorValue("bfloat16", (1,), b"\x80\x3f")),
]


@pytest.mark.parametrize(("expression", "value"), PLAIN, ids=[expression for expression, _ in PLAIN])
def test_reports_plain_values_by_value(cell: OneCell, expression: str, value: object) -> None:
    assert cell.run(answer(f"def f(x): return {expression}")).trials == ({"result": value},)


UNOBSERVABLE = [
    ("object()", "object"),
    ("torch.eye(2).to_sparse()", "to_dense"),
    ("torch.zeros(2, device='meta')", "meta"),
    ("torch.zeros(1).expand(10 ** 9)", "too large"),
    ("torch.zeros([1] * 9)", "dimensions"),
    ("[[[[[[1]]]]]]", "deeper"),
    ("{(1, 2): 3}", "key"),
]


@pytest.mark.parametrize(("expression", "word"), UNOBSERVABLE, ids=[expression for expression, _ in UNOBSERVABLE])
def test_says_why_a_result_cannot_be_observed(cell: OneCell, expression: str, word: str) -> None:
    report = cell.run(answer(f"def f(x): return {expression}"))
    assert report.failure is not None
    assert report.failure.stage == "observe"
    assert word in report.failure.message


def test_a_list_that_contains_itself_is_refused(cell: OneCell) -> None:
    report = cell.run(answer("def f(x):\n    a = []\n    a.append(a)\n    return a"))
    assert report.failure is not None
    assert "deeper" in report.failure.message


FAILURES = [
    ("def f(x):\n    return x.nothing", "call", "AttributeError", 2),
    ("def f(x:\n    return 1", "compile", "SyntaxError", 1),
    ("import nothing_like_it\ndef f(x): pass", "import", "ModuleNotFoundError", 1),
    ("def g(x): return x", "entry", "NameError", None),
    ("f = 3", "entry", "NameError", None),
    ("def f(x): return input('? ')", "call", "EOFError", 1),
    ("import sys\ndef f(x): sys.exit(0)", "call", "SystemExit", 2),
    ("def f(x): return f(x)", "call", "RecursionError", 1),
    ("def f(): return 1", "call", "TypeError", None),
    ("class E(Exception):\n    def __str__(self): raise self\ndef f(x): raise E", "call", "E", 3),
    ("(" * 300, "compile", "SyntaxError", 1),
]


@pytest.mark.parametrize(("source", "stage", "kind", "line"), FAILURES)
def test_names_stage_type_and_line_of_an_exception(
    cell: OneCell, source: str, stage: str, kind: str, line: int | None
) -> None:
    failure = cell.run(answer(source)).failure
    assert failure is not None
    assert (failure.stage, failure.type, failure.line) == (stage, kind, line)


def test_a_nul_in_the_source_is_refused_by_the_compiler(cell: OneCell) -> None:
    failure = cell.run(answer("x = 1\0")).failure
    assert failure is not None
    assert failure.stage == "compile"
    assert failure.type in {"SyntaxError", "ValueError"}  # by the version of Python


def test_a_syntax_error_has_its_line_and_a_caret(cell: OneCell) -> None:
    failure = cell.run(answer("x = 1\ny = = 2\n")).failure
    assert failure is not None
    assert (failure.line, failure.caret, failure.text) == (2, 5, "y = = 2")


def test_a_missing_entry_point_comes_with_the_names_there_are(cell: OneCell) -> None:
    failure = cell.run(answer("import torch\ndef gradiant(x): return x\nclass Helper: pass")).failure
    assert failure is not None
    assert failure.names == ("gradiant", "Helper")


ENDINGS = [
    ("while True: pass", Ending.TIME_LIMIT),
    ("sum(range(10 ** 12))", Ending.TIME_LIMIT),
    ("import time; time.sleep(60)", Ending.TIME_LIMIT),
    ("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)", Ending.TIME_LIMIT),
    ("import os, signal\nos.abort()", Ending.CRASHED),
    ("import ctypes; ctypes.string_at(0)", Ending.CRASHED),
    ("import os; os._exit(0)", Ending.CRASHED),
    ("import os; os.close(4)\nos._exit(1)", Ending.CRASHED),
    ("import os; os.closerange(0, 100)\ndef f(x): return x", Ending.CRASHED),
    ("import torch; torch.empty(2 ** 34)", Ending.MEMORY_LIMIT),
    ("x = bytearray(10 ** 10)", Ending.MEMORY_LIMIT),
    ("while True: print('x' * 1000)", Ending.OUTPUT_LIMIT),
    ("import os; os.write(1, b'x' * 10 ** 6)", Ending.OUTPUT_LIMIT),
    (
        "import os; os.write(4, b'GRAD' + bytes([1, 0, 0, 0]) + b'\\xff' * 4); import time; time.sleep(9)",
        Ending.CRASHED,
    ),
    ("import os; os.write(4, b'nonsense, and more of it'); import time; time.sleep(9)", Ending.CRASHED),
]


@pytest.mark.parametrize(("source", "ending"), ENDINGS, ids=[source[:40] for source, _ in ENDINGS])
def test_says_how_a_run_ended_and_serves_the_next_one(cell: OneCell, source: str, ending: Ending) -> None:
    assert cell.run(answer(source, wall_ms=800)).ending is ending
    assert cell.run(answer(SQUARE, entry="gradient")).trials == ({"result": floats(4.0, 6.0)},)


def test_what_was_printed_before_a_crash_is_kept(cell: OneCell) -> None:
    report = cell.run(answer("import os\nprint('so far', flush=True)\nos._exit(3)"))
    assert (report.ending, report.output) == (Ending.CRASHED, "so far\n")
    assert "status 3" in report.detail


LEFTOVERS = [
    "import os\nif os.fork() == 0:\n    import time; time.sleep(60)\ndef f(x): return x",
    "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
    "    import time; time.sleep(60)\ndef f(x): return x",
    "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "import threading, time\nfor _ in range(100):\n    threading.Thread(target=time.sleep, args=(60,)).start()",
]


@pytest.mark.parametrize("source", LEFTOVERS)
def test_nothing_a_run_started_outlives_it(cell: OneCell, source: str) -> None:
    cell.run(answer(source, wall_ms=800))
    processes = "import os\ndef f(x): return sorted(int(name) for name in os.listdir('/proc') if name.isdigit())"
    (trial,) = cell.run(answer(processes)).trials
    # The leader, its reaper, the zygote, the process that asks and the one parked behind it.
    assert len(trial["result"]) <= 5  # type: ignore[arg-type]


def test_draws_trials_and_runs_the_solution_on_each_in_single_and_double_precision(cell: OneCell) -> None:
    draw = "import torch\ndef inputs(generator):\n    return {'x': torch.randn(3, generator=generator), 'k': 2}"
    solution = "def solve(x, k):\n    return k * x"
    job = Job(Program.REFERENCE, solution, "solve", inputs=draw, seeds=(1, 2, 1))
    first, second, again = cell.run(job).trials
    assert first == again
    assert first["inputs"] != second["inputs"]
    assert first["observed"]["result"].dtype == "float32"  # type: ignore[call-overload, index, union-attr]
    assert first["observed64"]["result"].dtype == "float64"  # type: ignore[call-overload, index, union-attr]


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        ("def inputs(generator): return 3", "TypeError"),
        ("def inputs(generator): yield 1", "TypeError"),
        ("def inputs(generator): return {'x': open}", "UnobservableError"),
        ("def inputs(generator):\n    return {'x': 1 / 0}", "ZeroDivisionError"),
    ],
)
def test_a_bad_inputs_function_is_named(cell: OneCell, draw: str, kind: str) -> None:
    failure = cell.run(Job(Program.REFERENCE, "def f(x): return x", "f", inputs=draw, seeds=(1,))).failure
    assert failure is not None
    assert (failure.stage, failure.type) == ("inputs", kind)


def test_evaluates_an_expression_after_a_snippet(cell: OneCell) -> None:
    snippet = "import torch\na = torch.tensor(3., requires_grad=True)\nb = a * 2"
    job = Job(Program.EXPRESSION, snippet, expressions=("type(b.grad_fn).__name__",))
    assert cell.run(job).trials == ({"value": "MulBackward0", "raised": ""},)
