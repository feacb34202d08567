"""Proofs of questions in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from bot.core.proving.proof import Check, Proof, State
from bot.core.words import counted
from bot.platforms.console.rendering import checklist
from bot.platforms.visible import visible

_STATES = {
    State.OK: ("✓ ok", "green"),
    State.FAILED: ("✗ failed", "red"),
    State.NOT_APPLICABLE: ("– not applicable", "dim"),
}


def proof_line(proof: Proof, file: str) -> RenderableType:
    """Whether the question in ``file`` is proven, in a line."""
    wrong = sum(check.state is State.FAILED for check in proof.checks)
    if proof.ok:
        return _headline("✓ proven", "green", file)
    return _headline("✗ not proven", "red", f"{file}: {counted(wrong, 'check')} of {len(proof.checks)} failed")


def proof_table(checks: Iterable[Check], places: Iterable[str]) -> RenderableType:
    """Every check, with its place in the file and what to do where it failed."""
    return checklist(
        (*_STATES[check.state], check.name, (place if check.state is State.FAILED else "") + check.detail, check.mend)
        for check, place in zip(checks, places, strict=True)
    )


def problem_lines(file: str, problems: Iterable[str]) -> RenderableType:
    """What is wrong with a file that cannot be read as a question, one line each."""
    return Group(_headline("✗ not a question", "red", file), *map(_line, problems))


def _headline(word: str, style: str, text: str) -> Text:
    return _line("").append(word, style).append(f"  {visible(text, one_line=True)}")


def _line(text: str) -> Text:
    # Never wrapped: editors find their way by "file:line:".
    return Text(visible(text, one_line=True), no_wrap=True, overflow="ignore")
