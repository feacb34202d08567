"""Every attack: stopped in both kinds of cell, leaving nothing behind, and not stopped without its defence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
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
from sandbox.values import Value
from tests.sandbox.attacks.catalogue import Attack, attacks
from tests.sandbox.attacks.conftest import note
from tests.sandbox.attacks.left import NEXT_LEARNER, Left, look, same_again
from tests.sandbox.attacks.outcomes import LOST, judged, outcome
from tests.sandbox.attacks.weakening import OUTSIDE, WEAKENINGS, WeakCells, naive
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer, floats

Drawn: TypeAlias = tuple[Question, Sequence[Trial]]
ALL = attacks()
QUESTION = "square-gradient-code"
NAIVE_CHECK = """
import torch as _torch
_x = _torch.tensor([[2.0, -3.0, 0.5]])
assert _torch.allclose(gradient(_x), _torch.tensor([[4.0, -6.0, 1.0]])), "wrong"
print("PASS")
"""


def test_no_two_are_the_same() -> None:
    assert len({attack.source.split("\n\n", 1)[-1] for attack in ALL}) == len(ALL)
    assert len({attack.title for attack in ALL}) == len(ALL)


@pytest.mark.parametrize("attack", ALL, ids=[attack.name for attack in ALL])
def test_every_defence_can_be_switched_off_and_its_absence_is_seen(attack: Attack) -> None:
    assert attack.without
    assert set(attack.without) <= {*WEAKENINGS, OUTSIDE}
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
            if OUTSIDE in attack.without and isinstance(self.one.cells, WeakCells):
                report = self.one.run(_job(attack, naive(attack.source, NAIVE_CHECK)))
                return f"verdict {'accepted' if 'PASS' in report.output else 'wrong answer'}"
            question, trials = self._drawn
            judge = _judge(self.one)
            return judged(self.one.runner.run(judge.judge(question, attack.source, trials[:4], trials[4:])))
        except SandboxFault:
            return LOST

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


WEAKENED = sorted(ALL, key=lambda attack: attack.without)
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
    if attack.without not in weakened:
        for tried in weakened.values():
            tried.close()
        weakened.clear()
        names = [name for name in attack.without if name != OUTSIDE]
        weakened[attack.without] = Tried(WeakCells(docker_cells, names), drawn)
    assert weakened[attack.without].outcome(attack) == attack.falls
    note(request.config, attack, f"without: {attack.falls}")
