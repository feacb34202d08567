"""Nothing of one learner's, and nothing of an author's, is ever in a process that a later learner's code runs in.

Root looks for it from outside, in all of each process's memory: what is looked for is never in the cell at all. Every
text planted is 60 kB of random digits in lines that begin with a mark of its own, so that any line left is a find.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.authoring.loading import load_folder
from bot.core.questions import CodeTask
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.settings import load
from sandbox.cell_client import CellClient
from sandbox.pool import Cells, Pool, fresh_cell
from sandbox.protocol import MAX_OUTPUT, Ending, Job, Limits, Program
from sandbox.slots import Slot
from sandbox.values import TensorValue, Value
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer
from tests.sandbox.leased import AS_ROOT, LeasedCells, children, processes

pytestmark = AS_ROOT

LINES, LINE = 940, 64
CHUNK = 1 << 24
NEXT_CHILDREN = 3


RUN = secrets.token_hex(4)
"""What all marks of this run begin with, so that memory without any is gone through once."""


def new_mark() -> str:
    return RUN + secrets.token_hex(6)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the lines of each planted text begin with."""

    source: str = field(default_factory=new_mark)
    inputs: str = field(default_factory=new_mark)
    printed: str = field(default_factory=new_mark)
    result: str = field(default_factory=new_mark)

    def needles(self) -> dict[str, bytes]:
        return {name: getattr(self, name).encode() for name in ("source", "inputs", "printed", "result")}


def text(mark: str) -> str:
    """60 kB that no compression makes smaller, in lines beginning with ``mark``."""
    return "".join(mark + secrets.token_hex((LINE - len(mark)) // 2) for _ in range(LINES))


PLANTED = """
import os, time, torch

SOURCE = "{source}"

def text(reversed):
    return "".join(reversed[::-1] + os.urandom(24).hex() for _ in range(940))

RESULT, PRINTED = text("{result}"), text("{printed}")

def f(x, ending):
    print(PRINTED, flush=True)
    if ending == "crashes":
        os.abort()
    if ending == "prints too much":
        print("x" * 100_000, flush=True)
    if ending == "writes a frame by hand":
        os.write(4, RESULT.encode())
        time.sleep(600)
    while ending == "lingers":
        time.sleep(600)
    return torch.frombuffer(bytearray(RESULT, "ascii"), dtype=torch.uint8)
"""


def planted(marks: Marks, ending: str = "returns") -> Job:
    """A submission of 60 kB with 60 kB of inputs, that prints 60 kB and returns as much."""
    # What it makes itself is told to it backwards, or it would be found in its source.
    source = PLANTED.format(source=text(marks.source), printed=marks.printed[::-1], result=marks.result[::-1])
    given = TensorValue("uint8", (LINES * LINE,), text(marks.inputs).encode())
    return Job(Program.ANSWER, source, "f", trials=({"x": given, "ending": ending},), limits=Limits(wall_ms=60_000))


def found(pid: int, needles: Mapping[str, bytes]) -> dict[str, int]:
    """How often each needle is in the memory of a process; only those that are."""
    counts = dict.fromkeys(needles, 0)
    shared = RUN.encode() if all(needle.startswith(RUN.encode()) for needle in needles.values()) else b""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        for part in _memory(pid, max(map(len, needles.values())) - 1):
            for name, needle in needles.items() if shared in part else ():
                counts[name] += part.count(needle)
    return {name: count for name, count in counts.items() if count}


def _memory(pid: int, overlap: int) -> Iterator[bytes]:
    """All a process can read and is not just a file that nobody can write to."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, allowed, _, _, inode, *name = line.split(maxsplit=5)
            if allowed[0] != "r" or (allowed[1] != "w" and inode != "0") or (name and name[0].startswith("[v")):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            for at in range(start, end, CHUNK):
                try:
                    memory.seek(at)
                    yield memory.read(min(CHUNK + overlap, end - at))
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    break  # given back meanwhile, by a process that runs


async def everywhere(slot: Slot, needles: Mapping[str, bytes]) -> dict[str, int]:
    """How often each needle is in any process of a cell."""
    total: dict[str, int] = {}
    for pid in processes(slot):
        for name, count in (await asyncio.to_thread(found, pid, needles)).items():
            total[name] = total.get(name, 0) + count
    return total


async def until_found(slot: Slot, needles: Mapping[str, bytes], running: asyncio.Future[object]) -> dict[str, int]:
    """What a cell's child holds, once it holds some of all; or what it held when it ended."""
    while True:
        ended = running.done()
        counts: dict[str, int] = {}
        for pid in children(slot):
            counts |= await asyncio.to_thread(found, pid, needles)
        if ended or counts.keys() == needles.keys():
            return counts
        await asyncio.sleep(0.01)


NEXT = """
import time

MINE = "{reversed}"[::-1]

def f(x):
    time.sleep(600)
"""


@asynccontextmanager
async def running(client: CellClient, job: Job) -> AsyncIterator[asyncio.Future[object]]:
    """A run that is ended with the block."""
    task = asyncio.ensure_future(client.run(job))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await client.settled()


async def next_learner(client: CellClient, slot: Slot, needles: Mapping[str, bytes]) -> dict[str, int]:
    """What a cell holds while the next learner's code runs there; its own mark is looked for too."""
    mark = new_mark()
    own = {"own": mark.encode()}
    async with running(client, answer(NEXT.format(reversed=mark[::-1]), wall_ms=60_000)) as run:
        await until_found(slot, own, run)
        return await everywhere(slot, {**needles, **own})


@pytest.fixture(scope="module")
def one(cells: Cells) -> Iterator[OneCell]:
    """A cell of each kind, whose processes can be found."""
    one = OneCell(LeasedCells(cells))
    yield one
    one.close()


def slot_of(one: OneCell) -> Slot:
    assert isinstance(one.cells, LeasedCells)
    return one.cells.slots[-1]


def test_all_that_is_planted_is_found_in_the_child_that_it_is_planted_in(one: OneCell) -> None:
    one.run(answer("def f(x): return x"))
    marks = Marks()

    async def held() -> dict[str, int]:
        assert one.client is not None
        async with running(one.client, planted(marks, "lingers")) as run:
            return await until_found(slot_of(one), marks.needles(), run)

    held_by_it = one.runner.run(held())
    assert held_by_it.keys() == marks.needles().keys()
    assert min(held_by_it.values()) >= LINES


ENDINGS = {
    "returns": Ending.COMPLETED,
    "crashes": Ending.CRASHED,
    "prints too much": Ending.OUTPUT_LIMIT,
    "writes a frame by hand": Ending.CRASHED,
}


@pytest.mark.parametrize(("ending", "reported"), ENDINGS.items(), ids=ENDINGS)
def test_no_fragment_of_it_is_in_any_process_of_the_cell_once_it_ended_nor_in_the_next_children(
    one: OneCell, ending: str, reported: Ending
) -> None:
    marks = Marks()
    report = one.run(planted(marks, ending))
    assert report.ending is reported, report
    assert marks.printed in report.output
    client = one.client
    assert client is not None
    one.runner.run(client.ping())  # it answers once the next children are parked
    assert len(children(slot_of(one))) == 2
    for _ in range(NEXT_CHILDREN):
        held = one.runner.run(next_learner(client, slot_of(one), marks.needles()))
        assert held.pop("own") > 0
        assert held == {}


def test_no_fragment_of_a_run_that_was_called_off_is_in_any_process_of_the_cell(one: OneCell) -> None:
    one.run(answer("def f(x): return x"))
    marks = Marks()

    async def call_off() -> dict[str, int]:
        assert one.client is not None
        async with running(one.client, planted(marks, "lingers")) as run:
            await until_found(slot_of(one), marks.needles(), run)
        return await everywhere(slot_of(one), marks.needles())

    assert one.runner.run(call_off()) == {}


DRAW = """
import torch

def inputs(generator):
    return {{"x": torch.tensor(list("{inputs}".encode()), dtype=torch.uint8), "ending": "{ending}"}}
"""


def reference_run(marks: Marks, ending: str) -> Job:
    """An author's run of 60 kB of solution that has 60 kB as its result."""
    draw = DRAW.format(inputs=text(marks.inputs), ending=ending)
    limits = Limits(wall_ms=60_000, output_bytes=2 * MAX_OUTPUT)  # it runs twice, the second time in double precision
    return replace(planted(marks), kind=Program.REFERENCE, trials=(), inputs=draw, seeds=(1,), limits=limits)


async def test_no_fragment_of_a_reference_run_is_ever_in_a_cell_that_learners_use(cells: Cells) -> None:
    marks = Marks()
    apart, learners = LeasedCells(cells), LeasedCells(cells)
    async with fresh_cell(learners) as client, ReferenceCells(apart) as reference:
        lingering = asyncio.ensure_future(reference.run_twice(reference_run(marks, "lingers")))
        for slot in await apart.started(2):
            assert (await until_found(slot, marks.needles(), lingering)).keys() == marks.needles().keys()
        held = await next_learner(client, learners.slots[-1], marks.needles())
        assert held.pop("own") > 0
        assert held == {}
        lingering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await lingering
        first, second = await reference.run_twice(reference_run(marks, "returns"))
        # Random digits follow each mark, so the two do not agree; but the marks are there.
        for report in (first, second):
            assert report.failure is None
            assert marks.result.encode() in report.trials[0]["observed"]["result"].data  # type: ignore[call-overload, index, union-attr]
        for _ in range(NEXT_CHILDREN):
            held = await next_learner(client, learners.slots[-1], marks.needles())
            assert held.pop("own") > 0
            assert held == {}
    assert not {slot.number for slot in apart.slots} & {slot.number for slot in learners.slots}
    assert not any(processes(slot) for slot in (*apart.slots, *learners.slots))


QUESTION = "square-gradient-code"
WAITS = """
import time

def gradient(x):
    time.sleep(600)
"""


async def test_neither_solution_nor_expected_values_are_in_a_process_while_an_answer_is_judged(cells: Cells) -> None:
    question = next(found for found, _ in load_folder(load().questions_dir).questions if found.id == QUESTION)
    assert isinstance(question.task, CodeTask)
    learners = LeasedCells(cells)
    async with Pool(learners, 1) as pool, ReferenceCells(cells) as reference:
        judge = CellJudge(pool, reference, Prover(cells, reference))
        (trial,) = await judge.draw_trials(question, [1])
        given, expected = {"inputs": _data(trial.inputs)}, _data(trial.expected)
        kept = {"solution": question.task.solution.encode(), "expected values": expected}
        assert expected != given["inputs"]
        judging = asyncio.ensure_future(judge.judge(question, WAITS, [trial], ()))
        (slot,) = await learners.started(1)
        assert (await until_found(slot, given, judging)).keys() == given.keys()
        assert await everywhere(slot, kept) == {}
        judging.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await judging


def _data(values: Mapping[str, Value]) -> bytes:
    """The elements of the one tensor among ``values``."""
    (tensor,) = (value for value in values.values() if isinstance(value, TensorValue))
    assert len(tensor.data) >= 16
    return tensor.data
