"""Proofs of questions in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from bot.core.proof import Check, Proof, State
from bot.core.words import counted
from bot.platforms.console.rendering import checklist, visible

_STATES = {
    State.OK: ("✓ ok", "green"),
    State.FAILED: ("✗ failed", "red"),
    State.NOT_APPLICABLE: ("– not applicable", "dim"),
}


def proof_line(proof: Proof, file: str) -> RenderableType:
    """Whether the question in ``file`` is proven, in a line."""
    wrong = sum(check.state is State.FAILED for check in proof.checks)
    name = visible(file, one_line=True)
    if proof.ok:
        return Text.assemble(("✓ proven", "green"), f"  {name}")
    return Text.assemble(("✗ not proven", "red"), f"  {name}: {counted(wrong, 'check')} of {len(proof.checks)} failed")


def proof_table(checks: Iterable[Check]) -> RenderableType:
    """Every check, with what to do below each line that needs it."""
    return checklist((*_STATES[check.state], check.name, check.detail, check.mend) for check in checks)


def problem_lines(file: str, problems: Iterable[str]) -> RenderableType:
    """What is wrong with a file that cannot be read as a question, one line each."""
    head = Text.assemble(("✗ not a question", "red"), f"  {visible(file, one_line=True)}")
    # Never wrapped: editors find their way by "file:line:".
    lines = (Text(visible(problem, one_line=True), no_wrap=True, overflow="ignore") for problem in problems)
    return Group(head, *lines)
