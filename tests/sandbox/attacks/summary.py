"""At the end of a run of tests: which attack was stopped by which defence."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.sandbox.attacks.catalogue import Attack

_TRIED = "tried"


def note(test: pytest.Item, attack: Attack, what: str) -> None:
    """Report that ``attack`` was tried and came to ``what``."""
    # Along with the test's report: the process that prints the summary may be another one.
    test.user_properties.append((_TRIED, f"{attack.name}: {attack.title} -> {attack.defence}\n{what}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each attack."""
    shown: dict[str, list[str]] = defaultdict(list)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _TRIED and report.when == "call":
                    attack, _, what = str(value).partition("\n")
                    shown[attack].append(what)
    if shown:
        terminalreporter.section(f"{len(shown)} attacks and what stops them")
    for attack, what in sorted(shown.items()):
        terminalreporter.write_line(f"{attack} [{'; '.join(what)}]")
