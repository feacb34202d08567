"""Every attack: stopped in both kinds of cell, leaving nothing behind, and not stopped without its defence."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.authoring.loading import load_folder
from bot.core.questions import Question, Trial
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.settings import load
from sandbox.docker_cell import DockerCells
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, Pool
from sandbox.protocol import Job, Limits, Program, Report, SandboxFault
from sandbox.values import TensorValue, Value
from tests.sandbox.attacks.ahead import Ahead
from tests.sandbox.attacks.catalogue import Attack, attacks
from tests.sandbox.attacks.left import NEXT_LEARNER, Left, look, same_again
from tests.sandbox.attacks.naive import CHECKERS
from tests.sandbox.attacks.outcomes import LOST, judged, outcome
from tests.sandbox.attacks.summary import note
from tests.sandbox.attacks.weakening import EVERY, HIDDEN, OF_THE_JUDGE, OUTSIDE, WEAKENINGS, WeakCells
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer, floats

Drawn: TypeAlias = tuple[Question, Sequence[Trial]]
ALL = attacks()
QUESTION = "square-gradient-code"
PRINTED = "PRINTED = {}"
"""Where an attack's source gets a table of the trials that are shown: from the bytes of an input to the right ones."""


def test_there_are_enough_and_no_two_are_the_same() -> None:
    assert len(ALL) >= 200
    assert len({attack.source.split("\n\n", 1)[-1] for attack in ALL}) == len(ALL)
    assert len({attack.title for attack in ALL}) == len(ALL)


@pytest.mark.parametrize("attack", ALL, ids=[attack.name for attack in ALL])
def test_every_defence_can_be_switched_off_and_its_absence_is_seen(attack: Attack) -> None:
    assert attack.without
    assert set(attack.without) <= {*WEAKENINGS, *OF_THE_JUDGE}
    assert attack.checker in CHECKERS
    assert attack.falls not in attack.holds


class Tried:
    """A warm cell that attacks are tried on, alone or behind a judge."""

    def __init__(self, cells: Cells, ahead: Ahead, drawn: Drawn) -> None:
        self.cells = cells
        self.one = ahead.take(cells)
        self._ahead = ahead
        self._drawn = drawn

    def replace_worn(self) -> None:
        """Have another in its place, if it is worn or lost."""
        if self.one.client is None:
            self.one.close()
            self.one = self._ahead.take(self.cells)

    def next_learner(self) -> Value:
        """What an honest learner gets and sees, with all children parked; lists and numbers."""
        assert self.one.client is not None
        self.one.runner.run(self.one.client.ping())
        report = self.one.run(answer(NEXT_LEARNER))
        assert report.failure is None, report
        assert report.trials, report
        return report.trials[0]["result"]

    def outcome(self, attack: Attack) -> str:
        """What comes of it, in the words of an attack's file."""
        self.replace_worn()
        try:
            if not attack.judged:
                return outcome(self.one.run(_job(attack)))
            missing = attack.without if isinstance(self.cells, WeakCells) else ()
            if OUTSIDE in missing:
                checker = CHECKERS[attack.checker]
                return checker.outcome(self.one.run(_job(attack, checker.applied(attack.source))))
            return self._verdict(attack, missing)
        except SandboxFault:
            return LOST

    def _verdict(self, attack: Attack, missing: Collection[str]) -> str:
        question, trials = self._drawn
        scoring, public = trials[:4], trials[4:]
        source = attack.source.replace(PRINTED, f"PRINTED = {_printed(public)!r}")
        if HIDDEN in missing:
            scoring = public
        if EVERY in missing:
            scoring = scoring[:1]
        return judged(self.one.runner.run(_judge(self.one).judge(question, source, scoring, public)))

    def close(self) -> None:
        self.one.close()


class _Lent:
    """One cell in the place of a pool."""

    def __init__(self, one: OneCell) -> None:
        self._one = one

    async def run(self, job: Job) -> Report:
        return await self._one.lend(job)


def _job(attack: Attack, source: str = "") -> Job:
    trials = ({"x": floats(2.0, 3.0)},) * attack.trials
    entry = "gradient" if attack.judged else "f"
    return Job(Program.ANSWER, source or attack.source, entry, trials=trials, limits=Limits(wall_ms=attack.wall_ms))


def _printed(trials: Sequence[Trial]) -> Mapping[bytes, bytes]:
    """From the bytes of each trial's input to those of the right result."""
    pairs = ((trial.inputs["x"], trial.expected["result"]) for trial in trials)
    return {x.data: right.data for x, right in pairs if isinstance(x, TensorValue) and isinstance(right, TensorValue)}


def _judge(one: OneCell) -> CellJudge:
    reference = ReferenceCells(one.cells)  # starts none before it is used
    return CellJudge(_Lent(one), reference, Prover(one.cells, reference))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def drawn(sandbox_python: Path) -> Drawn:
    """The question that answers are judged by, with four trials that score and three that may be shown."""
    loaded = load_folder(load().questions_dir)
    question = next(question for question, _ in loaded.questions if question.id == QUESTION)
    cells = LocalCells(sandbox_python)

    async def draw() -> Sequence[Trial]:
        async with Pool(cells, 0) as pool, ReferenceCells(cells) as reference:
            return await CellJudge(pool, reference, Prover(cells, reference)).draw_trials(question, range(7))

    return question, asyncio.run(draw())


@pytest.fixture(scope="module")
def tried(cells: Cells, drawn: Drawn) -> Iterator[Tried]:
    """One for each kind of cell."""
    # A container that starts gives way to one that runs; a local cell cannot, and would be felt by attacks on time.
    with Ahead(itertools.repeat(cells), 2 if cells.kind == "docker" else 1) as ahead:
        tried = Tried(cells, ahead, drawn)
        yield tried
        tried.close()


@pytest.fixture(scope="module")
def fresh(tried: Tried) -> tuple[Value, Left]:
    """What a fresh cell looks like, to the next learner and from the host."""
    return tried.next_learner(), look(tried.one)


@pytest.mark.parametrize("attack", ALL, ids=[attack.name for attack in ALL])
def test_is_stopped_and_leaves_nothing_behind(
    attack: Attack, tried: Tried, fresh: tuple[Value, Left], request: pytest.FixtureRequest
) -> None:
    kind = tried.cells.kind
    if kind == "local" and attack.local:
        note(request.node, attack, f"local cells cannot stop it: {attack.local}")
        pytest.skip(f"a local cell cannot stop it: {attack.local}")
    came_to = tried.outcome(attack)
    assert came_to in attack.holds
    to_the_next, from_outside = fresh
    tried.replace_worn()
    assert same_again(from_outside, lambda: look(tried.one)) == from_outside
    assert tried.next_learner() == to_the_next
    note(request.node, attack, f"{kind}: {came_to}")


def _patched(attack: Attack) -> tuple[str, ...]:
    """What the weakened cell that an attack needs is without."""
    return tuple(name for name in attack.without if name not in OF_THE_JUDGE)


WEAKENED = sorted(ALL, key=lambda attack: (_patched(attack), attack.falls == LOST))
"""One weakened cell after the other: starting one takes seconds. What ends a cell comes last."""


class Weakened:
    """The weakened cell in use, and those that start for the attacks to come."""

    def __init__(self, cells: DockerCells, drawn: Drawn, coming: Sequence[Attack]) -> None:
        self._drawn = drawn
        self._cells = {_patched(attack): WeakCells(cells, _patched(attack)) for attack in coming}
        self._ahead = Ahead(self._plan(coming), 2)
        self._tried: Tried | None = None

    def _plan(self, coming: Sequence[Attack]) -> Iterator[Cells]:
        for names, group in itertools.groupby(coming, _patched):
            yield from [self._cells[names]] * max(1, sum(attack.falls == LOST for attack in group))

    def __enter__(self) -> Weakened:
        self._ahead.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._leave()
        self._ahead.__exit__(*raised)

    def without(self, names: tuple[str, ...]) -> Tried:
        """A cell without these defences."""
        if self._tried is None or self._tried.cells is not self._cells[names]:
            self._leave()
            self._tried = Tried(self._cells[names], self._ahead, self._drawn)
        return self._tried

    def _leave(self) -> None:
        if self._tried is not None:
            self._tried.close()
            self._tried = None


@pytest.fixture(scope="module")
def weakened(docker_cells: DockerCells, drawn: Drawn, request: pytest.FixtureRequest) -> Iterator[Weakened]:
    """Cells for those attacks that were chosen to run."""
    tests = (item for item in request.session.items if isinstance(item, pytest.Function))
    chosen = (test for test in tests if test.function is test_would_succeed_without_its_defence)
    coming = [test.callspec.params["attack"] for test in chosen]
    with Weakened(docker_cells, drawn, coming) as weakened:
        yield weakened


@pytest.mark.parametrize("attack", WEAKENED, ids=[attack.name for attack in WEAKENED])
def test_would_succeed_without_its_defence(
    attack: Attack,
    weakened: Weakened,
    request: pytest.FixtureRequest,
) -> None:
    assert weakened.without(_patched(attack)).outcome(attack) == attack.falls
    note(request.node, attack, f"without: {attack.falls}")
