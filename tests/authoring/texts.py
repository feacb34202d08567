"""Texts the tests of this folder start from."""

from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
BANK = ROOT / "questions"
DOCUMENTATION = (ROOT / "docs" / "questions.md").read_text()


def documented_examples() -> list[str]:
    """The complete question files in the documentation, in order."""
    tokens = MarkdownIt("commonmark").parse(DOCUMENTATION)
    return [token.content for token in tokens if token.type == "fence" and token.info == "markdown"]


VALUE, CODE, CHOICE = documented_examples()


def line_of(text: str, start: str) -> int:
    """The 1-based number of the first line of ``text`` that begins with ``start``."""
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.startswith(start))
