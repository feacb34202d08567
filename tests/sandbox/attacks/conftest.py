"""At the end: which attack was stopped by which defence."""

from __future__ import annotations

import pytest

from tests.sandbox.attacks.catalogue import Attack

SHOWN = pytest.StashKey[dict[str, tuple[Attack, list[str]]]]()


def note(config: pytest.Config, attack: Attack, what: str) -> None:
    """Remember that ``attack`` was tried and came to ``what``."""
    config.stash.setdefault(SHOWN, {}).setdefault(attack.name, (attack, []))[1].append(what)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    shown = config.stash.get(SHOWN, {})
    if not shown:
        return
    terminalreporter.section(f"{len(shown)} attacks and what stops them")
    for name, (attack, what) in sorted(shown.items()):
        terminalreporter.write_line(f"{name}: {attack.title} -> {attack.defence} [{'; '.join(what)}]")
