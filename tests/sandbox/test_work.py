"""What befalls a submission in the pool, and when it is its own doing: without a cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sandbox.outcome import Starved, Struck
from sandbox.protocol import Ending, Report, SandboxFault
from sandbox.work import MAX_LOST_CELLS, Work
from tests.sandbox.jobs import answer

FAULT = SandboxFault("a cell is gone")
BUSY = Starved("busy", Report(Ending.TIME_LIMIT, detail="the machine was busy both times"))
KILLED = Struck("killed", Report(Ending.CRASHED, detail="SIGKILL"))

Event = Callable[[Work], bool]


def lost_fresh(work: Work) -> bool:
    return work.lost(FAULT, is_evidence=True)


def lost_used(work: Work) -> bool:
    return work.lost(FAULT, is_evidence=False)


def starved(work: Work) -> bool:
    return work.doubted(BUSY)


def struck(work: Work) -> bool:
    return work.doubted(KILLED)


ENDED: list[tuple[list[Event], Ending]] = [
    ([lost_fresh, lost_fresh], Ending.LOST_CELLS),
    ([lost_used, lost_fresh, lost_fresh], Ending.LOST_CELLS),
    ([starved, lost_used, starved], Ending.TIME_LIMIT),
    ([starved, struck], Ending.CRASHED),
    ([struck, starved], Ending.TIME_LIMIT),
]


@pytest.mark.parametrize(("events", "ending"), ENDED)
async def test_what_repeats_in_the_same_code_is_its_own_doing(events: list[Event], ending: Ending) -> None:
    work = Work(answer(""), asyncio.get_running_loop().create_future())
    *first, last = events
    assert all(event(work) for event in first)
    assert not last(work)
    assert (await work.answer).ending is ending


async def test_cells_that_others_used_or_that_were_lost_together_are_held_against_nobody() -> None:
    work = Work(answer(""), asyncio.get_running_loop().create_future())
    assert [lost_used(work) for _ in range(MAX_LOST_CELLS)] == [True] * (MAX_LOST_CELLS - 1) + [False]
    with pytest.raises(SandboxFault, match="a cell is gone"):
        await work.answer


async def test_a_cell_lost_after_its_answer_changes_nothing() -> None:
    work = Work(answer(""), asyncio.get_running_loop().create_future())
    work.settle(Report(Ending.COMPLETED))
    assert not lost_fresh(work)
    assert not lost_fresh(work)
    work.fail(FAULT)
    assert (await work.answer).ending is Ending.COMPLETED
