"""A process that uses the store until it is done, killed, or refused: `python -m tests.store.child VERB URL ...`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from datetime import timedelta

from bot.ports import StoreUnavailable
from bot.store import alone, open_store
from bot.usecases.alone import while_alone
from tests.store.scene import NOON, earn, set_scene

REFUSED = 3
LEASE = timedelta(seconds=30)
NOBODY = 65534


async def answer(url: str, name: str, count: str) -> None:
    """Answer `count` times, an award with each in one transaction; say each event's id once it is committed."""
    store = await open_store(url)
    scene = await set_scene(store)
    for number in range(int(count)):
        async with store.begin() as unit:
            event = f"{name}-{number}"
            await unit.submissions.add(scene.posting, scene.ada, event, "x" * 3000, NOON)
            await earn(unit, scene.posting, scene.ada, event, 1)
        print(event, flush=True)
    await store.close()


async def show(url: str) -> None:
    """Claim line after line of the outbox until none is due; say each one's slot once it is done."""
    store = await open_store(url)
    while True:
        async with store.begin() as unit:
            claimed = await unit.outbox.claim("terminal", NOON, NOON + LEASE, 1)
        if not claimed:
            break
        async with store.begin() as unit:
            await unit.outbox.done(claimed[0])
        print(claimed[0].slot, flush=True)
    await store.close()


async def hold(url: str, seconds: str) -> None:
    """Do something alone, a stroke every tenth of a second; whoever stands still for `seconds` loses it."""
    alone._LET_GO = alone._LET_GO.replace(f"'{alone.FROZEN_SECONDS}s'", f"'{seconds}s'")

    async def work() -> None:
        try:
            while True:
                print("stroke", flush=True)
                await asyncio.sleep(0.1)
        finally:
            print("ended", flush=True)

    await while_alone(await open_store(url), "this", work)


async def open_unprivileged(url: str) -> None:
    """Open an up-to-date store without root's power over file modes; say whether that took Alembic."""
    with tempfile.TemporaryDirectory() as directory:
        # Whatever is imported late must be imported before this user may no longer read it.
        await (await open_store(f"sqlite:///{directory}/first.db")).close()
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    await (await open_store(url)).close()


async def open_lightly(url: str) -> None:
    """Say whether opening took Alembic."""
    await (await open_store(url)).close()
    print("alembic" in sys.modules)


if __name__ == "__main__":
    verbs: dict[str, Callable[..., Coroutine[None, None, None]]] = {
        "answer": answer,
        "show": show,
        "hold": hold,
        "open_unprivileged": open_unprivileged,
        "open_lightly": open_lightly,
    }
    try:
        asyncio.run(verbs[sys.argv[1]](*sys.argv[2:]))
    except StoreUnavailable as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(REFUSED)
