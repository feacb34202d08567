"""What is in the image of a cell, read from the image itself: what a submission could find there, and no more."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import docker
import pytest

from sandbox.engine_facts import EngineStatus

SIZE_BOUND = 792_000_000
"""A tenth more than measured."""
BY_THE_ENGINE = {".dockerenv", "dev", "etc", "proc", "sys"}
"""What an engine adds to every container."""
EXECUTABLE = {"python3.11", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
UNCHECKED = 1
"""Flags of byte code that is used without a look at its source."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in the image: its kind and mode, and of byte code its flags."""

    path: PurePosixPath
    kind: bytes
    mode: int
    flags: int = -1

    @property
    def top(self) -> str:
        """The name in the root directory that leads here."""
        return self.path.parts[0]


class _Chunks(io.RawIOBase):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (chunk := next(self._chunks, b"")):
            self._rest += chunk
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


@pytest.fixture(scope="module")
def client(engine: EngineStatus) -> Iterator[docker.APIClient]:
    with docker.APIClient(base_url=engine.host, version="auto") as connected:
        yield connected


@pytest.fixture(scope="module")
def entries(engine: EngineStatus, client: docker.APIClient) -> tuple[Entry, ...]:
    """Every path in the image, without what the engine adds to a container."""
    container = client.create_container(engine.image, network_disabled=True)["Id"]
    try:
        stream = _Chunks(iter(client.export(container, chunk_size=1 << 20)))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            found = tuple(entry(archive, member) for member in archive if member.name.strip("./"))
    finally:
        client.remove_container(container, force=True)
    return tuple(entry for entry in found if entry.top not in BY_THE_ENGINE)


def entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    content = archive.extractfile(member) if member.name.endswith(".pyc") else None
    flags = int.from_bytes(content.read(8)[4:], "little") if content else -1
    return Entry(PurePosixPath(member.name), member.type, member.mode, flags)


def names(found: Iterator[Entry]) -> set[str]:
    return {str(entry.path) for entry in found}


def test_nothing_is_in_the_root_directory_but_what_a_cell_needs(entries: tuple[Entry, ...]) -> None:
    assert {entry.top for entry in entries} == {"lib", "lib64", "opt", "tmp", "usr"}


def test_nothing_can_be_started_but_python(entries: tuple[Entry, ...]) -> None:
    files = [entry for entry in entries if entry.kind == tarfile.REGTYPE and entry.mode & 0o111]
    assert {entry.path.name for entry in files} <= EXECUTABLE
    assert "python3.11" in {entry.path.name for entry in files}
    folders = {entry.path.parent for entry in entries if entry.path.parent.name in {"bin", "sbin"}}
    assert {str(folder) for folder in folders} <= {
        "usr/bin",
        "usr/local/bin",
        "opt/venv/bin",
        "opt/venv/lib/python3.11/site-packages/torch/bin",  # a file that importing torch insists on; not executable
    }


@pytest.mark.parametrize("name", ["sh", "bash", "dash", "busybox", "env", "ls", "cat", "perl", "apt", "dpkg", "ldd"])
def test_there_is_no_shell_and_no_tool(entries: tuple[Entry, ...], name: str) -> None:
    assert names(entry for entry in entries if entry.path.name == name) == set()


@pytest.mark.parametrize("package", ["pip", "setuptools", "ensurepip", "venv", "idlelib", "tkinter", "lib2to3", "test"])
def test_there_is_nothing_that_installs_draws_or_tests(entries: tuple[Entry, ...], package: str) -> None:
    places = ("python3.11", "site-packages", "dist-packages")
    here = (entry for entry in entries if entry.path.name == package and entry.path.parent.name in places)
    assert names(here) == set()


def test_no_file_gives_its_starter_another_user_or_group(entries: tuple[Entry, ...]) -> None:
    assert names(entry for entry in entries if entry.mode & 0o6000) == set()


def test_nothing_is_writable_for_anybody_but_root(entries: tuple[Entry, ...]) -> None:
    assert names(entry for entry in entries if entry.kind != tarfile.SYMTYPE and entry.mode & 0o022) == set()


def test_everything_is_readable_for_a_user_that_nobody_knows(entries: tuple[Entry, ...]) -> None:
    needed = {tarfile.REGTYPE: 0o444, tarfile.DIRTYPE: 0o555}
    wrong = (entry for entry in entries if entry.mode & needed.get(entry.kind, 0) != needed.get(entry.kind, 0))
    assert names(wrong) == set()


def test_it_is_files_folders_and_links_and_nothing_else(entries: tuple[Entry, ...]) -> None:
    assert {entry.kind for entry in entries} <= {tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE}


def test_all_byte_code_is_used_without_a_look_at_its_source(entries: tuple[Entry, ...]) -> None:
    compiled = [entry for entry in entries if entry.path.suffix == ".pyc"]
    assert names(entry for entry in compiled if entry.flags != UNCHECKED) == set()


@pytest.mark.parametrize(
    "source",
    [
        "opt/chainrule/sandbox/cell/__main__.py",
        "opt/chainrule/sandbox/frames.py",
        "opt/venv/lib/python3.11/site-packages/torch/__init__.py",
        "opt/venv/lib/python3.11/site-packages/sympy/__init__.py",
        "python3.11/os.py",
        "python3.11/asyncio/__init__.py",
    ],
)
def test_what_a_cell_imports_is_compiled_already(entries: tuple[Entry, ...], source: str) -> None:
    wanted = PurePosixPath(source)
    compiled = str(wanted.parent / "__pycache__" / f"{wanted.stem}.cpython-311.pyc")
    assert [entry for entry in entries if str(entry.path).endswith(compiled)]


def test_it_says_what_it_is_and_what_it_was_made_from(engine: EngineStatus, client: docker.APIClient) -> None:
    details = client.inspect_image(engine.image)  # type: ignore[no-untyped-call]
    labels = details["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "Chainrule cell"
    assert labels["org.opencontainers.image.description"]
    assert labels["org.opencontainers.image.version"] == engine.image.partition(":")[2]
    assert labels["org.opencontainers.image.base.name"]
    assert labels["chainrule.base"].startswith("sha256:")
    # No registry gave a digest to a base that was made here, and none is made up.
    assert labels.get("org.opencontainers.image.base.digest", "sha256:").startswith("sha256:")


def test_it_starts_a_cell_as_root_of_its_container_and_opens_nothing(
    engine: EngineStatus, client: docker.APIClient
) -> None:
    config = client.inspect_image(engine.image)["Config"]  # type: ignore[no-untyped-call]
    assert config["Entrypoint"][:2] == ["/opt/venv/bin/python3", "-I"]
    assert (config["User"], config.get("ExposedPorts"), config.get("Volumes")) == ("", None, None)


def test_it_stays_small(engine: EngineStatus, client: docker.APIClient) -> None:
    assert client.inspect_image(engine.image)["Size"] <= SIZE_BOUND  # type: ignore[no-untyped-call]
