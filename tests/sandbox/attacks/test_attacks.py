"""Every attack: stopped in both kinds of cell, leaving nothing behind, and not stopped without its defence."""

from __future__ import annotations

import asyncio
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
from tests.sandbox.attacks.catalogue import Attack, attacks
from tests.sandbox.attacks.conftest import note
from tests.sandbox.attacks.left import NEXT_LEARNER, Left, look, same_again
from tests.sandbox.attacks.naive import CHECKERS
from tests.sandbox.attacks.outcomes import LOST, judged, outcome
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
    """A cell that attacks are tried on, alone or behind a judge."""

    def __init__(self, cells: Cells, drawn: Drawn) -> None:
        self.one = OneCell(cells)
        self._drawn = drawn

    def next_learner(self) -> Value:
        """What an honest learner gets and sees; lists and numbers."""
        report = self.one.run(answer(NEXT_LEARNER))
        assert report.failure is None, report
        assert report.trials, report
        return report.trials[0]["result"]

    def outcome(self, attack: Attack) -> str:
        """What comes of it, in the words of an attack's file."""
        try:
            if not attack.judged:
                return outcome(self.one.run(_job(attack)))
            missing = attack.without if isinstance(self.one.cells, WeakCells) else ()
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
        async with Pool(cells, 1) as pool, ReferenceCells(cells) as reference:
            return await CellJudge(pool, reference, Prover(cells, reference)).draw_trials(question, range(7))

    return question, asyncio.run(draw())


@pytest.fixture(scope="module")
def tried(cells: Cells, drawn: Drawn) -> Iterator[Tried]:
    """One for each kind of cell."""
    tried = Tried(cells, drawn)
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
    kind = tried.one.cells.kind
    if kind == "local" and attack.local:
        note(request.config, attack, f"local cells cannot stop it: {attack.local}")
        pytest.skip(f"a local cell cannot stop it: {attack.local}")
    came_to = tried.outcome(attack)
    assert came_to in attack.holds
    to_the_next, from_outside = fresh
    assert tried.next_learner() == to_the_next
    assert same_again(from_outside, lambda: look(tried.one)) == from_outside
    note(request.config, attack, f"{kind}: {came_to}")


def _patched(attack: Attack) -> tuple[str, ...]:
    """What the weakened cell that an attack needs is without."""
    return tuple(name for name in attack.without if name not in OF_THE_JUDGE)


WEAKENED = sorted(ALL, key=_patched)
"""One weakened cell after the other: starting one takes seconds."""


@pytest.fixture(scope="module")
def weakened() -> Iterator[dict[tuple[str, ...], Tried]]:
    """The weakened cell in use, if any."""
    used: dict[tuple[str, ...], Tried] = {}
    yield used
    for tried in used.values():
        tried.close()


@pytest.mark.parametrize("attack", WEAKENED, ids=[attack.name for attack in WEAKENED])
def test_would_succeed_without_its_defence(
    attack: Attack,
    docker_cells: DockerCells,
    drawn: Drawn,
    weakened: dict[tuple[str, ...], Tried],
    request: pytest.FixtureRequest,
) -> None:
    names = _patched(attack)
    if names not in weakened:
        for tried in weakened.values():
            tried.close()
        weakened.clear()
        weakened[names] = Tried(WeakCells(docker_cells, names), drawn)
    assert weakened[names].outcome(attack) == attack.falls
    note(request.config, attack, f"without: {attack.falls}")
