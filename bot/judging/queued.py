"""The judges elsewhere, asked through the queue: whoever is free answers.

What is stored they judge by themselves; see :func:`bot.usecases.judging.judge_queued`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.core.proving.proof import Proof
from bot.core.questions import Question, Trial
from bot.core.verdicts import Verdict
from bot.judging import wire
from bot.judging.serving import outcome
from bot.ports import Clock, Judge, JudgeUnavailable
from bot.queueing import Hearing, Lane, Urgency
from bot.repositories import Store
from sandbox.protocol import Report
from sandbox.values import FrameError

LOOK_SECONDS = 1.0
"""How often whoever waits for an answer looks for it, if no judge is heard to have answered."""
_LOG = "the log of `chainrule judge`"
NOBODY = "no judge is at work now"
TOO_LATE = "no judge came to it in time"


class QueuedJudge:
    """A :class:`bot.ports.Judge` that asks whichever judges take jobs of the same database.

    Raises :class:`JudgeUnavailable` where there are none, and :class:`bot.ports.StoreUnavailable`.
    """

    def __init__(self, store: Store, hearing: Hearing, clock: Clock) -> None:
        self._store = store
        self._hearing = hearing
        self._clock = clock
        self._packer = wire.Packer()

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        """See :class:`bot.ports.Judge`; what is asked like this is no learner's who waits, so those go first."""
        asked = wire.judging(question, code, scoring, self._packer.pack(public))
        return (await self._ask(asked, Lane.ANSWERS, Urgency.LATER)).verdict()

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        """See :class:`bot.ports.Judge`."""
        asked = wire.running_example(question, code, example)
        return (await self._ask(asked, Lane.ANSWERS, Urgency.LIVE)).report()

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        """See :class:`bot.ports.Judge`."""
        asked = wire.drawing(question, seeds, with_mistakes=with_mistakes)
        return (await self._ask(asked, Lane.QUESTIONS, Urgency.LATER)).trials("trials")

    async def prove(self, question: Question) -> Proof:
        """See :class:`bot.ports.Judge`."""
        return (await self._ask(wire.proving(question), Lane.QUESTIONS, Urgency.LIVE)).proof()

    async def torch_version(self) -> str:
        """See :class:`bot.ports.Judge`."""
        return (await self._ask(wire.asking_version(), Lane.QUESTIONS, Urgency.LIVE)).text("torch_version")

    async def _ask(self, asked: wire.Message, lane: Lane, urgency: Urgency) -> wire.Fields:
        body = wire.written(asked)
        async with self._store.begin() as work:
            if not await work.jobs.has_judge():
                raise JudgeUnavailable(NOBODY)
            number = await work.jobs.ask(body, lane, urgency, self._clock())
        try:
            fields = wire.read(await self._answer(number))
        finally:
            await asyncio.shield(self._drop(number))
        wire.raise_error(fields)
        return fields

    async def _answer(self, number: int) -> bytes:
        while True:
            await self._hearing.until_answered(number, LOOK_SECONDS)
            async with self._store.read() as work:
                try:
                    answer = await work.jobs.answered(number)
                except LookupError as gone:  # swept: it has waited for too long
                    raise JudgeUnavailable(TOO_LATE) from gone
                if answer is None and not await work.jobs.has_judge():
                    raise JudgeUnavailable(NOBODY)
            if answer is not None:
                return answer

    async def _drop(self, number: int) -> None:
        async with self._store.begin() as work:
            await work.jobs.drop(number)


async def answer_request(store: Store, judge: Judge, number: int, tell: Callable[[int], None]) -> None:
    """Answer a request of :class:`QueuedJudge`, unless it was answered or nobody waits any more, and ``tell`` of it.

    Raises :class:`JudgeUnavailable`, once that is the answer, and :class:`bot.ports.StoreUnavailable`.
    """
    async with store.read() as work:
        asked = await work.jobs.asked(number)
    if asked is None:
        return
    try:
        fields = wire.read(asked)
    except FrameError as error:  # by a bot of another version; to try again would be no use
        answer: wire.Message = {"unavailable": f"the judge could not read what was asked ({error})"}
    else:
        answer = await outcome(judge, fields, _LOG)
    async with store.begin() as work:
        await work.jobs.answer(number, wire.written(answer))
    tell(number)
    if "unavailable" in answer:
        raise JudgeUnavailable(str(answer["unavailable"]))
