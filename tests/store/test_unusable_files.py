"""A database that cannot be used: one sentence that says what to do, and the file left as it was."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.ports import StoreUnavailable
from bot.store import open_store
from tests.store.child import REFUSED

CHECKOUT = Path(__file__).parents[2]


def read_only_file(file: Path) -> None:
    file.parent.chmod(0o777)
    file.chmod(0o444)


def read_only_directory(file: Path) -> None:
    file.chmod(0o666)
    file.parent.chmod(0o555)


def read_only_both(file: Path) -> None:
    file.chmod(0o444)
    file.parent.chmod(0o555)


def unreadable_file(file: Path) -> None:
    file.parent.chmod(0o777)
    file.chmod(0)


def no_file_and_no_right_to_make_one(file: Path) -> None:
    file.unlink()
    file.parent.chmod(0o555)


def no_right_to_enter(file: Path) -> None:
    file.parent.chmod(0)


@pytest.fixture
def anyones_directory() -> Iterator[Path]:
    """A directory another user can reach; pytest's own are closed to everyone else."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        inner = Path(directory, "data")
        inner.mkdir()
        yield inner
        inner.chmod(0o755)


@pytest.mark.parametrize(
    "spoil",
    [
        read_only_file,
        read_only_directory,
        read_only_both,
        unreadable_file,
        no_file_and_no_right_to_make_one,
        no_right_to_enter,
    ],
)
async def test_a_place_without_the_rights_is_named_with_what_to_do(
    anyones_directory: Path, spoil: Callable[[Path], None]
) -> None:
    file = anyones_directory / "chainrule.db"
    url = f"sqlite:///{file}"
    await (await open_store(url)).close()
    spoil(file)
    command = [sys.executable, "-m", "tests.store.child", "open_unprivileged", url]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)  # noqa: ASYNC221
    assert ran.returncode == REFUSED, ran.stderr
    assert str(anyones_directory) in ran.stderr
    assert "set DATABASE_URL to another file" in ran.stderr
    assert ran.stderr.count("\n") == 1


async def refusal(url: str) -> str:
    with pytest.raises(StoreUnavailable) as refused:
        await open_store(url)
    return str(refused.value)


async def test_a_database_in_memory_is_refused_because_no_second_connection_sees_it() -> None:
    assert "Set DATABASE_URL to a file on a disk of this machine" in await refusal("sqlite://")


async def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert await refusal(f"sqlite:///{missing}/chainrule.db") == (
        f"{missing}, where the database belongs, is no directory this user can enter. "
        "Create it, or set DATABASE_URL to another file."
    )
    assert not missing.exists()


async def test_a_directory_in_the_files_place_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in await refusal(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize(
    "content", [b"These are my notes. " * 999, os.urandom(9000), b"SQLite format 3\0" + b"\xff" * 99]
)
async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    said = await refusal(f"sqlite:///{file}")
    assert said.startswith(f"{file} is not a database, and was left as it is. Move it away")
    assert file.read_bytes() == content


async def test_a_damaged_database_is_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "chainrule.db"
    await (await open_store(f"sqlite:///{file}")).close()
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    assert "is damaged. Stop, keep a copy of the file, and restore a backup." in await refusal(f"sqlite:///{file}")


async def test_a_database_another_process_holds_is_waited_for_then_given_up(tmp_path: Path) -> None:
    file = tmp_path / "chainrule.db"
    store = await open_store(f"sqlite:///{file}?timeout=0.05")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="Another process is holding"):
        async with store.begin():
            pytest.fail("began while another process was writing")
    holder.execute("ROLLBACK")
    async with store.begin() as unit:
        assert await unit.submissions.unjudged() == ()
    holder.close()
    await store.close()


@pytest.mark.parametrize("url", ["no url", "mongodb://u:secret@h/x", "postgresql://u:secret@h:port/x"])
async def test_a_url_of_no_database_is_refused_without_being_shown(url: str) -> None:
    said = await refusal(url)
    assert "DATABASE_URL does not name a database" in said
    assert "secret" not in said


TURNED_AWAY = {
    'password authentication failed for user "me"': "See whether the user and the password in DATABASE_URL (with",
    'database "chainrule" does not exist': "Create it (CREATE DATABASE), or name another one in DATABASE_URL",
    'no pg_hba.conf entry for host "10.0.0.7", user "me"': "Have the server's pg_hba.conf let this host, user and",
}


async def refusal_by(answer: bytes, sslmode: str) -> str:
    """What is said of a server that answers so and goes."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        await writer.drain()
        writer.close()

    pytest.importorskip("psycopg", reason="needs psycopg")
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = f"postgresql://me:secret@127.0.0.1:{port}/chainrule"
        return await refusal(f"{address}?sslmode={sslmode}&gssencmode=disable")


@pytest.mark.parametrize("reason", TURNED_AWAY)
async def test_what_to_do_depends_on_why_a_server_lets_nobody_in(reason: str) -> None:
    told = b"SFATAL\0C28000\0M" + reason.encode() + b"\0\0"
    said = await refusal_by(b"E" + (len(told) + 4).to_bytes(4) + told, "disable")
    assert reason in said
    assert TURNED_AWAY[reason] in said


async def test_what_to_do_depends_on_what_there_is_at_the_address() -> None:
    pytest.importorskip("psycopg", reason="needs psycopg")
    said = await refusal("postgresql://me:secret@nowhere.invalid/chainrule")
    assert "See whether DATABASE_URL (with docker compose secrets/database_url) names the right host" in said
    said = await refusal("postgresql://me:secret@127.0.0.1:1/chainrule")
    assert "See whether PostgreSQL runs there" in said
    said = await refusal("postgresql://me:secret@/chainrule?host=127.0.0.1:1&host=localhost:1")
    assert "Connection refused" in said
    assert "See whether PostgreSQL runs there" in said


@pytest.mark.parametrize("parameter", ["sslmode=bogus", "sslrootcret=system", "connect_timeout=x"])
async def test_a_parameter_that_is_none_is_no_fault_of_the_database(parameter: str) -> None:
    pytest.importorskip("psycopg", reason="needs psycopg")
    said = await refusal(f"postgresql://me:secret@127.0.0.1:1/chainrule?{parameter}")
    assert "See what follows the ? in DATABASE_URL" in said


async def test_a_server_that_speaks_no_tls_is_told_so() -> None:
    assert "Have the server speak TLS" in await refusal_by(b"N", "require")


async def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="needs psycopg")
    said = await refusal("postgresql://me:hush@127.0.0.1:1/chainrule")
    assert said.startswith("The database chainrule on 127.0.0.1 does not answer (")
    assert "hush" not in said
