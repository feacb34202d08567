"""What the database says about a deployment that is under way, while it can be asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

import psycopg

from tests.queued.waiting import LOOK_SECONDS, until

TOLD_SECONDS = 240.0
_UNTOLD = """
    SELECT learner.external_id FROM submission JOIN learner ON learner.id = submission.learner_id
    WHERE submission.state = 'stored' OR EXISTS (
        SELECT 1 FROM outbox WHERE outbox.slot = 'verdict:' || submission.id AND NOT outbox.kept
    )
"""

_STATE = """
    SELECT submission.id, submission.state, submission.received_at, message, outbox, procrastinate_jobs
    FROM submission JOIN learner ON learner.id = submission.learner_id AND learner.external_id = '{learner}'
    LEFT JOIN message ON message.slot = 'verdict:' || submission.id
    LEFT JOIN outbox ON outbox.slot = 'verdict:' || submission.id
    LEFT JOIN procrastinate_jobs ON procrastinate_jobs.args ->> 'number' = submission.id::text ORDER BY 1
"""


class Watch:
    """Looks again and again; use as an asynchronous context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._looks = 0
        self._untold: frozenset[str] = frozenset()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._task = asyncio.create_task(self._look_forever())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look_forever(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error):  # it is being killed, too
                self._untold = frozenset(row[0] for row in await self.rows(_UNTOLD))
                self._looks += 1
            await asyncio.sleep(LOOK_SECONDS)

    async def until_told(self, external_id: str) -> None:
        """Wait until nothing is to be told to a learner any more."""
        seen = self._looks + 1  # the look that is under way may have begun too soon

        async def told() -> bool:
            return self._looks > seen and external_id not in self._untold

        await until(told, TOLD_SECONDS)

    async def state_of(self, external_id: str) -> list[tuple[Any, ...]]:
        """Everything about the answers of a learner that decides what they are told."""
        return await self.rows(_STATE.format(learner=external_id))

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds. Raises psycopg's errors."""
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            return await (await connection.execute(query)).fetchall()

    async def until_none(self, query: str, seconds: float = 60.0) -> None:
        """Wait until a query finds nothing."""
        await until(lambda: self._finds(query, False), seconds)

    async def until_rows(self, query: str, seconds: float = 60.0) -> None:
        """Wait until a query finds something."""
        await until(lambda: self._finds(query, True), seconds)

    async def _finds(self, query: str, wanted: bool) -> bool:
        return bool(await self.rows(query)) is wanted

    async def check_ledger(self, answers: int, postings: int) -> None:
        """Every answer was judged once and earned once what it earned, and every posting is there once."""
        stored = await self.rows("SELECT posting_id, learner_id, state, verdict FROM submission")
        assert len(stored) == answers
        assert {state for _, _, state, _ in stored} == {"judged"}
        channels = await self.rows("SELECT schedule_id, count(*) FROM posting GROUP BY 1")
        assert sorted(count for _, count in channels) == [1] * postings
        solved = Counter(
            (posting, learner) for posting, learner, _, verdict in stored if '"outcome": "accepted"' in str(verdict)
        )
        awards = await self.rows("SELECT posting_id, learner_id, points FROM award")
        assert Counter((posting, learner) for posting, learner, _ in awards) == Counter(dict.fromkeys(solved, 1))
        points: Counter[int] = Counter()
        for _, learner, earned in awards:
            points[learner] += earned
        standing = await self.rows("SELECT learner_id, points FROM standing WHERE \"window\" = 'all'")
        assert {learner: earned for learner, earned in standing if earned} == {
            learner: earned for learner, earned in points.items() if earned
        }
