"""What ``chainrule doctor`` says of local cells, where code would run in them: what they cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.findings import Finding, State
from sandbox.frames import Unconfined


def local_findings(unconfined: Unconfined) -> Iterator[Finding]:
    """A line for each thing that Docker cells hold and a local cell, which lacks ``unconfined``, does not."""
    yield Finding(
        "local memory",
        State.WARNING,
        "limited for each process, not for all that a submission starts together",
        "use Docker, which limits a cell as a whole",
    )
    if Unconfined.UID in unconfined:
        yield _shared_user(unconfined)


def _shared_user(unconfined: Unconfined) -> Finding:
    reached = "every process of yours" if Unconfined.PROCESSES in unconfined else "the cell's own processes"
    return Finding(
        "local users",
        State.WARNING,
        f"a submission is the same user as the process that forks it, and can signal {reached}",
        "use Docker, where each submission is a user of its own",
    )
