"""``python -m bench.queue_judge URL``: a judge as ``chainrule judge`` is one, whose single cell is 20 ms of sleep.

It prints ``ready``, and now and then for every answer its number and when its verdict was committed, on the clock that
all processes of this machine share.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.proving.proof import Proof
from bot.core.questions import Question, Trial
from bot.core.verdicts import Outcome, Verdict
from bot.judging.duty import Duty
from bot.judging.queued import answer_request
from bot.queueing import ANSWER, JUDGE
from bot.sealing import SecretSeal
from bot.store import open_store
from bot.store.notifying import Notifications
from bot.store.working import Workers
from bot.usecases.background import SharedBell
from bot.usecases.banks import Banks
from bot.usecases.judging import judge_queued
from bot.usecases.parts import Parts
from bot.wiring import seeds
from sandbox.protocol import Report
from sandbox.values import TensorValue

CELL_S = 0.020
REPORT_S = 0.2
TORCH = "simulated"
SECRET = b"of the bench"
RIGHT = "right"
_TENSOR = TensorValue("float32", (3, 4), bytes(48))


class SimulatedCell:
    """A :class:`bot.ports.Judge` with one cell, in which every answer takes as long."""

    def __init__(self) -> None:
        self._cell = asyncio.Lock()

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """By what the answer says it is."""
        async with self._cell:
            await asyncio.sleep(CELL_S)
        if code == RIGHT:
            return Verdict(Outcome.ACCEPTED, "Right.", len(scoring), len(scoring), ms=1000 * CELL_S)
        return Verdict(Outcome.WRONG_ANSWER, "Wrong.", 0, len(scoring), ms=1000 * CELL_S)

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """Trials of a usual size."""
        return tuple(Trial({"x": _TENSOR}, {"result": _TENSOR}, {"result": 0.0}) for _ in seeds)

    async def torch_version(self) -> str:
        """None."""
        return TORCH

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """Nobody asks."""
        raise NotImplementedError

    async def prove(self, question: Question) -> Proof:
        """Nobody asks."""
        raise NotImplementedError


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


async def main(url: str) -> None:
    store = await open_store(url, migrate=False)
    notifications, judge, seed = Notifications(url), SimulatedCell(), seeds(SECRET)
    parts = Parts(
        store,
        judge,
        now,
        Banks(store, judge, now, seed),
        seed,
        SecretSeal(SECRET),
        bell=SharedBell(notifications.tell_of_outbox),
    )

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def ready(is_ready: bool) -> None:
        if is_ready:
            print("ready", flush=True)

    done: list[str] = []

    async def judged(number: int) -> None:
        await judge_queued(parts, number)
        done.append(f"{number} {time.monotonic()}\n")

    async def report() -> None:
        while True:  # whoever listens is not woken for each, as that would take time of its own
            await asyncio.sleep(REPORT_S)
            sys.stdout.write("".join(done))
            sys.stdout.flush()
            done.clear()

    async def torch() -> str:
        return TORCH

    duty = Duty(judge, 1, torch, tell, ready)
    perform = {
        JUDGE: duty.guarded(judged),
        ANSWER: duty.guarded(lambda number: answer_request(store, judge, number, notifications.tell_answered)),
    }
    async with Workers(url, perform) as workers, asyncio.TaskGroup() as group:
        group.create_task(report())
        group.create_task(notifications.keep())
        group.create_task(workers.sweep_forever())
        group.create_task(duty.serve(workers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
