"""Reference cells that fail to end, are closed early, or find the machine busy: cells that only pretend to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.questions import CodeTask, Question, WrongAnswer
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import TRIES, CellsClosed, ReferenceCells
from sandbox.outcome import Starved
from sandbox.pool import Cells, Pool
from sandbox.protocol import Ending, Job, Program, Report, SandboxFault
from sandbox.values import Value
from tests.core.arrays import tensor
from tests.judging.test_judge import QUESTION

RIGHT, WRONG, BUSY, DEADLY = "right", "wrong", "busy", "deadly"
JOB = Job(Program.EXPRESSION, source=RIGHT, expressions=("x",))
CODE = replace(
    QUESTION,
    task=CodeTask("f", WRONG, "", RIGHT),
    wrong_answers=tuple(WrongAnswer(answer, "No.") for answer in (BUSY, *[WRONG] * 8)),
)


class Cell:
    """Does what it is told by the source of its job, after a turn of the loop."""

    worn = False

    def __init__(self, owner: Pretended) -> None:
        self._owner = owner

    async def settled(self) -> None:
        """At once."""

    async def run(self, job: Job) -> Report:
        self._owner.runs.append(job.source)
        if job.source == BUSY:
            raise Starved("the machine was too busy to run it", Report(Ending.TIME_LIMIT))
        if job.source == DEADLY:
            raise SandboxFault("the cell is gone")
        await asyncio.sleep(0.01)
        factor = 2.0 if job.source == RIGHT else 3.0
        return Report(Ending.COMPLETED, tuple(_trial(job.kind, factor, seed) for seed in job.seeds or [1] * _size(job)))


def _size(job: Job) -> int:
    return len(job.expressions or job.trials)


def _trial(kind: Program, factor: float, seed: int) -> Mapping[str, Value]:
    inputs, observed = {"x": tensor([1.0, seed])}, {"result": tensor([factor, factor * seed])}
    match kind:
        case Program.REFERENCE:
            return {"inputs": inputs, "observed": observed, "observed64": None}
        case Program.EXPRESSION:
            return {"value": factor, "raised": ""}
    return observed


class Pretended:
    """Cells that were ``opened``, those of them that were ``ended``, and the sources of the ``runs`` in them."""

    kind = "pretended"

    def __init__(self) -> None:
        self.opened = self.ended = 0
        self.runs: list[str] = []
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.ends_badly = False

    async def start(self, slot: object) -> object:
        raise NotImplementedError

    @asynccontextmanager
    async def fresh_cell(self, _: Cells) -> AsyncIterator[Cell]:
        self.opened += 1
        try:
            await self.may_start.wait()
            yield Cell(self)
        finally:
            self.ended += 1
            if self.ends_badly:
                raise SandboxFault("it cannot be killed")


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    cells = Pretended()
    monkeypatch.setattr("bot.judging.reference_cells.fresh_cell", cells.fresh_cell)
    monkeypatch.setattr("bot.judging.proving.fresh_cell", cells.fresh_cell)
    return cells


def reference_cells(cells: Pretended) -> ReferenceCells:
    return ReferenceCells(cells)  # type: ignore[arg-type]


async def test_a_busy_machine_proves_nothing_and_is_tried_again_first(cells: Pretended) -> None:
    async with reference_cells(cells) as reference:
        with pytest.raises(Starved, match="too busy"):
            await Prover(cells, reference).prove(CODE)  # type: ignore[arg-type]
    assert cells.runs.count(BUSY) == TRIES


async def _draw(cells: Pretended, reference: ReferenceCells, question: Question) -> None:
    pool = Pool(cells, 0)  # type: ignore[arg-type]
    await CellJudge(pool, reference, Prover(cells, reference)).draw_trials(  # type: ignore[arg-type]
        question, [1, 2], with_mistakes=True
    )


async def _prove(cells: Pretended, reference: ReferenceCells, question: Question) -> None:
    await Prover(cells, reference).prove(question)  # type: ignore[arg-type]


@pytest.mark.parametrize("work", [_draw, _prove])
async def test_the_runs_of_a_question_end_with_the_first_that_fails(cells: Pretended, work: object) -> None:
    assert callable(work)
    async with reference_cells(cells) as reference:
        with pytest.raises(Exception, match="too busy"):
            await work(cells, reference, CODE)
        done = len(cells.runs)
        await asyncio.sleep(0.1)
        assert len(cells.runs) == done
        assert cells.runs.count(WRONG) < len(CODE.wrong_answers) - 1
    assert cells.ended == cells.opened == 2


@pytest.mark.parametrize("work", [_draw, _prove])
async def test_closed_cells_run_nothing_and_start_no_others(cells: Pretended, work: object) -> None:
    assert callable(work)
    async with reference_cells(cells) as reference:
        pass
    with pytest.raises(Exception, match="are closed"):
        await work(cells, reference, CODE)
    assert (cells.opened, cells.runs) == (0, [])


async def test_a_run_that_waits_while_the_cells_are_closed_starts_none(cells: Pretended) -> None:
    async with reference_cells(cells) as reference:
        waiting = [asyncio.create_task(reference.run_once(JOB)) for _ in range(8)]
        await asyncio.sleep(0.015)
    assert any(isinstance(error, CellsClosed) for error in await asyncio.gather(*waiting, return_exceptions=True))
    assert cells.ended == cells.opened == 2


async def test_a_cell_that_is_ready_only_after_the_closing_is_ended_at_once(cells: Pretended) -> None:
    cells.may_start.clear()
    async with reference_cells(cells) as reference:
        starting = asyncio.create_task(reference.run_once(JOB))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert cells.opened == 1
    cells.may_start.set()
    with pytest.raises(CellsClosed):
        await starting
    assert (cells.ended, cells.runs) == (1, [])


async def test_a_cell_that_cannot_be_ended_keeps_nobody_from_the_next(cells: Pretended) -> None:
    cells.ends_badly = True
    async with reference_cells(cells) as reference:
        for _ in range(2):
            with pytest.raises(SandboxFault, match="the cell is gone"):
                await reference.run_twice(replace(JOB, source=DEADLY))
            first, second = await reference.run_twice(JOB)
            assert first.trials == second.trials == ({"value": 2.0, "raised": ""},)
        opened = cells.opened
        assert cells.ended == opened - 2
    assert cells.ended == opened
