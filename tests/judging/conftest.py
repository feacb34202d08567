"""A judge on real cells, shared by a module's tests: starting cells for every test would take most of its time."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest_asyncio

from bot.core.proving.proof import Proof
from bot.core.questions import Question, Trial
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.ports import JudgeUnavailable
from sandbox.outcome import Starved
from sandbox.pool import Cells, Pool

BUSY_TRIES = 10


async def draw(judge: CellJudge, question: Question, seeds: Sequence[int]) -> tuple[Trial, ...]:
    """Trials with mistakes; drawn again, as judges do later, while the machine is too busy to say anything about it."""
    for _ in range(BUSY_TRIES):
        try:
            return await judge.draw_trials(question, seeds, with_mistakes=True)
        except JudgeUnavailable as error:
            if not isinstance(error.__cause__, Starved):
                raise
    raise TimeoutError("the machine stayed too busy")


async def proven(prover: Prover, question: Question) -> Proof:
    """The proof of ``question``; made again, as its author would, while the machine is too busy to say anything."""
    for _ in range(BUSY_TRIES):
        with contextlib.suppress(Starved):
            return await prover.prove(question)
    raise TimeoutError("the machine stayed too busy")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reference(cells: Cells) -> AsyncIterator[ReferenceCells]:
    """Two cells for authors' code."""
    async with ReferenceCells(cells) as reference:
        yield reference


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judge(cells: Cells, reference: ReferenceCells) -> AsyncIterator[CellJudge]:
    """A judge with one cell for answers."""
    async with Pool(cells, 1) as pool:
        yield CellJudge(pool, reference, Prover(cells, reference))
