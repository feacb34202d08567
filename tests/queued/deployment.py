"""A deployment of two bots and two judges on one PostgreSQL and one Slack, each a process as an operator starts it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from docker import APIClient

from bot.cli.saying import OUR_FAULT
from sandbox.docker_cell import LABEL, engine_client
from sandbox.engine_facts import EngineStatus
from tests.databases import PostgresServer
from tests.queued.door import Door
from tests.queued.people import CODE, VALUE
from tests.queued.processes import ROOT, SHOWN, Process
from tests.queued.waiting import until
from tests.queued.watching import Watch
from tests.slack_stand_in import StandIn

CONNECTED, AT_WORK = "Slack is connected", "taking jobs with"


class Engine:
    """The engine that everybody shares, and a name of our own for the image, by which our cells are told apart."""

    def __init__(self, status: EngineStatus, tag: str) -> None:
        self.host = status.host
        self.image = f"chainrule-queued:{tag}"
        self._client: APIClient = engine_client(status.host)
        self._client.tag(status.image, "chainrule-queued", tag)

    def cells(self) -> list[str]:
        """The containers that were started from our image and are there."""
        found = self._client.containers(all=True, filters={"label": LABEL})
        return [each["Id"] for each in found if each["Image"] == self.image]

    def kill(self, cell: str) -> None:
        """End a container from outside."""
        self._client.kill(cell)

    def close(self) -> None:
        """Take the name off the image."""
        self._client.remove_image(self.image, noprune=True)


@dataclass
class Deployment:
    """What a test may kill, and what it may look at."""

    slack: StandIn
    watch: Watch
    server: PostgresServer
    engine: Engine
    bots: list[Process]
    judges: list[Process]
    doors: list[Door]

    async def start(self) -> None:
        """Everything at once."""
        both = [*self.bots, *self.judges]
        await asyncio.gather(*(each.start() for each in both))
        await asyncio.gather(*(each.at_work() for each in both))

    async def stop(self) -> None:
        """Everything, and see that nothing is left."""
        await self.watch.until_none("SELECT 1 FROM procrastinate_jobs")
        took = await asyncio.gather(*(each.stop() for each in (*self.bots, *self.judges)))
        assert max(took) < 30, took
        # As a process starts that finds no database. Whatever else went wrong with us ends with the same code.
        for each in (*self.bots, *self.judges):
            assert set(each.ended_with) <= {1}, each.name
            assert OUR_FAULT not in each.said(), each.said()[-SHOWN:]
        await until(self._no_cell, 30)
        assert await self.watch.rows("SELECT 1 FROM procrastinate_jobs") == []

    async def _no_cell(self) -> bool:
        return not await asyncio.to_thread(self.engine.cells)


@contextlib.asynccontextmanager
async def a_deployment(
    folder: Path, url: str, server: PostgresServer, engine: EngineStatus, *, bots: int = 2, judges: int = 2
) -> AsyncIterator[Deployment]:
    """Nothing of it runs yet."""
    questions = folder / "questions"
    questions.mkdir(parents=True)
    for name in (CODE, VALUE):
        (questions / f"{name}.md").write_bytes((ROOT / "questions" / f"{name}.md").read_bytes())
    ours = Engine(engine, folder.name.lower())
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(ours.close)
        slack = await stack.enter_async_context(StandIn())
        watch = await stack.enter_async_context(Watch(url))
        doors = [
            await stack.enter_async_context(Door(folder / f"engine {number}.sock", ours.host))
            for number in range(judges)
        ]
        deployment = Deployment(
            slack,
            watch,
            server,
            ours,
            [_bot(folder, number, url, slack) for number in range(bots)],
            [_judge(folder, number, url, door, ours) for number, door in enumerate(doors)],
            doors,
        )
        try:
            yield deployment
        finally:
            await asyncio.gather(*(each.end() for each in (*deployment.bots, *deployment.judges)))


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    (home / "secret").write_bytes(b"of this deployment, on all hosts")
    return home


def _bot(folder: Path, number: int, url: str, slack: StandIn) -> Process:
    home = _home(folder, f"bot {number}")
    settings = {
        "CHAINRULE_HOME": str(home),
        "CHAINRULE_QUESTIONS": str(folder / "questions"),
        "CHAINRULE_JUDGES": "queue",
        "DATABASE_URL": url,
        "SLACK_BOT_TOKEN": "xoxb-right",
        "SLACK_APP_TOKEN": "xapp-right",
        "SLACK_API_URL": slack.api,
    }
    return Process(home.name, "run", CONNECTED, home / "said", settings)


def _judge(folder: Path, number: int, url: str, door: Door, engine: Engine) -> Process:
    home = folder / f"judge {number}"
    home.mkdir()
    settings = {
        "CHAINRULE_HOME": str(home),
        "CHAINRULE_CELLS": "1",
        "CHAINRULE_IMAGE": engine.image,
        "DATABASE_URL": url,
        "DOCKER_HOST": door.host,
    }
    return Process(home.name, "judge", AT_WORK, home / "said", settings)
