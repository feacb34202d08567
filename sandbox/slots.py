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

FIRST_UID = 100_000
MAX_SLOTS = 200


class SlotTaken(SandboxFault):
    """Somebody we cannot see holds this slot already; another one may be free."""


@dataclass(slots=True)
class Slot:
    """A leased block of :data:`UIDS_PER_CELL` user ids from :attr:`uid_base` on."""

    number: int
    _hold: socket.socket = field(repr=False)

    @property
    def uid_base(self) -> int:
        """First user id of the block; far away from accounts people have."""
        return FIRST_UID + self.number * UIDS_PER_CELL

    def release(self) -> None:
        """Give the block back; idempotent."""
        self._hold.close()

    def keep(self) -> None:
        """Hold the block as long as this process lives: somebody may still be running as its users.

        The next cell would count their processes as its own, and a learner there be refused threads for it.
        """
        _KEPT.append(self)


_KEPT: list[Slot] = []


def lease() -> Slot:
    """The first free slot of this host. Raises :class:`SandboxFault` when all are taken."""
    for number in range(MAX_SLOTS):
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            hold.bind(f"\0chainrule-slot-{number}")
        except OSError:
            hold.close()
            continue
        return Slot(number, hold)
    raise SandboxFault(f"all {MAX_SLOTS} slots of this host are taken; end other judges first")
