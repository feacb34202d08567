"""`docker compose up` as an operator does it: everything comes up confined, and an answer gets its verdict.

The engine, the images, the network between containers and PostgreSQL are real; Slack is the stand-in, on this host.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import pytest_asyncio

from sandbox.docker_cell import LABEL
from sandbox.engine_facts import EngineStatus
from tests.deploy.operator import Operator, images
from tests.slack_stand_in import Channel, Person, StandIn, View
from tests.slack_stand_in.people import fields
from tests.slack_stand_in.world import inputs

SECONDS = 120.0
RIGHT = "def gradient(x):\n    x = x.detach().requires_grad_(True)\n    (x**2).sum().backward()\n    return x.grad\n"
LONG_RUNNING, ONCE = ("db", "bot", "judge"), ("migrate", "sandbox-image")
USER = (10001, 10001)
# What an operator wants to keep to themselves.
TOKENS = {"slack_bot_token": "xoxb-right", "slack_app_token": "xapp-right"}

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]


@dataclass
class Town:
    """A deployment that runs, and people on the Slack it talks to."""

    operator: Operator
    slack: StandIn
    general: Channel
    admin: Person
    people: int = 0

    async def answers(self) -> str:
        """What somebody new is told who answers rightly: their verdict."""
        self.people += 1
        learner = self.slack.person(f"learner{self.people}")
        self.general.members.add(learner.user.id)
        await learner.slash(self.general, "/grad", "answer")
        form: View = await self.slack.until(lambda: _form(learner), SECONDS)
        label, *_ = fields(form)  # a file could come in the other one
        await learner.submit({label: RIGHT})
        assert not form.errors
        verdict: str = await self.slack.until(lambda: _told(learner), SECONDS)
        return verdict


def _form(learner: Person) -> View | None:
    return learner.view if learner.view and inputs(learner.view.body) else None


def _told(learner: Person) -> str:
    said = [view.reads() for view in learner.user.stack] + [message.reads() for message in learner.direct.messages]
    return next((text for text in said if "Accepted" in text), "")


@pytest.fixture(scope="module")
def operator(engine: EngineStatus) -> Iterator[Operator]:
    if not engine.host.startswith("unix://"):
        pytest.skip("the judges of docker-compose.yml reach their engine by a socket of this host")
    with images(engine.host) as base, tempfile.TemporaryDirectory(prefix="chainrule-deploy-") as folder:
        operator = Operator(Path(folder), Path(engine.host.removeprefix("unix://")), f"chainruletest{os.getpid()}")
        operator.set("CHAINRULE_BASE", base)
        operator.set("CHAINRULE_CELLS", "1")
        for name, value in TOKENS.items():
            operator.keep(name, value)
        yield operator
        operator.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(operator: Operator) -> AsyncIterator[Town]:
    await operator.compose("build")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(operator.compose, "down", "--volumes", "--timeout", "5", seconds=SECONDS)
        # It brings the networks with it, whose addresses nobody knows before.
        assert "chainrule 0." in await operator.compose("run", "--rm", "--no-deps", "-T", "bot", "--version")
        slack = await stack.enter_async_context(StandIn(host=operator.gateway("internet")))
        operator.set("SLACK_API_URL", slack.api)
        await operator.compose("up", "--detach")
        await slack.connected(SECONDS)
        admin = slack.person("root", is_admin=True)
        town = Town(operator, slack, slack.world.channel("general", admin.user), admin)
        await admin.slash(town.general, "/gradadmin", "post-now")
        await admin.sees("so far")
        yield town


async def healthy(operator: Operator, service: str, count: int = 1) -> list[dict[str, Any]]:
    """The containers of a service, once all of them are."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = operator.inspect(service)
            if [each["State"].get("Health", {}).get("Status") for each in found] == ["healthy"] * count:
                return found
            await asyncio.sleep(0.5)


async def test_everything_comes_up_and_says_that_it_is_ready(town: Town) -> None:
    for service in LONG_RUNNING:
        (container,) = await healthy(town.operator, service)
        assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    for service in ONCE:
        (container,) = town.operator.inspect(service)
        assert (container["State"]["Status"], container["State"]["ExitCode"]) == ("exited", 0)
        assert container["HostConfig"]["RestartPolicy"]["Name"] in {"", "no"}


async def test_an_answer_gets_its_verdict(town: Town) -> None:
    assert "Accepted" in await town.answers()


async def test_every_container_is_confined(town: Town) -> None:
    for service in (*LONG_RUNNING, *ONCE):
        for container in town.operator.inspect(service):
            host = container["HostConfig"]
            assert host["ReadonlyRootfs"], service
            assert (host["CapDrop"], host["CapAdd"], host["Privileged"]) == (["ALL"], None, False), service
            assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), service
            assert container["Config"]["User"] not in {"", "root", "0"}, service
            assert 0 < host["Memory"] <= 1 << 30, service
            assert 0 < host["NanoCpus"] <= 2 * 10**9, service
            assert 0 < host["PidsLimit"] <= 512, service
            assert not host["PortBindings"], service
            status = (Path("/proc") / str(container["State"]["Pid"]) / "status") if service in LONG_RUNNING else None
            if status and status.exists():
                effective = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
                assert int(effective["CapEff"], 16) == 0, service
                assert effective["NoNewPrivs"] == "1", service
                assert effective["Uid"].split()[0] != "0", service


async def test_nobody_has_what_is_anothers(town: Town) -> None:
    mounts = {
        service: {mount["Destination"] for mount in town.operator.inspect(service)[0]["Mounts"]}
        for service in LONG_RUNNING
    }
    secrets = {
        service: {Path(place).name for place in places if place.startswith("/run/secrets/")}
        for service, places in mounts.items()
    }
    assert secrets["judge"] == {"database_url"}
    assert secrets["db"] == {"database_password"}
    assert "database_password" not in secrets["bot"]
    assert {service for service, places in mounts.items() if any("docker.sock" in place for place in places)} == {
        "judge"
    }
    kept = [path.read_text().strip() for path in (town.operator.folder / "secrets").iterdir()]
    for service in (*LONG_RUNNING, *ONCE):
        for container in town.operator.inspect(service):
            shown = json.dumps(container) + town.operator.client.logs(container["Id"]).decode(errors="replace")
            assert [secret for secret in kept if secret and secret in shown] == [], service


async def test_a_judge_is_on_no_network_with_a_way_out_and_reaches_the_database(town: Town) -> None:
    # That nothing passes from such a network is the firewall's doing, which an engine of the tests' leaves alone.
    for service, networks in {"judge": ["database"], "db": ["database"], "bot": ["database", "internet"]}.items():
        (container,) = town.operator.inspect(service)
        assert sorted(container["NetworkSettings"]["Networks"]) == [f"{town.operator.name}_{name}" for name in networks]
    assert town.operator.client.inspect_network(f"{town.operator.name}_database")["Internal"]
    assert not town.operator.client.inspect_network(f"{town.operator.name}_internet")["Internal"]
    (judge,) = town.operator.inspect("judge")
    reach = "import socket; socket.create_connection(('db', 5432), 3); print('reached')"
    assert town.operator.execute(judge, "python3", "-c", reach) == (0, "reached\n")


async def test_three_judges_share_the_engine_and_no_user(town: Town) -> None:
    town.operator.set("JUDGE_COUNT", "3")
    await town.operator.compose("up", "--detach", "--no-recreate")
    await healthy(town.operator, "judge", 3)
    verdicts = await asyncio.gather(*(town.answers() for _ in range(6)))
    assert all("Accepted" in verdict for verdict in verdicts)
    blocks = await town.slack.until(lambda: found if len(found := _blocks(town.operator)) >= 3 else None, SECONDS)
    assert len(set(blocks)) == len(blocks)


async def test_a_host_of_judges_is_checked_by_the_doctor(town: Town) -> None:
    found = await town.operator.compose("run", "--rm", "--no-deps", "-T", "judge", "doctor")
    assert "with all of its walls" in found
    assert "at work" in found


def _blocks(operator: Operator) -> list[str]:
    """The first user id of each cell of this deployment."""
    image = f"{operator.name}-cell:test"
    found = operator.client.containers(filters={"label": LABEL, "ancestor": image})
    blocks = []
    for each in found:
        with contextlib.suppress(docker.errors.NotFound):  # it has ended meanwhile
            blocks.append(operator.client.inspect_container(each["Id"])["Args"][-1])
    return blocks


@pytest.mark.parametrize("service", ["db", "judge", "bot"])
async def test_what_is_restarted_comes_back_and_goes_on(town: Town, service: str) -> None:
    await town.operator.compose("restart", service)
    if service == "bot":
        await town.slack.connected(SECONDS)
    assert "Accepted" in await _again(town.answers)
    await healthy(town.operator, service, 3 if service == "judge" else 1)


async def _again(ask: Callable[[], Awaitable[str]]) -> str:
    """What comes of it; people try again who are told that the database is away."""
    for _ in range(3):
        try:
            return await ask()
        except (AssertionError, TimeoutError):
            await asyncio.sleep(2)
    return await ask()


async def test_what_is_taken_down_leaves_no_container_and_no_cell(town: Town) -> None:
    await town.operator.compose("down", "--timeout", "30")
    labels = {"label": f"com.docker.compose.project={town.operator.name}"}
    assert town.operator.client.containers(all=True, filters=labels) == []
    await town.slack.until(lambda: not _blocks(town.operator), 30)
    # The database is kept for the next time.
    assert town.operator.client.volumes(filters=labels)["Volumes"]


async def test_a_backup_goes_back_into_an_empty_database(town: Town) -> None:
    backups = town.operator.folder / "backups"
    backups.mkdir()
    os.chown(backups, *USER) if os.getuid() == 0 else backups.chmod(0o777)
    once = ("run", "--rm", "-T", "--volume", f"{backups}:/backups", "bot")
    saved = await town.operator.compose(*once, "backup", "/backups/all.backup")
    count = re.search(r"all ([\d,]+) rows", saved)
    assert count, saved
    await town.operator.compose("down", "--volumes", "--timeout", "30")
    restored = await town.operator.compose(*once, "restore", "/backups/all.backup")
    assert f"{count[1]} rows were restored. See that /run/secrets/secret is the one kept" in restored
