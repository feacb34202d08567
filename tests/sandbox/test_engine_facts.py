"""What is read from an engine's account of itself, and from its errors."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.judging.config import SandboxConfig, choose_cells
from sandbox.cell_client import CellClient
from sandbox.docker_cell import DockerCells, engine_status
from sandbox.engine_facts import EngineFacts, EngineStatus, facts_from, refuses_runtime, unknown_runtime
from sandbox.local_cell import LocalCells
from sandbox.protocol import SandboxFault
from sandbox.slots import Slot

DEBIAN_20: dict[str, Any] = {
    "KernelVersion": "6.1.0-13-amd64",
    "Runtimes": {"runc": {"path": "runc"}, "io.containerd.runc.v2": {"path": "runc"}},
    "DefaultRuntime": "runc",
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"],
    "MemoryLimit": True,
    "SwapLimit": False,
    "PidsLimit": True,
    "CpuCfsQuota": True,
}
FACTS = EngineFacts(
    "6.1.0-13-amd64", ("io.containerd.runc.v2", "runc"), "runc", frozenset({"apparmor", "seccomp"}), ("swap",)
)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (DEBIAN_20, FACTS),
        ({}, EngineFacts("", (), "", frozenset(), ("memory", "swap", "processes", "processor time"))),
        (
            {**DEBIAN_20, "SecurityOptions": ["seccomp", "name=userns", "name=rootless"], "SwapLimit": True},
            EngineFacts(FACTS.kernel, FACTS.runtimes, FACTS.runtime, frozenset({"seccomp", "userns", "rootless"}), ()),
        ),
        (
            {**DEBIAN_20, "SecurityOptions": None, "Runtimes": None},
            EngineFacts(FACTS.kernel, (), FACTS.runtime, frozenset(), FACTS.unlimited),
        ),
    ],
)
def test_what_an_engine_says_of_itself_is_read(info: dict[str, Any], expected: EngineFacts) -> None:
    assert facts_from(info) == expected


@pytest.mark.parametrize(
    ("runtime", "known"),
    [
        ("runc", True),
        ("runsc", False),
        ("io.containerd.kata.v2", True),
        ("/usr/local/bin/containerd-shim-runsc-v1", True),
        ("", False),
    ],
)
def test_a_runtime_in_the_configuration_or_named_as_a_shim_may_be_known(runtime: str, known: bool) -> None:
    assert FACTS.may_know(runtime) is known


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("Unknown runtime specified nope", True),  # 20.10
        ("unknown or invalid runtime name: nope", True),  # 23 and later
        ('failed to start shim: runtime "a.b" binary not installed "containerd-shim-a-b": file does not exist', True),
        ("invalid runtime name no.pe, correct runtime name should be either format like `io.containerd.runc.v1`", True),
        ("OCI runtime create failed: container_linux.go:380: starting container process caused: no such file", False),
        ("No such image: chainrule-cell:none", False),
    ],
)
def test_an_error_about_the_runtime_is_told_from_others(said: str, refused: bool) -> None:
    assert refuses_runtime(said) is refused


def test_an_unknown_runtime_is_one_sentence_with_what_to_do() -> None:
    assert unknown_runtime("nope", ("runc", "runsc")) == (
        'the engine knows no runtime "nope"; it knows runc, runsc: '
        "add it to the engine's configuration, or change or unset CHAINRULE_RUNTIME"
    )


@pytest.mark.parametrize(
    ("sandbox", "runtime", "kind"),
    [("docker", "", "docker"), ("auto", "runsc", "docker"), ("local", "runsc", "local"), ("auto", "", "local")],
)
def test_who_names_a_runtime_gets_docker_cells_even_where_no_engine_answers(
    sandbox: Any, runtime: str, kind: str
) -> None:
    config = SandboxConfig(sandbox, 1, "python3", docker_host="unix:///nowhere/docker.sock", runtime=runtime)
    cells = asyncio.run(choose_cells(config, lambda _: None))
    assert isinstance(cells, DockerCells if kind == "docker" else LocalCells)


@pytest.mark.parametrize("runtime", ["nope", "no.pe"])
async def test_an_engine_that_does_not_know_the_runtime_is_a_fault_that_says_so(
    engine: EngineStatus, slot: Slot, runtime: str
) -> None:
    with pytest.raises(SandboxFault, match=f'knows no runtime "{runtime}".* CHAINRULE_RUNTIME$'):
        await DockerCells(engine.host, engine.image, runtime).start(slot)


async def test_the_status_of_an_engine_that_does_not_know_the_runtime_names_those_it_knows(
    engine: EngineStatus,
) -> None:
    status = await engine_status(engine.host, engine.image, "nope")
    assert status.image_present
    assert 'knows no runtime "nope"; it knows ' in status.advice
    assert "runc" in status.advice


async def test_a_cell_runs_under_a_runtime_named(engine: EngineStatus, slot: Slot) -> None:
    assert (await engine_status(engine.host, engine.image, "runc")).advice == ""
    streams = await DockerCells(engine.host, engine.image, "runc").start(slot)
    try:
        await (await CellClient.connect(streams)).ping()
    finally:
        await streams.kill()


async def test_a_real_engine_says_which_kernel_and_runtimes_it_has(engine: EngineStatus) -> None:
    status = await engine_status(engine.host, engine.image)
    assert status.facts is not None
    assert status.facts.runtime in status.facts.runtimes
    assert re.match(r"\d+\.\d+", status.facts.kernel)
