"""The processes of one cell, as root on the host sees them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from sandbox.cell_client import Streams
from sandbox.frames import UIDS_PER_CELL
from sandbox.pool import Cells
from sandbox.slots import Slot

AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root sees into a cell's processes from outside")


class LeasedCells:
    """Starts cells as ``cells`` does, and knows which blocks of user ids they were lent; the latest is the last."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.slots: list[Slot] = []
        self._changed = asyncio.Condition()

    @property
    def kind(self) -> str:
        return self._cells.kind

    async def start(self, slot: Slot) -> Streams:
        streams = await self._cells.start(slot)
        async with self._changed:
            self.slots.append(slot)
            self._changed.notify_all()
        return streams

    async def started(self, count: int) -> list[Slot]:
        """The first ``count`` slots lent, once there are so many."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.slots) >= count)
        return self.slots[:count]


def block(slot: Slot) -> range:
    """The user ids that a cell's children may have."""
    return range(slot.uid_base + 1, slot.uid_base + UIDS_PER_CELL - 1)


def processes(slot: Slot) -> dict[int, int]:
    """The real user of every process of the cell that holds ``slot``, by the host's number for it."""
    # All are forks of one program, which was told its block; and no two cells hold one at the same time.
    return {
        process.pid: process.info["uids"].real
        for process in psutil.process_iter(["cmdline", "uids"])
        if (line := process.info["cmdline"] or [])
        and str(slot.uid_base) in line
        and any(part.endswith("cell/__main__.py") for part in line)
    }


def first_process(slot: Slot) -> psutil.Process:
    """The first in the cell's PID namespace. Raises :class:`psutil.NoSuchProcess` where the cell has ended."""
    for pid in processes(slot):
        try:
            fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            if fields["NSpid"].split()[-1] == "1":
                return psutil.Process(pid)
        except (OSError, psutil.NoSuchProcess):
            continue  # it has ended meanwhile
    raise psutil.NoSuchProcess(1)


def children(slot: Slot) -> list[int]:
    """Those of them that run, or wait for, a learner's code."""
    return [pid for pid, uid in processes(slot).items() if uid in block(slot)]
