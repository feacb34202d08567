"""One day, written once and played in the terminal, on Discord and on Slack, with the real store, judge and cells:
on SQLite with a judge of its own, and on PostgreSQL with two judges elsewhere."""

from __future__ import annotations

import asyncio
import io
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest
import simcord
from rich.console import Console

from bot import wiring
from bot.authoring.loading import load_folder
from bot.authoring.parsing import READER
from bot.authoring.template import template
from bot.judging.child_process import ChildProcessJudge
from bot.judging.config import SandboxConfig
from bot.judging.queued import QueuedJudge
from bot.platforms.discord_chat.app import Bot, build
from bot.platforms.discord_chat.messenger import DiscordMessenger
from bot.platforms.slack_chat.running import connected, open_chat
from bot.ports import Judge
from bot.sealing import SecretSeal
from bot.settings import load
from bot.store import SqlStore, open_store
from bot.store.notifying import Notifications
from bot.usecases.background import SharedBell
from bot.usecases.judging import COUNTER_EVERY
from bot.usecases.service import Caller, Service
from bot.wiring import seeds
from tests.benches import Bench
from tests.players import Player, Seen
from tests.players.discord import DiscordPlayer
from tests.players.slack import SlackPlayer
from tests.players.terminal import TerminalPlayer
from tests.slack_stand_in import StandIn

QUESTION = Path(__file__).parents[1] / "questions/square-gradient-code.md"
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
SECRET = b"of the same day"
MINE = template("my-own-question", "value")
SOLUTION = "[0.5, 0.5]"
STARTER = "def gradient"
WRONG = "def gradient(x):\n    return x\n"
RIGHT = "def gradient(x):\n    return 2 * x\n"
Transcript = list[tuple[str, str, tuple[str, ...]]]


@dataclass
class World:
    """The service under test, and its clock."""

    store: SqlStore
    now: datetime = NOON
    service: Service = field(init=False)

    async def settled(self) -> None:
        """Until nothing goes on in the background, here or with judges elsewhere."""
        while (running := self.service.running) or await self._is_waiting():
            await asyncio.wait(running or {asyncio.create_task(asyncio.sleep(0.02))})

    async def _is_waiting(self) -> bool:
        async with self.store.read() as work:
            return bool(await work.submissions.unjudged())

    async def load(self, questions: Path) -> None:
        """Make what is in this folder the questions there are."""
        await self.service.load_questions(load_folder(questions).questions, (), READER)


def questions_in(folder: Path) -> Path:
    """A folder of questions, in a new ``folder``; it holds one."""
    questions = folder / "questions"
    questions.mkdir(parents=True)
    (questions / QUESTION.name).write_bytes(QUESTION.read_bytes())
    return questions


Opened = Callable[[Path], AbstractAsyncContextManager[World]]


@asynccontextmanager
async def a_world(folder: Path, judge: Judge) -> AsyncIterator[World]:
    """The service on SQLite, with a judge of its own."""
    questions = questions_in(folder)
    store = await open_store(f"sqlite:///{folder / 'day.db'}")
    world = World(store)
    world.service = Service(store, judge, lambda: world.now, seeds(SECRET), SecretSeal(SECRET))
    await world.load(questions)
    try:
        yield world
    finally:
        await world.service.close()
        await store.close()


@asynccontextmanager
async def a_queued_world(folder: Path, url: str, judges: Sequence[Judge]) -> AsyncIterator[World]:
    """The service on PostgreSQL, with judges that take what is in its queue."""
    notifications = Notifications(url)
    bell = SharedBell(notifications.tell_of_outbox)
    async with AsyncExitStack() as stack:

        async def opened() -> SqlStore:
            store = await open_store(url)
            stack.push_async_callback(store.close)
            return store

        world = World(await opened())
        clock = lambda: world.now  # noqa: E731
        asked = QueuedJudge(world.store, notifications, clock)
        world.service = Service(world.store, asked, clock, seeds(SECRET), SecretSeal(SECRET), shared_bell=bell)
        await world.load(questions_in(folder))
        benches = [Bench(url, clock, judge) for judge in judges]
        for bench in benches:
            await stack.enter_async_context(bench.at_work(await opened()))
        keeping = asyncio.create_task(notifications.keep(bell.heard))
        stack.push_async_callback(world.service.close)
        async with asyncio.timeout(60):
            await asyncio.gather(*(bench.ready.wait() for bench in benches))
        yield world
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@pytest.fixture
async def judges(kind: str) -> AsyncIterator[Sequence[Judge]]:
    """Judge processes for every platform: two where they are asked through a queue."""
    config = SandboxConfig(
        sandbox="local" if kind == "local" else "docker",
        cells=1,
        python=str(load().sandbox_python),
        docker_host=os.environ.get("DOCKER_HOST", ""),
        image=os.environ.get("CHAINRULE_IMAGE", ""),
    )
    async with AsyncExitStack() as stack:
        count = 2 if kind == "queued" else 1
        yield [await stack.enter_async_context(ChildProcessJudge(config.dump())) for _ in range(count)]


@pytest.fixture(params=["local", *(pytest.param(kind, marks=pytest.mark.docker) for kind in ("docker", "queued"))])
def kind(request: pytest.FixtureRequest) -> str:
    """A child judge with local or with Docker cells and SQLite, or queued judges and PostgreSQL."""
    return str(request.param)


@pytest.fixture
def opened(
    kind: str, judges: Sequence[Judge], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Opened:
    """Opens the service of a chat. That of the terminal always is a single process."""
    if kind != "queued":
        return lambda folder: a_world(folder, judges[0])
    # Else what a judge draws is its own secret, and the trials that are shown would differ.
    monkeypatch.setattr(wiring.secrets, "token_bytes", lambda _size: SECRET)
    url = request.getfixturevalue("postgres")("migrated")
    return lambda folder: a_queued_world(folder, url, judges)


async def play(ada: Player, admin: Player, later: Callable[[], Awaitable[None]]) -> Transcript:
    """The day: what everybody saw, in order."""
    seen: Transcript = []

    async def sees(who: Player) -> list[Seen]:
        shown = await who.sees()
        seen.extend((each.audience, words(each.text), each.buttons) for each in shown)
        return shown

    await ada.says("gradadmin post-now")
    await sees(ada)
    await admin.says("gradadmin post-now")
    await sees(admin)
    await ada.sees()
    await ada.says("today")
    await sees(ada)
    await ada.presses("Answer")
    form = await ada.form()
    assert STARTER in form.initial
    assert SOLUTION in MINE
    seen.append(("form", words(f"{form.title} {form.task}"), ()))
    await ada.fills(WRONG)
    await sees(ada)
    await ada.presses("Hint")
    await sees(ada)
    await ada.presses("Hint 1")
    await sees(ada)
    await ada.says("try")
    assert (await ada.form()).initial == WRONG
    await ada.fills(RIGHT)
    await sees(ada)
    await ada.presses("Answer")
    await ada.form()
    await ada.fills("", file=RIGHT)
    await sees(ada)
    await later()
    for said in ("leaderboard", "me", "solution"):
        await ada.says(said)
        await sees(ada)
    await admin.sees()
    for solution in ("[0.7, 0.7]", "[0.5, 0.5]"):
        await admin.says("gradadmin question upload", MINE.replace(SOLUTION, solution))
        await sees(admin)
    await admin.presses("Publish")
    await sees(admin)
    await ada.says("practice my-own-question")
    (practice,) = await ada.sees()  # in a chat it says that typing does not answer it, so it differs
    assert "my-own-question" in practice.text
    return seen


def words(text: str) -> str:
    """``text`` as everybody reads it, whatever marks it up; how long a run took differs every time."""
    found = re.findall(r"[\w.+%-]+", re.sub(r"\d+ ms", "some ms", text))
    return " ".join(word for word in found if word != "-")  # some show it before the items of a list


async def in_the_terminal(folder: Path, judge: Judge) -> Transcript:
    async with a_world(folder, judge) as world:

        def player(name: str, *, is_admin: bool) -> Player:
            caller = Caller("terminal", "here", "Here", name, name, "here", "UTC", is_admin, opens_day=True)
            return TerminalPlayer(world.service, caller, folder, lambda: Console(file=io.StringIO(), width=100))

        async def later() -> None: ...

        return await play(player("ada", is_admin=False), player("root", is_admin=True), later)


@pytest.fixture
async def discord_world(tmp_path: Path, opened: Opened) -> AsyncIterator[World]:
    async with opened(tmp_path / "discord") as world:
        yield world


@pytest.fixture
def simcord_bot(discord_world: World) -> Bot:
    bot = build(discord_world.service)
    bot.shard_count = 1
    return bot


async def test_a_day_on_discord_reads_like_one_in_the_terminal(
    discord_world: World, simcord_env: simcord.Env, tmp_path: Path, judges: Sequence[Judge]
) -> None:
    simcord_env.settle_timeout = 60  # seconds: a cell is real, and takes its time to start
    guild = simcord_env.create_guild("Autograd")
    channel = guild.create_text_channel("daily")
    managers = guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    people = [
        guild.add_member(simcord_env.create_user("ada")),
        guild.add_member(simcord_env.create_user("root"), roles=[managers]),
    ]
    messenger = DiscordMessenger(simcord_env.bot)

    async def settled() -> None:
        await simcord_env.settle()
        await discord_world.settled()
        await discord_world.service.deliver_due(messenger)

    ada, admin = (DiscordPlayer(simcord_env, person, channel, settled) for person in people)

    async def later() -> None:
        discord_world.now += COUNTER_EVERY
        (posting,) = await ada.sees()
        assert "1 answered, 1 solved" in posting.text

    assert await play(ada, admin, later) == await in_the_terminal(tmp_path / "terminal", judges[0])


async def test_a_day_on_slack_reads_like_one_in_the_terminal(
    tmp_path: Path, opened: Opened, judges: Sequence[Judge]
) -> None:
    async with (
        opened(tmp_path / "slack") as world,
        StandIn() as slack,
        open_chat("xoxb-right", slack.api) as chat,
        connected(world.service, chat, "xapp-right"),
    ):
        await slack.connected()

        async def settled() -> None:
            await chat.settle(5)
            await world.settled()
            await world.service.deliver_due(chat.messenger)

        people = slack.person("ada"), slack.person("root", is_admin=True)
        channel = slack.world.channel("general", *(person.user for person in people))
        ada, admin = (SlackPlayer(person, channel, settled) for person in people)

        async def later() -> None:
            world.now += COUNTER_EVERY
            (posting,) = await ada.sees()
            assert "1 answered, 1 solved" in posting.text

        assert await play(ada, admin, later) == await in_the_terminal(tmp_path / "terminal", judges[0])
