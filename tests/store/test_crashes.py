"""Processes that are killed, race each other, or run out of disk: what was acknowledged is there, and all of it."""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from bot.store import open_store
from tests.store.child import LEASE, REFUSED
from tests.store.scene import NOON, rows, set_scene

CHILD = (sys.executable, "-m", "tests.store.child")
CHECKOUT = Path(__file__).parents[2]
ENDLESS = "1000000"


async def start(*command: str, file_bytes: int | None = None) -> Process:
    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=CHECKOUT, preexec_fn=limit)


async def check(url: str, acknowledged: list[str]) -> int:
    """Every acknowledged answer is stored with its award and standing; how many answers there are."""
    assert await rows(url, "PRAGMA integrity_check") == [("ok",)]
    stored = [row.event_id for row in await rows(url, "SELECT event_id FROM submission")]
    awarded = [row.cause for row in await rows(url, "SELECT cause FROM award")]
    attempts = sorted(row.attempt for row in await rows(url, "SELECT attempt FROM submission"))
    standings = [row.points for row in await rows(url, "SELECT points FROM standing")]
    assert set(acknowledged) <= set(stored)
    assert sorted(stored) == sorted(awarded)
    assert attempts == list(range(1, len(stored) + 1))
    assert standings == [len(stored)] * 5
    return len(stored)


async def test_killed_in_the_middle_of_writing_nothing_acknowledged_is_lost(sqlite_url: str) -> None:
    acknowledged: list[str] = []
    for name in ("first", "second", "third"):
        process = await start(*CHILD, "answer", sqlite_url, name, ENDLESS)
        assert process.stdout is not None
        acknowledged += [(await process.stdout.readline()).decode().strip() for _ in range(25)]
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
        acknowledged += rest.decode().split()
        assert process.returncode == -signal.SIGKILL
        await check(sqlite_url, acknowledged)
    assert len(set(acknowledged)) >= 75


async def test_two_processes_share_a_new_file_from_its_first_moment(sqlite_url: str) -> None:
    processes = [await start(*CHILD, "answer", sqlite_url, name, "40") for name in ("one", "two", "three")]
    ended = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0], [errors for _, errors in ended]
    acknowledged = [line for output, _ in ended for line in output.decode().split()]
    assert await check(sqlite_url, acknowledged) == len(acknowledged) == 120


async def fill_outbox(url: str, count: int) -> set[str]:
    slots = {f"verdict:{number}" for number in range(count)}
    store = await open_store(url)
    async with store.begin() as unit:
        for slot in slots:
            await unit.outbox.put(slot, "terminal", None, NOON)
    await store.close()
    return slots


async def test_several_processes_show_every_line_of_the_outbox_once(url: str) -> None:
    slots = await fill_outbox(url, 90)
    processes = [await start(*CHILD, "show", url) for _ in range(3)]
    ended = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0], [errors for _, errors in ended]
    assert sorted(line for output, _ in ended for line in output.decode().split()) == sorted(slots)


async def test_what_a_killed_process_had_claimed_is_due_again_when_its_lease_ends(url: str) -> None:
    slots = await fill_outbox(url, 2000)
    process = await start(*CHILD, "show", url)
    assert process.stdout is not None
    shown = {(await process.stdout.readline()).decode().strip() for _ in range(10)}
    process.send_signal(signal.SIGKILL)
    rest, _ = await process.communicate()
    shown |= {*rest.decode().split()}
    store = await open_store(url)
    async with store.begin() as unit:
        claimed = {each.slot for each in await unit.outbox.claim("terminal", NOON + LEASE, NOON + 2 * LEASE, 2000)}
    await store.close()
    assert claimed <= slots - shown
    assert len(slots - shown - claimed) <= 1  # done, and killed before it could say so
    assert process.returncode == -signal.SIGKILL


async def test_a_file_that_may_not_grow_refuses_in_a_sentence_and_keeps_what_it_acknowledged(sqlite_url: str) -> None:
    process = await start(*CHILD, "answer", sqlite_url, "e", ENDLESS, file_bytes=1_500_000)
    output, errors = await process.communicate()
    acknowledged = output.decode().split()
    assert process.returncode == REFUSED, errors
    assert b"what was stored before is safe" in errors
    assert await check(sqlite_url, acknowledged) == len(acknowledged) > 10
    store = await open_store(sqlite_url)
    scene = await set_scene(store)
    async with store.begin() as unit:
        await unit.submissions.add(scene.posting, scene.bob, "with room again", "", NOON)
    await store.close()


async def test_a_full_disk_refuses_in_a_sentence_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir()
    out.mkdir()
    await _need_mounts(small)
    url = f"sqlite:///{small}/chainrule.db"
    # The disk exists only in the namespace: what is left on it is copied out once the process has ended.
    script = f'mount -t tmpfs -o size=1200k none "$1" || exit 9; shift; "$@"; code=$?; cp {small}/* {out}; exit $code'
    process = await start(*NAMESPACE, "sh", "-c", script, "sh", str(small), *CHILD, "answer", url, "e", ENDLESS)
    output, errors = await process.communicate()
    acknowledged = output.decode().split()
    assert process.returncode == REFUSED, errors
    assert b"what was stored before is safe" in errors
    assert await check(f"sqlite:///{out}/chainrule.db", acknowledged) == len(acknowledged) > 10


async def test_a_disk_too_full_for_the_tables_leaves_a_file_that_can_still_become_a_database(sqlite_url: str) -> None:
    process = await start(*CHILD, "answer", sqlite_url, "e", "1", file_bytes=30_000)
    _, errors = await process.communicate()
    assert process.returncode == REFUSED, errors
    process = await start(*CHILD, "answer", sqlite_url, "e", "3")
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    assert await check(sqlite_url, output.decode().split()) == 3


NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


async def _need_mounts(directory: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    attempt = await start(*NAMESPACE, "mount", "-t", "tmpfs", "none", str(directory))
    if await attempt.wait():
        pytest.skip("needs the right to mount in a namespace")
