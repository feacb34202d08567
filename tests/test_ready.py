"""`chainrule run` as its supervisor sees it, at CHAINRULE_HEALTH; and on PostgreSQL, beside others."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.store import open_store
from sandbox.image import torch_version
from tests.databases import Databases
from tests.platforms.test_run import ANYWHERE, RIGHT, SECONDS, Operator, a_discord_that_answers, ended
from tests.platforms.test_run import operator as operator
from tests.slack_stand_in import StandIn

DISCORD = {"DISCORD_TOKEN": "secret.of.discord"}


@pytest.fixture
def address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


async def asked(address: str, path: str = "/readyz") -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"http://{address}{path}") as answer:
                return answer.status, await answer.json()
        except aiohttp.ClientConnectionError:
            return 0, {}


async def until_told(address: str, status: int, **conditions: str) -> None:
    """Until it is told ``status`` and that the conditions are as they should be."""
    told: tuple[int, Any] = (0, {})
    try:
        async with asyncio.timeout(SECONDS):
            while told[0] != status or {name: each["is"] for name, each in told[1]["conditions"].items()} != conditions:
                await asyncio.sleep(0.1)
                told = await asked(address)
    except TimeoutError:
        pytest.fail(f"the last it told was {told}")


async def test_it_is_ready_once_it_is_connected_and_no_longer_when_slack_is_gone(
    operator: Operator, address: str
) -> None:
    async with StandIn() as slack:
        process = await operator.start(**RIGHT, **ANYWHERE, SLACK_API_URL=slack.api, CHAINRULE_HEALTH=address)
        await until_told(address, 200, database="answers", slack="connected")
        assert (await asked(address, "/healthz"))[0] == 200
        slack.trouble("apps.connections.open", times=1_000, status=503)
        await slack.hang_up()
        await until_told(address, 503, database="answers", slack="connecting")
        assert (await asked(address, "/healthz"))[0] == 200
        process.terminate()
        await ended(process)
    assert await asked(address) == (0, {})


async def test_a_judge_is_ready_while_it_takes_jobs(
    operator: Operator, address: str, postgres: Databases, sandbox_python: Path
) -> None:
    on_server = {"DATABASE_URL": postgres("migrated"), "CHAINRULE_HEALTH": address, "CHAINRULE_CELLS": "1"}
    without = await operator.start(command="judge", **ANYWHERE, **on_server)
    await until_told(address, 503, database="answers", jobs="not taken: no cell can be had")
    without.terminate()
    assert any("taking no jobs, as no cell can be had" in line for line in (await ended(without)).said)
    python = {"CHAINRULE_SANDBOX_PYTHON": str(sandbox_python)}
    process = await operator.start(command="judge", **ANYWHERE, **on_server, **python)
    await until_told(address, 200, database="answers", jobs="taken")
    process.terminate()
    await ended(process)


async def test_a_judge_of_another_version_than_the_bots_ends_and_says_so(
    operator: Operator, postgres: Databases, sandbox_python: Path
) -> None:
    on_server = {"DATABASE_URL": postgres("migrated"), "CHAINRULE_CELLS": "1"}
    done = await operator.runs(**DISCORD, **ANYWHERE, **on_server)  # it comes as far as its first word to Discord
    assert "Discord" in done.last
    store = await open_store(on_server["DATABASE_URL"], migrate=False)
    async with store.begin() as work:
        assert await work.jobs.proven_with() == torch_version()
        await work.jobs.prove_with("2.99.0+cpu")
    await store.close()
    python = {"CHAINRULE_SANDBOX_PYTHON": str(sandbox_python)}
    judged = await ended(await operator.start(command="judge", **ANYWHERE, **on_server, **python))
    assert judged.code == 1
    assert "and the bots prove questions with 2.99.0+cpu" in judged.last


async def test_a_port_that_is_taken_is_one_line(operator: Operator, address: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        taken.listen()
        done = await operator.runs(**RIGHT, **ANYWHERE, CHAINRULE_HEALTH=address)
    assert done.code == 1
    assert done.last.startswith(f"CHAINRULE_HEALTH is {address}, where this process cannot listen (")


async def test_tables_that_are_missing_on_a_server_are_one_line_and_are_not_made(
    operator: Operator, postgres: Databases
) -> None:
    url = postgres("empty")
    done = await operator.runs(**RIGHT, **ANYWHERE, DATABASE_URL=url)
    assert (done.code, done.last) == (
        1,
        "The database holds no tables yet. Run `chainrule migrate` once, and start again.",
    )


async def test_whoever_finds_its_shards_served_stands_by_and_takes_over(
    operator: Operator, postgres: Databases, address: str
) -> None:
    url = postgres("migrated")
    store = await open_store(url, migrate=False)
    shards = {"SHARD_COUNT": "8", "SHARD_IDS": "0-2", "CHAINRULE_HEALTH": address, "DATABASE_URL": url}
    async with a_discord_that_answers(401) as discord:
        async with store.alone("discord shards 0,1,2 of 8", lambda: None):
            process = await operator.start(discord, **DISCORD, **ANYWHERE, **shards)
            await until_told(address, 200, database="answers", discord="standby")
            await asyncio.sleep(1.5)
            assert process.returncode is None
        done = await ended(process)  # now it knocks at Discord, which knows no such token
    await store.close()
    assert (done.code, done.last[:27]) == (1, "Discord refused the token i")
    assert [line for line in done.said if "standing by until it is gone" in line]


async def test_other_shards_are_served_at_once(operator: Operator, postgres: Databases) -> None:
    url = postgres("migrated")
    store = await open_store(url, migrate=False)
    async with a_discord_that_answers(401) as discord, store.alone("discord shards 0,1,2 of 8", lambda: None):
        done = await operator.runs(discord, **DISCORD, **ANYWHERE, SHARD_COUNT="8", SHARD_IDS="3-7", DATABASE_URL=url)
    await store.close()
    assert done.last.startswith("Discord refused the token")
    assert not [line for line in done.said if "standing by" in line]
