"""What a report says of errors, classes and names that answer with anything, in both kinds of cell."""

from __future__ import annotations

import pytest

from bot.core.failures import failure_message
from bot.core.questions import CodeTask
from sandbox.protocol import Ending, Failure, Job, Program
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer

TASK = CodeTask("f", starter="", inputs="", solution="def f(x): return x")
TEXT_THAT_RAISES = "class Text(str):\n    def __getitem__(self, key): raise ValueError('what?')\n"


def failed(cell: OneCell, source: str) -> Failure:
    report = cell.run(answer(source, wall_ms=2_000))
    assert report.ending is Ending.COMPLETED
    assert report.failure is not None
    return report.failure


PLACES = ["-5, -9", "0, 0", "10 ** 30, 10 ** 30", "2 ** 9999, 1", "1.5, 1", "'first', 1", "None, None"]


@pytest.mark.parametrize("place", PLACES)
def test_an_error_of_syntax_in_a_line_that_no_source_has_was_raised_where_it_was_raised(
    cell: OneCell, place: str
) -> None:
    failure = failed(cell, f"def f(x):\n    raise SyntaxError('lost', ('<answer>', {place}, 'text'))")
    assert (failure.type, failure.message, failure.line, failure.caret) == ("SyntaxError", "lost", 2, None)
    assert failure_message(failure, TASK) == "Your code raised SyntaxError in line 2."


@pytest.mark.parametrize("caret", ["-9", "0", "10 ** 30", "2 ** 9999", "'a'", "None"])
def test_a_column_that_no_line_has_is_left_out(cell: OneCell, caret: str) -> None:
    failure = failed(cell, f"def f(x):\n    raise SyntaxError('lost', ('<answer>', 1, {caret}, 'text'))")
    assert (failure.message, failure.line, failure.caret, failure.text) == ("lost", 1, None, "def f(x):")
    assert failure_message(failure, TASK) == "Your code raised SyntaxError in line 1."


RAISED = {
    "a name of 100,000 characters": ("Odd = type('O' * 100_000, (Exception,), {})", "O" * 80),
    "a name that raises when read": (f"{TEXT_THAT_RAISES}Odd = type(Text('Named'), (Exception,), {{}})", "Named"),
    "a name that is a number": (
        "class Kind(type):\n    __name__ = 5\nclass Odd(Exception, metaclass=Kind): pass",
        "Odd",
    ),
    "another's name": (
        "class Kind(type):\n    __name__ = 'MemoryError'\nclass Odd(Exception, metaclass=Kind): pass",
        "Odd",
    ),
    "a class that cannot be hashed": (
        "class Kind(type):\n    def __hash__(cls): raise ValueError\nclass Odd(SyntaxError, metaclass=Kind): pass",
        "Odd",
    ),
    "a class equal to every other": (
        "class Kind(type):\n    def __hash__(cls): return hash(SyntaxError)\n    def __eq__(cls, other): return True\n"
        "class Odd(SyntaxError, metaclass=Kind):\n    filename, lineno, offset = '<answer>', 'first', object()",
        "Odd",
    ),
    "a traceback without end": (
        "class Frame: pass\nframe = Frame()\nframe.tb_next = frame.tb_frame = frame.f_code = frame\n"
        "frame.co_filename = 'answer'\nclass Odd(Exception):\n    __traceback__ = frame",
        "Odd",
    ),
    "a traceback that raises": ("class Odd(Exception):\n    __traceback__ = property(lambda self: 1 / 0)", "Odd"),
}


@pytest.mark.parametrize(("definition", "name"), RAISED.values(), ids=RAISED)
def test_an_error_is_told_by_what_python_says_of_it(cell: OneCell, definition: str, name: str) -> None:
    failure = failed(cell, f"{definition}\ndef f(x): raise Odd('oh')")
    line = definition.count("\n") + 2
    assert (failure.stage, failure.type, failure.message, failure.line) == ("call", name, "oh", line)
    assert failure_message(failure, TASK) == f"Your code raised {name} in line {line}."


def test_an_error_that_raises_when_asked_for_its_class_is_told_without_its_message(cell: OneCell) -> None:
    failure = failed(
        cell, "class Odd(Exception):\n    __class__ = property(lambda self: 1 / 0)\ndef f(x): raise Odd('oh')"
    )
    assert (failure.type, failure.message, failure.line) == ("Odd", "(its message could not be read)", 3)


def test_a_file_name_that_cannot_be_hashed_is_no_place(cell: OneCell) -> None:
    failure = failed(
        cell,
        "class Text(str):\n    def __hash__(self): raise ValueError('what?')\n"
        "def f(x): raise KeyError('oh')\n"
        "f.__code__ = f.__code__.replace(co_filename=Text('<answer>'))",
    )
    assert (failure.type, failure.message, failure.line) == ("KeyError", "'oh'", None)
    assert failure_message(failure, TASK) == "Calling f, or backward on what it returned, raised KeyError."


NOTHING = "I could not find a function named f; your code defines no function. Write it as def f(...):"
G = "I could not find a function named f; your code defines g. Rename it to f."
NAMES = {
    "no name": ("def g(x): return x\ndel __name__", NOTHING),
    "a number": ("__name__ = 5\ndef g(x): return x", G),
    "a name that raises when compared": (
        "class Odd:\n    def __eq__(self, other): raise SystemExit(0)\ndef g(x): return x\n__name__ = Odd()",
        NOTHING,
    ),
    "no globals": ("globals().clear()", NOTHING),
    "a function under a number": ("def g(x): return x\nglobals()[5] = g", G),
    "a function under a text that raises": (
        f"{TEXT_THAT_RAISES}Text.__module__ = ''\ndef g(x): return x\nglobals()[Text('h')] = g",
        G,
    ),
}


@pytest.mark.parametrize(("source", "sentence"), NAMES.values(), ids=NAMES)
def test_a_module_that_names_itself_and_its_own_oddly_lacks_an_entry_as_any_other(
    cell: OneCell, source: str, sentence: str
) -> None:
    failure = failed(cell, source)
    assert failure.stage == "entry"
    assert failure_message(failure, TASK) == sentence


def test_a_global_that_raises_when_the_entry_is_looked_up_is_the_answers_own_error(cell: OneCell) -> None:
    failure = failed(
        cell,
        "class Text(str):\n    def __hash__(self): return hash('f')\n"
        "    def __eq__(self, other): raise ValueError('no')\nglobals()[Text('g')] = 1",
    )
    assert (failure.stage, failure.type, failure.message, failure.line) == ("import", "ValueError", "no", 3)


@pytest.mark.parametrize("source", ["del __name__\n", "__name__ = 5\n", "__name__ = '__main__'\n"])
def test_an_answer_may_name_its_module_as_it_likes(cell: OneCell, source: str) -> None:
    assert cell.run(answer(f"{source}def f(x): return 3")).trials == ({"result": 3},)


RETURNED = {
    "a name of 100,000 characters": ("R = type('R' * 100_000, (), {})", "R" * 80),
    "a name that raises": (
        "class Kind(type):\n    __name__ = property(lambda cls: 1 / 0)\nclass R(metaclass=Kind): pass",
        "R",
    ),
}


@pytest.mark.parametrize(("definition", "name"), RETURNED.values(), ids=RETURNED)
def test_a_result_of_a_class_that_is_oddly_named_is_refused_by_its_name(
    cell: OneCell, definition: str, name: str
) -> None:
    failure = failed(cell, f"{definition}\ndef f(x): return R()")
    assert failure.message == f"it is a {name}; return tensors, numbers, text, None, or lists of these"


EVALUATED = {name: (f"{definition}\ndef fail(): raise Odd('oh')", kind) for name, (definition, kind) in RAISED.items()}


@pytest.mark.parametrize(("source", "name"), EVALUATED.values(), ids=EVALUATED)
def test_the_name_of_an_error_as_a_value_is_what_python_says_it_is(cell: OneCell, source: str, name: str) -> None:
    report = cell.run(Job(Program.EXPRESSION, source, expressions=("fail()",)))
    assert report.trials == ({"value": name, "raised": f"{name}: oh"},)


@pytest.mark.parametrize(("claim", "message"), [("MemoryError", "oh"), ("property(lambda self: 1 / 0)", "(its")])
def test_an_error_as_a_value_is_what_it_is_and_not_what_it_says(cell: OneCell, claim: str, message: str) -> None:
    source = f"class Odd(Exception):\n    __class__ = {claim}\ndef fail(): raise Odd('oh')"
    (trial,) = cell.run(Job(Program.EXPRESSION, source, expressions=("fail()",))).trials
    assert trial["value"] == "Odd"
    assert str(trial["raised"]).startswith(f"Odd: {message}")
