"""Jobs that no judge can do: tried a few times, then left alone, and the log says which."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.ports import RuleBroken, StoreUnavailable
from bot.queueing import JUDGE, Lane
from bot.store import SqlStore
from bot.store.working import FEW_TRIES, MOST_TRIES, Workers
from sandbox.values import FrameError
from tests.store.queueing.conftest import until
from tests.store.scene import change, rows


class Poisoned:
    """A worker whose every task raises ``fault``."""

    def __init__(self, url: str, fault: Exception) -> None:
        self.tries = 0
        self._fault = fault
        self.workers = Workers(url, {JUDGE: self._perform}, drain_s=1.0)

    async def _perform(self, number: int) -> None:
        self.tries += 1
        raise self._fault


async def _given_up(url: str, poisoned: Poisoned) -> list[MutableMapping[str, Any]]:
    async def none_left() -> bool:
        return not await rows(url, "SELECT id FROM procrastinate_jobs")

    with capture_logs() as logs:
        async with poisoned.workers as workers:
            working = asyncio.create_task(workers.work({Lane.ANSWERS: 1}))
            await until(none_left)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    return [each for each in logs if each["event"] == "a job is given up"]


HOPELESS: list[tuple[Exception, str]] = [
    (RuleBroken("out of range"), "RuleBroken: out of range"),
    (FrameError("of another shape"), "FrameError: of another shape"),
    (ValueError("of a learner's"), "ValueError"),
    (TypeError("of a learner's"), "TypeError"),
]


@pytest.mark.parametrize(("fault", "reason"), HOPELESS, ids=[reason for _, reason in HOPELESS])
async def test_a_job_that_no_further_try_mends_is_given_up(
    queue_url: str, store: SqlStore, fault: Exception, reason: str
) -> None:
    async with store.begin() as work:
        await work.jobs.judge(7_001)
    poisoned = Poisoned(queue_url, fault)
    (told,) = await _given_up(queue_url, poisoned)
    assert (told["given"], told["tries"], told["reason"]) == ({"number": 7_001}, FEW_TRIES, reason)
    assert poisoned.tries == FEW_TRIES


async def test_a_job_that_was_tried_often_enough_is_given_up(queue_url: str, store: SqlStore) -> None:
    async with store.begin() as work:
        await work.jobs.judge(7_001)
    await change(queue_url, f"UPDATE procrastinate_jobs SET attempts = {MOST_TRIES - 2} RETURNING id")
    poisoned = Poisoned(queue_url, StoreUnavailable("again and again"))
    giving_up = asyncio.create_task(_given_up(queue_url, poisoned))

    async def tried_once_more() -> bool:
        query = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE scheduled_at IS NOT NULL RETURNING attempts"
        return [each.attempts for each in await change(queue_url, query)] == [MOST_TRIES - 1]

    await until(tried_once_more)
    assert len(await giving_up) == 1
    assert poisoned.tries == 2


@pytest.mark.parametrize("given", ['{"number": "abc"}', '{"number": {"a": 1}}', '{"number": null}', '{"nummer": 1}'])
async def test_a_job_that_is_given_what_is_no_number_is_given_up(queue_url: str, store: SqlStore, given: str) -> None:
    async with store.begin() as work:
        await work.jobs.judge(7_001)
    written = given.replace(":", "\\:")  # which is no parameter
    await change(queue_url, f"UPDATE procrastinate_jobs SET args = '{written}' RETURNING id")
    poisoned = Poisoned(queue_url, ZeroDivisionError())
    assert len(await _given_up(queue_url, poisoned)) == 1
    assert poisoned.tries == 0
