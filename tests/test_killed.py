"""The bot as it is started, killed without warning again and again while people use it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from tests.slack_stand_in import Channel, Person, StandIn, View
from tests.slack_stand_in.people import NotAcknowledged, fields
from tests.slack_stand_in.world import inputs

ROOT = Path(__file__).parents[1]
ROUNDS = 4
WRONG = "Wrong answer"
SECONDS = 60.0


class Bot:
    """``chainrule run`` on the stand-in, with a home of its own."""

    def __init__(self, slack: StandIn, home: Path) -> None:
        self._slack = slack
        self._process: asyncio.subprocess.Process | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHAINRULE_")},
            "CHAINRULE_SANDBOX_PYTHON": os.environ.get("CHAINRULE_SANDBOX_PYTHON", ""),
            "CHAINRULE_HOME": str(home),
            "CHAINRULE_QUESTIONS": str(home / "questions"),
            "CHAINRULE_SANDBOX": "local",
            "CHAINRULE_CELLS": "1",
            "CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER": "yes",
            "SLACK_BOT_TOKEN": "xoxb-right",
            "SLACK_APP_TOKEN": "xapp-right",
            "SLACK_API_URL": slack.api,
        }

    async def start(self) -> None:
        command = (sys.executable, "-m", "bot", "run")
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=self._environment)
        await self._slack.connected(SECONDS)

    async def kill(self) -> None:
        await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals) -> int:
        """Send it a signal, and wait until it is gone; its exit code."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        code = await self._process.wait()
        await self._slack.until(lambda: not self._slack.is_connected)
        return code


@contextlib.asynccontextmanager
async def running(slack: StandIn, home: Path, name: str = "square-gradient") -> AsyncIterator[Bot]:
    (home / "questions").mkdir(parents=True)
    question = ROOT / f"questions/{name}.md"
    (home / "questions" / question.name).write_bytes(question.read_bytes())
    bot = Bot(slack, home)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.kill()


async def form_of(ada: Person, general: Channel) -> View:
    await ada.slash(general, "/grad", "answer")
    view: View = await ada.slack.until(lambda: ada.view if ada.view and inputs(ada.view.body) else None, SECONDS)
    return view


async def submitted(ada: Person, view: View, text: str) -> bool:
    """Press Submit; whether the form was taken."""
    label, *_ = fields(view)  # of code, a file might be sent as well
    with contextlib.suppress(NotAcknowledged):
        await ada.submit({label: text})
        return not view.errors
    return False


async def test_a_bot_killed_at_any_moment_keeps_every_answer_and_tells_every_verdict_once(tmp_path: Path) -> None:
    chance = random.Random(4)
    async with StandIn() as slack, running(slack, tmp_path) as bot:
        ada, admin = slack.person("ada"), slack.person("root", is_admin=True)
        general = slack.world.channel("general", ada.user, admin.user)
        await admin.slash(general, "/gradadmin", "post-now")
        await ada.sees("so far")
        told = 0
        for number in range(1, ROUNDS + 1):
            view = await form_of(ada, general)
            if number % 2:  # the form stays open while the bot is away
                await bot.kill()
                await bot.start()
            sending = asyncio.create_task(submitted(ada, view, f"[{number}, 1]"))
            await asyncio.sleep(chance.uniform(0, 0.05))
            await bot.kill()
            was_taken = await sending
            await bot.start()
            if not was_taken:
                assert fields(view), "a form that was not taken keeps its text"
                assert await submitted(ada, view, f"[{number}, 1]")
            await slack.until(partial(tellings, ada, view, told), SECONDS)
            await asyncio.sleep(0.3)  # a second one would come at once
            assert tellings(ada, view, told) == 1
            told = told_directly(ada)
            while ada.view is not None:
                await ada.close()
        # What a bot was killed over is leased to it for a while, and then shown again in the same place.
        await until_none_waits(tmp_path)
        assert told_directly(ada) == told
    with contextlib.closing(sqlite3.connect(tmp_path / "chainrule.db")) as database:
        stored = database.execute("select text, attempt, state from submission order by id").fetchall()
    assert stored == [(f"[{number}, 1]", number, "judged") for number in range(1, ROUNDS + 1)]


async def until_none_waits(home: Path) -> None:
    """Until every verdict is told and its line in the outbox is gone."""
    async with asyncio.timeout(SECONDS):
        while True:
            with contextlib.closing(sqlite3.connect(home / "chainrule.db")) as database:
                if not database.execute("select slot from outbox where slot like 'verdict:%'").fetchall():
                    return
            await asyncio.sleep(0.2)


def tellings(ada: Person, view: View, told: int) -> int:
    """How often the verdict on what was sent with ``view`` was told, after ``told`` others among her messages."""
    return (WRONG in view.reads()) + told_directly(ada) - told


def told_directly(ada: Person) -> int:
    """Verdicts among her direct messages."""
    return sum(WRONG in message.reads() for message in ada.direct.messages)
