"""Texts the tests of this folder start from, and ways to break them."""

from pathlib import Path

from markdown_it import MarkdownIt

from bot.authoring.parsing import parse
from bot.authoring.problems import Problems
from bot.core.questions import Question

ROOT = Path(__file__).parents[2]
BANK = ROOT / "questions"
DOCUMENTATION = (ROOT / "docs" / "questions.md").read_text()


def documented_examples() -> list[str]:
    """The complete question files in the documentation, in order."""
    tokens = MarkdownIt("commonmark").parse(DOCUMENTATION)
    return [token.content for token in tokens if token.type == "fence" and token.info == "markdown"]


VALUE, CODE, CHOICE = documented_examples()
FENCE = "```python\n{}\n```"


def line_of(text: str, start: str) -> int:
    """The 1-based number of the first line of ``text`` that begins with ``start``."""
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.startswith(start))


def problems_of(text: str | bytes) -> list[str]:
    """Every problem of a file that must not parse, each as it is told."""
    outcome = parse(text, "q.md")
    assert isinstance(outcome, Problems), "expected problems, got a question"
    return str(outcome).split("\n")


def line_told(problem: str) -> int:
    """The line a problem is located at."""
    return int(problem.split(":")[1])


def question_of(text: str | bytes) -> Question:
    """The question in a file that must parse."""
    outcome = parse(text, "q.md")
    assert isinstance(outcome, Question), str(outcome)
    return outcome


def section(text: str, name: str) -> tuple[int, int]:
    """Where the section ``name`` of ``text`` begins and ends."""
    start = text.index(f"## {name}\n")
    end = text.find("\n## ", start)
    return start, len(text) if end < 0 else end + 1


def sections_of(text: str) -> list[str]:
    """The names of the sections of ``text``."""
    return [line.removeprefix("## ") for line in text.split("\n") if line.startswith("## ")]


def without(text: str, name: str) -> str:
    """``text`` without a section."""
    start, end = section(text, name)
    return text[:start] + text[end:]


def with_body(text: str, name: str, body: str) -> str:
    """``text`` with ``body`` under the heading of a section."""
    start, end = section(text, name)
    return f"{text[:start]}## {name}\n\n{body}\n\n{text[end:]}"


def with_section(text: str, name: str, body: str) -> str:
    """``text`` with one section more, at its end."""
    return f"{text}\n## {name}\n\n{body}\n"


def with_keys(text: str, *lines: str) -> str:
    """``text`` with more lines in its front matter, which come first."""
    return text.replace("format: 1\n", "\n".join(["format: 1", *lines, ""]), 1)
