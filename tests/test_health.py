"""What a supervisor is told at /healthz and /readyz."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import pytest

from bot import health
from bot.health import Condition, Readiness, served
from bot.listening import CannotListen


@pytest.fixture
def address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


async def asked(address: str, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}") as answer:
        return answer.status, await answer.json()


async def test_it_is_ready_when_every_condition_is_so(address: str) -> None:
    readiness = Readiness()
    async with served(readiness, address):
        assert await asked(address, "/readyz") == (503, {"ready": False, "conditions": {}})
        readiness.set("slack", ok=False, said="connecting")
        readiness.ask("database", _answering("answers"))
        told = {"database": {"ok": True, "is": "answers"}, "slack": {"ok": False, "is": "connecting"}}
        assert await asked(address, "/readyz") == (503, {"ready": False, "conditions": told})
        assert (await asked(address, "/healthz"))[0] == 200
        readiness.set("slack", ok=True, said="connected")
        told["slack"] = {"ok": True, "is": "connected"}
        assert await asked(address, "/readyz") == (200, {"ready": True, "conditions": told})


async def test_what_fails_or_hangs_is_not_so_and_what_it_says_stays_here(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)

    async def fails() -> Condition:
        raise OSError("postgresql://me:password@db")

    async def hangs() -> Condition:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:  # as a driver does, which waits for its server to agree
            await asyncio.sleep(60)
        raise AssertionError

    readiness = Readiness()
    readiness.ask("database", fails)
    readiness.ask("engine", hangs)
    async with served(readiness, address):
        async with asyncio.timeout(5):
            status, told = await asked(address, "/readyz")
    assert status == 503
    silent = {"ok": False, "is": "does not answer"}
    assert told == {"ready": False, "conditions": {"database": silent, "engine": silent}}


async def test_an_address_that_is_taken_is_named_in_one_line(address: str) -> None:
    async with served(Readiness(), address):
        with pytest.raises(CannotListen, match=rf"^CHAINRULE_HEALTH is {address}, where .* \(.+\)\. Name another"):
            async with served(Readiness(), address):
                pytest.fail("two listen at one port")


async def test_without_an_address_nobody_is_told() -> None:
    async with served(Readiness(), ""):
        pass


def _answering(word: str) -> health.Question:
    async def answer() -> Condition:
        return Condition(True, word)

    return answer
