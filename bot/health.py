"""Whether this process lives, and whether it can do what it is there for: ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from bot.listening import listening

PATIENCE_SECONDS = 2.0
"""How long a condition that is asked for may take to answer."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the things that must be so. ``said`` is shown to anybody who asks: a word of ours, never an error."""

    ok: bool
    said: str


Question: TypeAlias = Callable[[], Awaitable[Condition]]
SILENT = Condition(False, "does not answer")


class Readiness:
    """Named conditions, each either set when it changes or asked for when somebody looks."""

    def __init__(self) -> None:
        self._known: dict[str, Condition] = {}
        self._asked: dict[str, Question] = {}

    def set(self, name: str, *, ok: bool, said: str) -> None:
        """This is how it is from now on."""
        self._asked.pop(name, None)
        self._known[name] = Condition(ok, said)

    def ask(self, name: str, question: Question) -> None:
        """How it is must be asked each time; what raises, or takes too long, is not so."""
        self._known.pop(name, None)
        self._asked[name] = question

    async def conditions(self) -> dict[str, Condition]:
        """How everything is now."""
        asked = dict(self._asked)
        answers = await asyncio.gather(*map(_answer, asked.values()))
        return dict(sorted({**self._known, **dict(zip(asked, answers, strict=True))}.items()))


async def _answer(question: Question) -> Condition:
    asking = asyncio.ensure_future(question())
    # Not by a timeout: a driver that is cancelled waits for its server, which may be the one that does not answer.
    done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
    if not done:
        asking.cancel()
    return SILENT if not done or asking.cancelled() or asking.exception() else asking.result()


@contextlib.asynccontextmanager
async def served(readiness: Readiness, address: str) -> AsyncIterator[None]:
    """Tell about ``readiness`` at ``address``, ``host:port``; an empty one tells nobody.

    Raises :class:`bot.listening.CannotListen`.
    """
    if not address:
        yield
        return
    app = web.Application()
    app.add_routes([web.get("/healthz", _lives), web.get("/readyz", _ready)])
    app[_READINESS] = readiness
    async with listening(app, address, "CHAINRULE_HEALTH"):
        yield


_READINESS = web.AppKey("readiness", Readiness)


async def _lives(_request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def _ready(request: web.Request) -> web.Response:
    conditions = await request.app[_READINESS].conditions()
    ready = bool(conditions) and all(condition.ok for condition in conditions.values())
    told = {name: {"ok": condition.ok, "is": condition.said} for name, condition in conditions.items()}
    return web.json_response({"ready": ready, "conditions": told}, status=200 if ready else 503)
