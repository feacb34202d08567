"""Slots: which block of user ids a cell may use, one holder per host at a time.

Process limits are counted per user over the whole host, so two cells must never share a user id, whoever started
them. A slot is held by an abstract socket name: the kernel frees it when its holder dies, in whatever way.

Such names end with a network namespace, and judges in containers have one each. So a container is also named after its
slot: of those on one engine no two have one, wherever their judges are.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from sandbox.frames import UIDS_PER_CELL
from sandbox.protocol import SandboxFault

MAX_SLOTS = 200
FIRST_UIDS = {"docker": 100_000, "local": 100_000 + MAX_SLOTS * UIDS_PER_CELL}
"""Where the blocks of each kind of cell begin: a local one could not ask an engine which of them are taken."""


class SlotTaken(SandboxFault):
    """Somebody we cannot see holds this slot already; another one may be free."""


@dataclass(slots=True)
class Slot:
    """A leased block of :data:`UIDS_PER_CELL` user ids from :attr:`uid_base` on."""

    number: int
    kind: str
    _hold: socket.socket = field(repr=False)

    @property
    def uid_base(self) -> int:
        """First user id of the block; far away from accounts people have."""
        return FIRST_UIDS[self.kind] + self.number * UIDS_PER_CELL

    def release(self) -> None:
        """Give the block back; idempotent."""
        self._hold.close()

    def keep(self) -> None:
        """Hold the block as long as this process lives: somebody may still be running as its users.

        The next cell would count their processes as its own, and a learner there be refused threads for it.
        """
        _KEPT.append(self)


_KEPT: list[Slot] = []


def lease(kind: str) -> Slot:
    """The first free slot of this host, for a cell of a kind. Raises :class:`SandboxFault` when all are taken."""
    for number in range(MAX_SLOTS):
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            hold.bind(f"\0chainrule-slot-{number}")
        except OSError:
            hold.close()
            continue
        return Slot(number, kind, hold)
    raise SandboxFault(f"all {MAX_SLOTS} slots of this host are taken; end other judges first")
