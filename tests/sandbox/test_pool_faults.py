"""What a pool does when its own side fails: nobody waits for ever, and no cell is lost for nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from sandbox.cell_client import Unsendable
from sandbox.local_cell import LocalCells
from sandbox.pool import JOBS_PER_CHECK, SETTLING_SECONDS, Pool
from sandbox.protocol import Ending, SandboxFault
from sandbox.slots import Slot
from sandbox.values import TensorValue
from tests.sandbox.faulty import FaultyCells, Tapped
from tests.sandbox.jobs import SQUARE, answer, floats

HONEST = answer(SQUARE, entry="gradient")
RIGHT = ({"result": floats(4.0, 6.0)},)
PATIENCE_S = 30.0


@pytest.fixture
def faulty(sandbox_python: Path) -> FaultyCells:
    return FaultyCells(LocalCells(sandbox_python))


async def test_a_job_that_cannot_be_sent_costs_no_cell(faulty: FaultyCells) -> None:
    big = TensorValue("float32", (3 << 20,), struct.pack("<f", 1.0) * (3 << 20))
    job = answer("def f(x): return x")
    too_big = type(job)(job.kind, job.source, job.entry, trials=({"x": big},))
    async with Pool(faulty, 1) as pool:
        for _ in range(3):
            with pytest.raises(Unsendable):
                await pool.run(too_big)
        assert (await pool.run(HONEST)).trials == RIGHT
    assert len(faulty.started) == 1


async def test_whoever_waits_is_told_when_the_pool_closes_while_a_loss_is_settled(faulty: FaultyCells) -> None:
    async with Pool(faulty, 1) as pool:
        assert (await pool.run(HONEST)).trials == RIGHT
        running = asyncio.create_task(pool.run(answer("while True: pass")))
        await asyncio.sleep(0.3)
        faulty.started[0].reader.feed_eof()
        await asyncio.sleep(SETTLING_SECONDS / 2)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(SandboxFault, match="closing"):
            await running
        with pytest.raises(SandboxFault, match="closed"):
            await pool.run(HONEST)


async def test_a_submission_that_ends_cells_leaves_those_of_others_alone(faulty: FaultyCells) -> None:
    faulty.fatal = b"doomed"
    told = asyncio.Event()
    async with Pool(faulty, 2, lambda _: told.set()) as pool:
        await told.wait()
        doomed = asyncio.create_task(pool.run(answer("doomed = 1")))
        while not doomed.done():
            assert (await pool.run(HONEST)).trials == RIGHT
        assert (await doomed).ending is Ending.LOST_CELLS
        spared = [tapped for tapped in faulty.started if not tapped.was_doomed]
        assert any(tapped.jobs > JOBS_PER_CHECK / 10 and not tapped.ended for tapped in spared)


class Unending(FaultyCells):
    """Cells of which nobody can tell whether they ended."""

    async def start(self, slot: Slot) -> Tapped:
        tapped = await super().start(slot)
        ending = tapped.kill

        async def kill() -> None:
            await ending()
            raise SandboxFault("no engine answers")

        tapped.kill = kill  # type: ignore[method-assign]
        return tapped


def _is_free(slot: Slot) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as attempt:
        try:
            attempt.bind(f"\0chainrule-slot-{slot.number}")
        except OSError:
            return False
        return True


async def test_users_of_a_cell_that_may_not_have_ended_are_not_lent_again(sandbox_python: Path) -> None:
    for cells, is_free in ((FaultyCells, True), (Unending, False)):
        faulty = cells(LocalCells(sandbox_python))
        async with Pool(faulty, 1) as pool:
            assert (await pool.run(HONEST)).trials == RIGHT
        assert _is_free(faulty.started[0].slot) is is_free


async def test_a_cell_that_fails_to_end_is_still_replaced_by_one(sandbox_python: Path) -> None:
    faulty = Unending(LocalCells(sandbox_python))
    async with Pool(faulty, 1, jobs_per_cell=5) as pool:
        async with asyncio.timeout(PATIENCE_S):
            while len(faulty.started) < 2 or not faulty.started[0].ended:
                assert (await pool.run(HONEST)).trials == RIGHT
                await asyncio.sleep(0.05)
        await asyncio.sleep(2)  # longer than until the next try
        assert len(faulty.started) == 2


async def test_a_cell_that_reports_wrongly_is_found_out_while_it_has_no_work(faulty: FaultyCells) -> None:
    async with Pool(faulty, 1) as pool:
        for _ in range(JOBS_PER_CHECK):
            assert (await pool.run(HONEST)).trials == RIGHT
        faulty.started[0].fails_canary = True
        async with asyncio.timeout(PATIENCE_S):
            while len(faulty.started) < 2:  # noqa: ASYNC110 (processes have no event)
                await asyncio.sleep(0.05)
        assert (await pool.run(HONEST)).trials == RIGHT
