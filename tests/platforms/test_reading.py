import itertools
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import MAX_ARGUMENT, Command
from bot.core.sizes import MAX_QUESTION_FILE
from bot.platforms.console.reading import (
    MAX_LINE,
    NOT_UTF8,
    TOO_LONG,
    Bare,
    Leave,
    Line,
    LineSplitter,
    Reader,
    Refused,
    Said,
    closes_form,
    pasted,
    submitted,
    with_file,
)


def split(*chunks: bytes) -> list[Line]:
    splitter = LineSplitter()
    return [*(line for chunk in chunks for line in splitter.feed(chunk)), *splitter.end()]


def heard(*lines: Line) -> list[Said]:
    reader = Reader()
    return [said for line in lines if (said := reader.feed(line)) is not None]


BYTES = [
    ((b"today\nhint\n",), ["today", "hint"]),
    ((b"today\r\nhint",), ["today", "hint"]),
    ((b"to", b"day\nhi", b"nt"), ["today", "hint"]),
    (("résumé".encode()[:2], "résumé".encode()[2:]), ["résumé"]),
    ((b"\xef\xbb\xbftoday\n",), ["today"]),
    ((b"a\n\nb\n",), ["a", "", "b"]),
    ((b"",), []),
    ((b"caf\xe9\nhint\n",), [Refused(NOT_UTF8), "hint"]),
    ((b"x" * (MAX_LINE + 1) + b"\nhint\n",), [Refused(TOO_LONG), "hint"]),
    ((b"x" * MAX_LINE + b"\n",), ["x" * MAX_LINE]),
    ((b"x" * MAX_LINE, b"y"), [Refused(TOO_LONG)]),
]


@pytest.mark.parametrize(("chunks", "lines"), BYTES)
def test_bytes_are_split_into_lines(chunks: tuple[bytes, ...], lines: list[Line]) -> None:
    assert split(*chunks) == lines


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_where_the_chunks_end_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(data)]
    assert split(*(data[a:b] for a, b in itertools.pairwise(edges))) == split(data)


def test_a_line_without_end_takes_no_more_memory_than_a_line_may_have() -> None:
    splitter, chunk = LineSplitter(), b"x" * 65_536
    tracemalloc.start()
    try:
        for _ in range(160):
            list(splitter.feed(chunk))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * MAX_LINE
    assert list(splitter.end()) == [Refused(TOO_LONG)]


EMPTY_BLOCK = Refused("There is nothing between the fences, so nothing was submitted.")
SPOKEN = [
    (("today",), [Command("today")]),
    (("", "   ", "today"), [Command("today")]),
    (("quit",), [Leave()]),
    ((" EXIT ",), [Leave()]),
    (("/quit",), [Leave()]),
    (("```", "x = 1", "```"), [Command("answer", "x = 1")]),
    (("```python", "x = 1", "```"), [Command("answer", "x = 1")]),
    (("answer ```python", "a:", "", "    b", "```", "hint"), [Command("answer", "a:\n\n    b"), Command("hint")]),
    (("answer```", "x", "```"), [Command("answer", "x")]),
    (("/grad try ~~~", "```", "x", "~~~"), [Command("try", "```\nx")]),
    (("````", "```", "x", "```", "`````"), [Command("answer", "```\nx\n```")]),
    (("```", "x", "    ```  "), [Command("answer", "x")]),
    (("``` def f(x):", "    return x", "```"), [Command("answer", "def f(x):\n    return x")]),
    (("```", "quit", "answer 4", "```"), [Command("answer", "quit\nanswer 4")]),
    (("```", "x # ```", "```"), [Command("answer", "x # ```")]),
    (("answer ```4```",), [Command("answer", "```4```")]),
    (("hint ```",), [Command("hint", "```")]),
    (("```", "   ", "```", "today"), [EMPTY_BLOCK, Command("today")]),
    (("```", "x", Refused(NOT_UTF8), "y", "```", "today"), [Refused(NOT_UTF8), Command("today")]),
    (("```", *["x" * 1000] * 70, "```", "today"), [Refused(TOO_LONG), Command("today")]),
    (("answer " + "é" * (MAX_ARGUMENT // 2 + 1), "today"), [Refused(TOO_LONG), Command("today")]),
    (("answer caf\udce9", "today"), [Refused(NOT_UTF8), Command("today")]),
    (("``` caf\udce9 x", "```", "today"), [Refused(NOT_UTF8), Command("today")]),
    ((Refused(TOO_LONG), "today"), [Refused(TOO_LONG), Command("today")]),
    (("def f(x):", "    y = x * 2", "", "    return y", "f = f", "today"), [Bare("def f(x):"), Command("today")]),
    (("import torch", "", "answer 4", "x = f(2)"), [Bare("import torch"), Command("answer", "4"), Bare("x = f(2)")]),
    (("def f(x): return x", "```", "x", "```"), [Bare("def f(x): return x"), Command("answer", "x")]),
    (("def f(x): return x", "quit"), [Bare("def f(x): return x"), Leave()]),
    (("anwser [4, 6]",), [Command("unknown", "anwser [4, 6]")]),
    (("[4, 6]",), [Command("unknown", "[4, 6]")]),
    (("I think it is four",), [Command("unknown", "I think it is four")]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "said"), SPOKEN)
def test_lines_become_commands(lines: tuple[Line, ...], said: list[Said]) -> None:
    assert heard(*lines) == said


def test_a_fence_without_a_verb_goes_to_the_form_that_was_asked_last() -> None:
    reader = Reader()
    reader.form_verb = "try"
    assert [reader.feed(line) for line in ("```", "x", "```")] == [None, None, Command("try", "x")]


def test_a_fence_left_open_submits_nothing_and_keeps_the_text() -> None:
    reader = Reader()
    assert [reader.feed(line) for line in ("try ~~~", "x = 1")] == [None, None]
    unclosed = reader.unclosed()
    assert unclosed is not None
    assert (unclosed.verb, unclosed.text) == ("try", "x = 1")
    assert "never closed, so nothing was submitted" in unclosed.complaint
    assert reader.unclosed() is None
    assert reader.feed("today") == Command("today")


PASTED = [
    ("today\nhint", ["today", "hint"]),
    ("answer def f(x):\n    return x", ["answer def f(x):\n    return x"]),
    ("answer ```\nx\n```", ["answer ```", "x", "```"]),
    ("```\nx\n```", ["```", "x", "```"]),
    ("def f(x):\n\n    return x\n", ["def f(x):\n\n    return x\n"]),
    ("My code:\n```\nx\n```", ["My code:", "```", "x", "```"]),
    ("what now\nhint", ["what now", "hint"]),
]


def test_pasted_code_without_a_verb_is_one_thing_to_say_something_about() -> None:
    code = "import torch\n\ndef f(x):\n    return x\n"
    assert heard(*pasted(code)) == [Bare(code)]


@pytest.mark.parametrize(("text", "lines"), PASTED)
def test_pasted_code_stays_in_one_piece(text: str, lines: list[str]) -> None:
    assert pasted(text) == lines


EMPTY_FORM = Refused("The form was empty, so nothing was submitted.")
FORMS = [
    ("x = 1", Command("answer", "x = 1")),
    ("\n    x = 1\n", Command("answer", "    x = 1")),
    ("x = 1\n```", Command("answer", "x = 1")),
    ("def f(x):\n    return x\n    ```\n", Command("answer", "def f(x):\n    return x")),
    ("```python\nx = 1\n```", Command("answer", "x = 1")),
    ("~~~\nx = 1\n~~~", Command("answer", "x = 1")),
    ("", EMPTY_FORM),
    (" \n ", EMPTY_FORM),
    ("```\n```", EMPTY_FORM),
    ("x" * (MAX_ARGUMENT + 1), Refused(TOO_LONG)),
]


@pytest.mark.parametrize(("text", "said"), FORMS)
def test_a_submitted_form_loses_its_fences_and_nothing_else(text: str, said: Said) -> None:
    assert submitted("answer", text) == said


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("x\n```", True),
        ("```\nx\n~~~", True),
        ("x\n    ```", True),
        ("```", False),
        ("\n```", False),
        ("x\n```py", False),
        ("x", False),
    ],
)
def test_only_a_fence_below_something_closes_a_form(text: str, closes: bool) -> None:
    assert closes_form(text) is closes


def test_an_answer_can_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_bytes("\ufeffx = 'é'\r\n".encode())
    for name in ("a b.py", "'a b.py'", str(tmp_path / "a b.py"), " a b.py "):
        assert with_file(Command("answer", name), tmp_path) == Command("answer", "x = 'é'\r\n")


@pytest.mark.parametrize(
    "command",
    [
        Command("answer", "[4, 6]"),
        Command("answer", "import a\na.py"),
        Command("answer", "as I wrote in a.py"),
        Command("answer", ".py"),
        Command("hint", "a.py"),
        Command("unknown", "a.py"),
    ],
)
def test_what_names_no_file_stays_as_it_is(command: Command, tmp_path: Path) -> None:
    assert with_file(command, tmp_path) == command


def test_a_question_may_be_larger_than_an_answer_as_a_file_and_between_fences(tmp_path: Path) -> None:
    large = "é" * (MAX_QUESTION_FILE // 2 - 1)
    (tmp_path / "q.md").write_text(large)
    assert with_file(Command("upload", "q.md"), tmp_path) == Command("upload", large)
    refused = with_file(Command("answer", "q.md"), tmp_path)
    assert isinstance(refused, Refused)
    assert "64 KiB" in refused.message
    line = "#" * (MAX_ARGUMENT - 1)
    assert heard("gradadmin question upload ```", line, line, line, "```") == [Command("upload", "\n".join([line] * 3))]
    (said,) = heard("gradadmin question upload ```", *[line] * 5, "```")
    assert isinstance(said, Refused)
    assert "256 KiB" in said.message


def test_a_file_that_cannot_be_an_answer_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "empty.py").write_text(" \n")
    (tmp_path / "latin.py").write_bytes(b"caf\xe9")
    (tmp_path / "large.txt").write_bytes(b"x" * (MAX_ARGUMENT + 1))
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.md").symlink_to("/dev/zero")
    reasons = {
        "gone.py": "no file gone.py",
        "folder.py": "is not a file",
        "pipe.py": "is not a file",
        "zero.md": "is not a file",
        "empty.py": "is empty",
        "latin.py": "is not text in UTF-8",
        "large.txt": "larger than the 64 KiB",
        "nul\0.py": "no file",
        "~nobody-at-all/x.py": "no file",
    }
    for name, reason in reasons.items():
        refused = with_file(Command("try", name), tmp_path)
        assert isinstance(refused, Refused), name
        assert reason in refused.message
