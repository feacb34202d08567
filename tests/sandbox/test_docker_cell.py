import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest

from sandbox.cell_client import CellClient
from sandbox.docker_cell import (
    LABEL,
    STARTING_SHARES,
    USUAL_SHARES,
    DockerCells,
    DockerStreams,
    engine_status,
)
from sandbox.engine_facts import EngineStatus
from sandbox.frames import UIDS_PER_CELL, Kind, Unconfined, pack_header
from sandbox.owner import describe_self, has_ended, is_dead
from sandbox.protocol import Ending, Job, Program, SandboxFault
from sandbox.slots import FIRST_UIDS, MAX_SLOTS, Slot, lease
from sandbox.values import TensorValue

SQUARE = "import torch\nx = torch.tensor([2.0, 3.0], requires_grad=True)\n(x ** 2).sum().backward()\n"
BOOT = describe_self().partition("/")[0]


@pytest.fixture
def client(engine: EngineStatus) -> Iterator[docker.APIClient]:
    with docker.APIClient(base_url=engine.host, version="auto") as connected:
        yield connected


@pytest.fixture
async def streams(engine: EngineStatus, slot: Slot) -> AsyncIterator[DockerStreams]:
    started = await DockerCells(engine.host, engine.image).start(slot)
    yield started
    await started.kill()


def image_saying(client: docker.APIClient, engine: EngineStatus, program: str) -> str:
    """The cell's image with another program for its first process."""
    made = client.create_container(engine.image)["Id"]
    entry = f'ENTRYPOINT ["/opt/venv/bin/python3", "-c", {json.dumps(program)}]'
    image = client.commit(made, "chainrule-cell-test", tag=str(os.getpid()), changes=[entry])
    client.remove_container(made)
    return str(image["Id"])


async def lasting(client: docker.APIClient) -> list[str]:
    """States of our containers, once the engine has finished removing those that ended."""
    while True:
        found = client.containers(all=True, filters={"label": f"{LABEL}={describe_self()}"})
        states = [container["State"] for container in found]
        if not {"removing", "exited", "dead"} & set(states):
            return states
        await asyncio.sleep(0.05)


async def test_a_cell_runs_code_and_hands_back_values(streams: DockerStreams) -> None:
    cell = await CellClient.connect(streams)
    report = await cell.run(Job(Program.EXPRESSION, SQUARE, expressions=("x.grad",)))
    assert report.ending is Ending.COMPLETED
    assert report.trials[0]["value"] == TensorValue("float32", (2,), bytes.fromhex("000080400000c040"))


async def test_a_docker_cell_leaves_nothing_unconfined(streams: DockerStreams) -> None:
    assert (await CellClient.connect(streams)).readiness.unconfined == Unconfined(0)


async def test_a_container_is_confined_as_the_design_says(streams: DockerStreams, client: docker.APIClient) -> None:
    (found,) = client.containers(filters={"label": f"{LABEL}={describe_self()}"})
    details = client.inspect_container(found["Id"])
    config, host = details["Config"], details["HostConfig"]
    expected = {
        "NetworkMode": "none",
        "IpcMode": "none",
        "CgroupnsMode": "private",
        "ReadonlyRootfs": True,
        "Tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=32m,nr_inodes=2k"},
        "CapDrop": ["ALL"],
        "PidsLimit": 64,
        "Memory": 1 << 30,
        "MemorySwap": 1 << 30,
        "NanoCpus": 10**9,
        "LogConfig": {"Type": "none", "Config": {}},
        "AutoRemove": True,
        "Privileged": False,
        "Binds": None,
        "PidMode": "",
        "UTSMode": "",
    }
    assert {name: host[name] for name in expected} == expected
    shared = ("Devices", "DeviceRequests", "GroupAdd", "VolumesFrom", "PortBindings", "PublishAllPorts", "Sysctls")
    assert not any(host.get(name) for name in (*shared, "OomKillDisable"))
    assert {"/proc/kcore", "/proc/keys", "/sys/firmware"} <= set(host["MaskedPaths"])
    assert {"/proc/sys", "/proc/irq"} <= set(host["ReadonlyPaths"])
    assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == {"SETUID", "SETGID"}
    assert {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]} == {"core": 0, "nofile": 128}
    assert "no-new-privileges" in host["SecurityOpt"]
    assert any("SCMP_ACT_ERRNO" in option for option in host["SecurityOpt"])
    assert (config["StdinOnce"], config["Tty"], details["Mounts"]) == (True, False, [])


async def test_a_proxy_of_the_judges_is_nothing_a_learner_hears_of(
    engine: EngineStatus, client: docker.APIClient, slot: Slot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text('{"proxies": {"default": {"httpProxy": "http://judge:secret@proxy:3128"}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    streams = await DockerCells(engine.host, engine.image).start(slot)
    try:
        (found,) = client.containers(filters={"label": f"{LABEL}={describe_self()}"})
        assert "secret" not in str(client.inspect_container(found["Id"])["Config"]["Env"])
    finally:
        await streams.kill()


async def test_a_cell_gives_way_to_others_until_it_is_ready(streams: DockerStreams, client: docker.APIClient) -> None:
    def shares() -> int:
        (found,) = client.containers(filters={"label": f"{LABEL}={describe_self()}"})
        return int(client.inspect_container(found["Id"])["HostConfig"]["CpuShares"])

    assert shares() == STARTING_SHARES
    await CellClient.connect(streams)
    assert shares() == USUAL_SHARES


async def test_kill_ends_the_container_and_may_be_repeated(streams: DockerStreams, client: docker.APIClient) -> None:
    await CellClient.connect(streams)
    await streams.kill()
    await streams.kill()
    assert client.containers(filters={"label": f"{LABEL}={describe_self()}"}) == []


async def test_kill_ends_a_container_whose_output_nobody_reads(
    engine: EngineStatus, client: docker.APIClient, slot: Slot
) -> None:
    image = image_saying(client, engine, "import os\nwhile True: os.write(1, bytes(65536))")
    try:
        streams = await DockerCells(engine.host, image).start(slot)
        await streams.reader.readexactly(1 << 20)
        await streams.kill()
        assert client.containers(filters={"label": f"{LABEL}={describe_self()}"}) == []
    finally:
        client.remove_image(image, force=True)


async def test_a_byte_on_standard_error_is_a_fault(engine: EngineStatus, client: docker.APIClient, slot: Slot) -> None:
    image = image_saying(client, engine, "import os, time\nos.write(2, b'oh dear' * 10000)\ntime.sleep(600)")
    try:
        streams = await DockerCells(engine.host, image).start(slot)
        with pytest.raises(SandboxFault, match="wrote to standard error: oh dear") as caught:
            await streams.reader.readexactly(1)
        assert len(str(caught.value)) < 5000
        await streams.kill()
    finally:
        client.remove_image(image, force=True)


async def test_an_ended_container_is_told_as_a_cell_that_is_gone(
    streams: DockerStreams, client: docker.APIClient
) -> None:
    cell = await CellClient.connect(streams)
    (found,) = client.containers(filters={"label": f"{LABEL}={describe_self()}"})
    client.kill(found["Id"])
    with pytest.raises(SandboxFault, match="a cell is gone"):
        await cell.run(Job(Program.EXPRESSION, SQUARE, expressions=("x.grad",)))


async def test_a_start_nobody_waits_for_leaves_no_container(
    engine: EngineStatus, client: docker.APIClient, slot: Slot
) -> None:
    starting = asyncio.create_task(DockerCells(engine.host, engine.image).start(slot))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await lasting(client) == []


def test_a_cell_ends_with_its_judge(engine: EngineStatus, client: docker.APIClient) -> None:
    judge = subprocess.Popen(
        (sys.executable, "-c", JUDGE, engine.host, engine.image), stdout=subprocess.PIPE, text=True, env={}
    )
    assert judge.stdout is not None
    container_label = judge.stdout.readline().strip()
    assert client.containers(filters={"label": f"{LABEL}={container_label}"})
    judge.kill()
    judge.wait()
    while client.containers(filters={"label": f"{LABEL}={container_label}"}):
        time.sleep(0.05)
    judge.stdout.close()


JUDGE = """
import asyncio, sys
from sandbox.cell_client import CellClient
from sandbox.docker_cell import DockerCells
from sandbox.owner import describe_self
from sandbox.pool import start_cell

async def hold():
    slot, streams = await start_cell(DockerCells(*sys.argv[1:]))
    await CellClient.connect(streams)
    print(describe_self(), flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""


def test_local_cells_have_none_of_the_users_of_those_on_an_engine() -> None:
    local, on_engine = lease("local"), lease("docker")
    local.release()
    on_engine.release()
    beyond = FIRST_UIDS["docker"] + MAX_SLOTS * UIDS_PER_CELL
    assert on_engine.uid_base < beyond <= local.uid_base


@pytest.mark.skipif(os.getuid() != 0, reason="only root may leave the network namespace")
def test_judges_that_cannot_see_each_other_share_no_users_on_one_engine(engine: EngineStatus) -> None:
    held = [
        subprocess.Popen(
            ("unshare", "--net", sys.executable, "-c", HOLDS_ONE, engine.host, engine.image),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        said = [judge.stdout.readline().split() for judge in held if judge.stdout]
    finally:
        for judge in held:
            judge.communicate()
    assert [lease for lease, _ in said] == ["0", "0"]  # neither sees what the other holds
    assert len({used for _, used in said}) == 2


HOLDS_ONE = """
import asyncio, sys
from sandbox import slots
from sandbox.docker_cell import DockerCells
from sandbox.pool import fresh_cell

class Told(DockerCells):
    async def start(self, slot):
        streams = await super().start(slot)
        print(slot.number, flush=True)
        return streams

async def hold():
    first = slots.lease("docker")
    print(first.number, end=" ")
    first.release()
    async with fresh_cell(Told(*sys.argv[1:])):
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


def test_sweeping_removes_what_dead_judges_left_and_spares_the_living(
    engine: EngineStatus, client: docker.APIClient
) -> None:
    boot, namespace = describe_self().split("/")[:2]
    gone = subprocess.Popen((sys.executable, "-c", ""))
    gone.wait()
    labels = {
        "dead": f"{boot}/{namespace}/{gone.pid}/1",
        "alive": describe_self(),
        "elsewhere": f"{boot}/pid:[1]/{gone.pid}/1",
    }
    made = {name: client.create_container(engine.image, labels={LABEL: label})["Id"] for name, label in labels.items()}
    try:
        assert asyncio.run(DockerCells(engine.host, engine.image).sweep()) >= 1
        left = {found["Id"] for found in client.containers(all=True, filters={"label": LABEL})}
        assert {name for name in made if made[name] in left} == {"alive", "elsewhere"}
    finally:
        for name in ("alive", "elsewhere"):
            client.remove_container(made[name], force=True)


@pytest.mark.parametrize(
    ("state", "age", "ended"),
    [
        ("exited", 0, True),
        ("dead", 0, True),
        ("running", 10**6, False),
        ("created", 3500, False),
        ("created", 3700, True),
    ],
)
def test_a_container_that_was_never_started_counts_as_ended_after_an_hour(state: str, age: int, ended: bool) -> None:
    assert has_ended({"State": state, "Created": 1_800_000_000 - age}, 1_800_000_000) is ended


@pytest.mark.parametrize(
    ("label", "has_ended", "dead"),
    [
        ("", True, False),
        ("nonsense", True, False),
        ("a/b/c/d", True, False),
        ("another-boot/pid:[1]/1/1", True, True),
        ("another-boot/pid:[1]/1/1", False, False),
        (f"{BOOT}/pid:[1]/1/1", True, True),
        (f"{BOOT}/pid:[1]/1/1", False, False),
    ],
)
def test_an_owner_counts_as_dead_only_when_that_is_certain(label: str, has_ended: bool, dead: bool) -> None:
    assert is_dead(label, has_ended=has_ended) is dead


async def test_the_status_names_version_and_image(engine: EngineStatus) -> None:
    status = await engine_status(engine.host, engine.image)
    assert (status.reachable, status.image_present, status.advice) == (True, True, "")
    assert status.version[0].isdecimal()


async def test_the_status_of_an_engine_without_the_image_says_how_to_build_it(engine: EngineStatus) -> None:
    status = await engine_status(engine.host, "chainrule-cell:none")
    assert (status.reachable, status.image_present) == (True, False)
    assert "make image" in status.advice


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        ("unix:///nowhere/docker.sock", "start Docker, or set DOCKER_HOST"),
        ("tcp://127.0.0.1:1", "start Docker, or set DOCKER_HOST"),
        ("ssh://somebody@somewhere", "only unix:// and plain tcp://"),
    ],
)
async def test_a_silent_engine_is_a_fault_that_says_what_to_do(host: str, advice: str, slot: Slot) -> None:
    status = await engine_status(host, "any")
    assert not status.reachable
    assert advice in status.advice
    with pytest.raises(SandboxFault, match=advice):
        await DockerCells(host, "any").start(slot)


async def test_a_missing_image_is_a_fault_that_says_how_to_build_it(engine: EngineStatus, slot: Slot) -> None:
    with pytest.raises(SandboxFault, match="run `make image`") as fault:
        await DockerCells(engine.host, "chainrule-cell:none").start(slot)
    assert "docker compose build sandbox-image" in str(fault.value)


async def test_a_directory_in_the_sockets_place_is_called_one(tmp_path: Path) -> None:
    status = await engine_status(f"unix://{tmp_path}", "any")
    assert "that is a directory, which Docker makes in place of a socket" in status.advice
    assert "DOCKER_SOCKET in .env" in status.advice


async def test_a_socket_that_may_not_be_opened_is_told_so_where_docker_compose_sets_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker.sock").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may open everything
    status = await engine_status(f"unix://{tmp_path}/docker.sock", "any")
    assert "add yourself to its group" in status.advice
    assert "DOCKER_GID in .env" in status.advice


async def test_a_kill_frame_between_jobs_does_no_harm(streams: DockerStreams) -> None:
    cell = await CellClient.connect(streams)
    streams.write(pack_header(Kind.KILL, 0, 0))
    await cell.ping()
