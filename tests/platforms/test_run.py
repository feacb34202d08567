"""``chainrule run`` as an operator starts it: in a process of its own, with tokens that are missing, wrong or right."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from tests.authoring.texts import VALUE
from tests.slack_stand_in import StandIn

NOBODY = "http://127.0.0.1:9"
SECONDS = 60
TOKENS = ("DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
RIGHT = {"SLACK_BOT_TOKEN": "xoxb-right", "SLACK_APP_TOKEN": "xapp-right"}
ANYWHERE = {"CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER": "yes"}
# What the command does, with Discord somewhere else.
ELSEWHERE = "import discord.http, sys; discord.http.Route.BASE = sys.argv.pop(); from bot.cli import main; main()"


@dataclass(frozen=True)
class Ended:
    code: int | None
    out: str
    said: list[str]

    @property
    def last(self) -> str:
        return self.said[-1].removeprefix("chainrule: ")


@dataclass
class Operator:
    """Somebody with a machine that has neither Docker nor a way to Discord or Slack, unless told otherwise."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    async def start(
        self, discord: str = NOBODY, command: str = "run", **environment: str
    ) -> asyncio.subprocess.Process:
        ours = {
            **dict.fromkeys(TOKENS, ""),
            "CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER": "",
            "CHAINRULE_SANDBOX": "",
            "CHAINRULE_HOME": str(self.home),
            "CHAINRULE_LOG_LEVEL": "debug",
            "CHAINRULE_QUESTIONS": str(self.folder / "questions"),
            "CHAINRULE_SANDBOX_PYTHON": str(self.folder / "no-python"),
            "DOCKER_HOST": f"unix://{self.folder}/no-docker.sock",
            "SLACK_API_URL": f"{NOBODY}/api/",
        }
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ELSEWHERE, command, discord),
            env={**os.environ, **ours, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def runs(self, discord: str = NOBODY, **environment: str) -> Ended:
        return await ended(await self.start(discord, **environment))

    def kept(self) -> str:
        """Everything in every file it wrote."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        assert self.home / "chainrule.log" in files
        return "".join(path.read_bytes().decode(errors="replace") for path in files)


async def ended(process: asyncio.subprocess.Process) -> Ended:
    async with asyncio.timeout(SECONDS):
        out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode().splitlines())


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions/mean-gradient.md").write_text(VALUE)
    return Operator(tmp_path)


@asynccontextmanager
async def a_discord_that_answers(status: int) -> AsyncIterator[str]:
    """Its address; whatever it is asked, it answers with ``status``."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"message": f"{status}: no", "code": 0}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


UNFIT = {
    "no token": ({}, "There is nothing to connect to. Set DISCORD_TOKEN", 1),
    "half of Slack's": ({"SLACK_BOT_TOKEN": "xoxb-right"}, "set the one that is missing", 1),
    "the other half": ({"SLACK_APP_TOKEN": "xapp-right"}, "set the one that is missing", 1),
    "half of Slack's beside Discord's": ({"DISCORD_TOKEN": "a", "SLACK_APP_TOKEN": "x"}, "the one that is missing", 1),
    "a line break": ({"DISCORD_TOKEN": "secret\nline"}, "DISCORD_TOKEN holds a character that no token has", 1),
    "a line break for Slack": (RIGHT | {"SLACK_BOT_TOKEN": "xoxb-secret\nx"}, "SLACK_BOT_TOKEN holds a character", 1),
    "Slack's exchanged": (
        {"SLACK_BOT_TOKEN": "xapp-secret", "SLACK_APP_TOKEN": "xoxb-secret"},
        "SLACK_BOT_TOKEN is another one of Slack's tokens",
        1,
    ),
    "Slack's second twice": (
        {"SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_APP_TOKEN": "xoxb-secret"},
        "SLACK_APP_TOKEN is another one of Slack's tokens",
        1,
    ),
    "no ASCII": (RIGHT | {"SLACK_APP_TOKEN": "xapp-secret-ä"}, "SLACK_APP_TOKEN holds a character", 1),
    "no Docker": ({"DISCORD_TOKEN": "a"}, "no Docker engine answers at unix://", 1),
    "Docker not wanted": (RIGHT | {"CHAINRULE_SANDBOX": "local"}, "and CHAINRULE_SANDBOX is local", 1),
    "half a permission": (RIGHT | {"CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER": "perhaps"}, "must be yes, or unset", 2),
}


@pytest.mark.parametrize(("environment", "reason", "code"), UNFIT.values(), ids=list(UNFIT))
async def test_what_it_cannot_run_with_is_one_line_before_anything_is_started(
    operator: Operator, environment: dict[str, str], reason: str, code: int
) -> None:
    done = await operator.runs(**environment)
    assert (done.code, done.out) == (code, "")
    assert reason in done.last
    assert not [line for line in done.said[:-1] if "logging to" not in line]
    assert "secret" not in done.last
    assert not (operator.home / "chainrule.db").exists()


async def test_without_docker_the_way_out_is_named(operator: Operator) -> None:
    said = (await operator.runs(**RIGHT)).last
    assert "start Docker, or set DOCKER_HOST" in said
    assert "CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER=yes allows local cells" in said


WRONG = {
    "of Discord": ({"DISCORD_TOKEN": "secret.but.wrong"}, "Discord refused the token in DISCORD_TOKEN."),
    "of Slack's bot": (RIGHT | {"SLACK_BOT_TOKEN": "xoxb-secret"}, "Slack does not accept SLACK_BOT_TOKEN"),
    "of Slack's app": (RIGHT | {"SLACK_APP_TOKEN": "xapp-secret"}, "Slack does not accept SLACK_APP_TOKEN"),
}


@pytest.mark.parametrize(("tokens", "said"), WRONG.values(), ids=list(WRONG))
async def test_a_wrong_token_is_named_in_one_line_and_repeated_nowhere(
    operator: Operator, tokens: dict[str, str], said: str
) -> None:
    async with a_discord_that_answers(401) as discord, StandIn() as slack:
        done = await operator.runs(discord, **tokens, **ANYWHERE, SLACK_API_URL=slack.api)
    assert done.code == 1
    assert said in done.last
    assert not [line for line in done.said if "Traceback" in line or "connected" in line]
    assert "secret" not in "".join(done.said) + done.out + operator.kept()


AWAY = {
    "Discord": ({"DISCORD_TOKEN": "x"}, 0, "Discord cannot be reached (ClientConnectorError)"),
    "Discord, overrun": ({"DISCORD_TOKEN": "x"}, 429, "Discord answers 429"),
    "Slack": (RIGHT, 0, "Slack cannot be reached: ClientConnectorError"),
}


@pytest.mark.parametrize(("tokens", "status", "said"), AWAY.values(), ids=list(AWAY))
async def test_a_chat_that_is_out_of_reach_is_one_line_with_advice(
    operator: Operator, tokens: dict[str, str], status: int, said: str
) -> None:
    async with a_discord_that_answers(status) as discord:
        done = await operator.runs(discord if status else NOBODY, **tokens, **ANYWHERE)
    assert done.code == 1
    assert done.last.startswith(f"{said}. Start again in a moment")


@asynccontextmanager
async def a_running_bot(operator: Operator) -> AsyncIterator[asyncio.subprocess.Process]:
    """It is connected to Slack; whatever happens, it has ended afterwards."""
    async with StandIn() as slack:
        from_files = {name: f"{token}\n" for name, token in RIGHT.items()}
        process = await operator.start(**from_files, **ANYWHERE, SLACK_API_URL=slack.api)
        try:
            await slack.until(lambda: slack.called("apps.connections.open"), SECONDS)
            await slack.connected()
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
async def test_a_signal_ends_it_in_order(operator: Operator, number: signal.Signals) -> None:
    async with a_running_bot(operator) as process:
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        done = await ended(process)
    assert done.code == 128 + number
    assert "chainrule: Slack is connected" in done.said
    assert not [line for line in done.said if "Traceback" in line or "wrong" in line]
    assert children
    assert [child for child in children if child.is_running()] == []


async def test_what_it_starts_knows_no_token_and_the_operator_is_warned_of_local_cells(operator: Operator) -> None:
    async with a_running_bot(operator) as process:
        children = psutil.Process(process.pid).children(recursive=True)
        known = [set(child.environ()) | set(child.environ().values()) for child in children]
        process.terminate()
        done = await ended(process)
    assert known
    assert [names for names in known if names & {*TOKENS}] == []
    assert not [value for names in known for value in names if value.strip() in RIGHT.values()]
    assert [line for line in done.said if line.startswith("chainrule: *** WITHOUT DOCKER")]
    assert not [token for token in RIGHT.values() if token in operator.kept()]
