"""The database gone for half a minute while people answer: verdicts wait for it, and what comes is given back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from bot.core.cards import Code
from bot.ports import StoreUnavailable
from bot.store import open_store
from tests.databases import Databases
from tests.store.scene import rows
from tests.usecases.town import DAY, DOUBLE, RIGHT, WRONG, Town

SECONDS = 30.0


@asynccontextmanager
async def gone(url: str) -> AsyncIterator[None]:
    """The file is elsewhere, or the server lets nobody in."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        assert place.database is not None
        os.rename(place.database, f"{place.database}.away")
        yield
        os.rename(f"{place.database}.away", place.database)
        return
    other = place.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(other, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {place.database} WITH ALLOW_CONNECTIONS false")  # type: ignore[arg-type]
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [place.database])
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {place.database} WITH ALLOW_CONNECTIONS true")  # type: ignore[arg-type]


@pytest.mark.timeout(120)
async def test_gone_for_half_a_minute_a_finished_verdict_waits_and_a_new_answer_is_given_back(url: str) -> None:
    store = await open_store(url)
    town = Town(store)
    await town.asks(DOUBLE)
    await town.say("today")
    judging, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        judging.set()
        await go_on.wait()

    town.judge.before_judging = wait
    effects = town.begin(f"answer {RIGHT}", event="the first")
    await anext(effects)
    await effects.aclose()
    await judging.wait()
    until = asyncio.get_running_loop().time() + SECONDS
    async with gone(url):
        go_on.set()
        for text in (RIGHT, WRONG):
            refused = await town.say(f"answer {text}", "Bob")
            assert "NOT stored" in refused.card.title
            assert text in [block.text for block in refused.card.blocks if isinstance(block, Code)]
        await asyncio.sleep(until - asyncio.get_running_loop().time())
        assert len(town.judge.judged) == 1
        assert len(town.service.running) == 1, "it waits"
    async with asyncio.timeout(20):
        await town.settles()
    assert len(town.judge.judged) == 1, "it was not judged anew"
    (stored,) = await rows(url, "SELECT event_id, state FROM submission")
    assert tuple(stored) == ("the first", "judged")
    assert [row.cause for row in await rows(url, "SELECT cause FROM award")] == ["solve"]
    town.now += DAY / 24  # nobody told that the acknowledgement was taken
    await town.service.deliver_due(town)
    assert [show.slot for show, _ in town.shown] == ["verdict:1"]
    assert "Accepted" in (await town.say(f"answer {RIGHT}", "Bob")).last
    await store.close()


async def test_a_server_that_can_only_be_read_is_told_of_as_one_that_is_away(postgres: Databases) -> None:
    url = make_url(postgres("migrated")).update_query_dict({"options": "-c default_transaction_read_only=on"})
    with pytest.raises(StoreUnavailable, match=r"takes nothing just now .*read-only.*Try again in a moment\.$"):
        await open_store(url.render_as_string(hide_password=False), migrate=False)
