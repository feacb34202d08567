"""The queue for judges elsewhere, as the use cases and the judges see it. It is in the database, and only PostgreSQL
has one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import Enum, IntEnum
from typing import Protocol

from bot.core.records import QuestionVersion


class Lane(Enum):
    """What waits for one another: learners' code, or what is asked about questions, which takes far longer."""

    ANSWERS = "answers"
    QUESTIONS = "questions"


class Urgency(IntEnum):
    """Of what waits in a lane, the greater goes first."""

    LATER = -10
    LIVE = 0


JUDGE, ANSWER = "judge", "answer"
"""The tasks: to judge a stored answer, and to answer a request; each is given the number of its row."""


class Jobs(Protocol):
    """The queue within a transaction: what is put into it is there when, and only when, that is committed."""

    async def judge(self, submission_id: int) -> None:
        """Have a stored answer judged, unless it waits for that already."""

    async def ahead(self) -> int:
        """How many answers wait in the queue; counted to :data:`bot.store.jobs.COUNTED` at most."""

    async def has_judge(self) -> bool:
        """Whether any judge gave a sign of life lately."""

    async def ask(self, asked: bytes, lane: Lane, urgency: Urgency, at: datetime) -> int:
        """Have judges answer a request; its number."""

    async def asked(self, number: int) -> bytes | None:
        """A request that is still to be answered."""

    async def answer(self, number: int, answer: bytes) -> None:
        """Answer a request, if anybody still waits for that."""

    async def answered(self, number: int) -> bytes | None:
        """The answer to a request, once there is one. Raises LookupError where the request itself is gone."""

    async def drop(self, number: int) -> None:
        """Nobody waits for the answer to a request any more."""

    async def prove_with(self, torch: str) -> None:
        """From now on questions are proven with this version of torch."""

    async def proven_with(self) -> str | None:
        """The version that questions are proven with; ``None`` before any bot said so."""

    async def left_over(self, before: datetime) -> Sequence[QuestionVersion]:
        """Those with answers stored before that time that have no verdict and that no job will judge."""

    async def left_to(
        self, versions: Collection[int], before: datetime, count: int, after: int = 0
    ) -> Sequence[tuple[int, int]]:
        """Up to ``count`` such answers to these versions, each with its version's id, the oldest first.

        Those whose ids are not greater than ``after`` come last.
        """

    async def sweep(self, before: datetime) -> None:
        """Drop requests from before that time: who asked is gone."""


class Hearing(Protocol):
    """Tells what other processes of the deployment say, without which one would have to look again and again."""

    async def until_answered(self, number: int, seconds: float) -> None:
        """Wait until a request may have been answered, at most so long."""
