"""How long people in a chat wait: for the acknowledgement of what they do, and for the verdict on what they submit.

The bot runs here as ``chainrule run`` builds it, over real sockets; the platform and its people run in a process of
their own. Times begin when an event is sent there and end when the request leaves here, on the clock both share: what
the stand-in takes to answer is in none of them, but that it uses a core of this machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chat_watch import PLATFORMS, Watch, beside, watched_store
from bench.crowd import MIXED, PATIENCE, SUBMITTED, Sent
from bot.logs import start_logging
from bot.settings import Settings, load
from bot.usecases.service import Service
from bot.wiring import open_service
from sandbox.docker_cell import engine_status

ACKED, ACKED_PER_SECOND = 1_500, 50
JUDGED, JUDGED_PER_SECOND = 800, 20
WARM_UP = 100
QUESTION = "square-gradient-code.md"
ROOT = Path(__file__).parents[1]

Tell = Callable[[str], None]


async def measure(tell: Tell) -> Mapping[str, float]:
    """Every figure on chats, with Docker cells; nothing where there is no engine with our image."""
    settings = load()
    status = await engine_status(settings.docker_host or None, settings.image or None)
    if status.advice:
        tell(f"no chat figures: {status.advice}")
        return {}
    figures: dict[str, float] = {}
    for platform, on_platform in PLATFORMS.items():
        tell(f"{platform}: from the first start to drawn trials")
        with tempfile.TemporaryDirectory() as folder:
            start_logging(Path(folder) / "chainrule.log", settings.log_level)
            async with (
                open_service(_settings(settings, Path(folder)), tell) as service,
                _crowd(f"bench.{platform}_town") as crowd,
                on_platform(service, crowd.url, Watch()) as watch,
            ):
                measured = await _phases(service, crowd, watch, tell)
        figures |= {f"{platform}_{name}": value for name, value in measured.items()}
    return figures


def _settings(settings: Settings, folder: Path) -> Settings:
    questions = folder / "questions"
    questions.mkdir()
    (questions / QUESTION).write_bytes((settings.questions_dir / QUESTION).read_bytes())
    database = f"sqlite:///{folder}/chainrule.db"
    changes = {"data_dir": folder, "database_url": database, "questions_dir": questions, "cells": 2}
    return settings.model_copy(update={**changes, "sandbox": "docker"})


# --- the crowd


class Crowd:
    """The process with the platform and its people."""

    def __init__(self, process: Process, url: str) -> None:
        self._process = process
        self.url = url

    async def opened(self) -> None:
        await self._ask(None)

    async def visits(self, count: int, rate: float, kinds: Sequence[str], seed: int) -> list[Sent]:
        order = {"count": count, "rate": rate, "kinds": list(kinds), "seed": seed}
        return [Sent(**each) for each in await self._ask(order)]

    async def _ask(self, order: object) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return await _line(self._process)


@contextlib.asynccontextmanager
async def _crowd(module: str) -> AsyncIterator[Crowd]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, cwd=ROOT, limit=1 << 24
    )
    try:
        yield Crowd(process, await _line(process))
    finally:
        assert process.stdin
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _line(process: Process) -> Any:
    assert process.stdout
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the crowd has gone; see its error above")
    return json.loads(line)


# --- the phases


# A missing verdict is one whose answer was refused and given back because the database was too busy.


async def _phases(service: Service, crowd: Crowd, watch: Watch, tell: Tell) -> dict[str, float]:
    await crowd.opened()
    await service.fill_banks()
    await crowd.visits(WARM_UP, JUDGED_PER_SECOND, MIXED, 0)
    await _settled(service)
    await asyncio.sleep(7)  # the reference cells go, and everything settles
    with watched_store(watch):
        tell(f"{JUDGED} submissions at {JUDGED_PER_SECOND}/s")
        judged = await _phase(service, crowd, watch, (JUDGED, JUDGED_PER_SECOND, tuple(SUBMITTED), 1))
        figures = _verdicts(judged, watch) | _meanwhile("verdict", watch, judged)
        tell(f"{ACKED} events at {ACKED_PER_SECOND}/s")
        mixed = await _phase(service, crowd, watch, (ACKED, ACKED_PER_SECOND, MIXED, 2))
        return figures | _acknowledgements(mixed, watch) | _meanwhile("ack", watch, mixed)


async def _phase(
    service: Service, crowd: Crowd, watch: Watch, order: tuple[int, float, Sequence[str], int]
) -> list[Sent]:
    watch.clear()
    async with beside(watch.lag()):
        came = await crowd.visits(*order)
        await _settled(service)
        await _shown(watch, [each for each in came if each.kind in SUBMITTED])
    return came


async def _settled(service: Service) -> None:
    while running := service.running:
        await asyncio.wait(running)
    await asyncio.sleep(2)


async def _shown(watch: Watch, submitted: Sequence[Sent]) -> None:
    """Until every verdict is shown, or those that are missing were never stored."""
    for _ in range(PATIENCE):
        watch.read()
        if all(each.place in watch.edited for each in submitted):
            return
        await asyncio.sleep(1)


def _verdicts(came: Sequence[Sent], watch: Watch) -> dict[str, float]:
    took = [watch.edited[each.place] - each.at for each in came if each.place in watch.edited]
    return {**_percentiles("verdict", took), "verdict_missing": len(came) - len(took)}


def _acknowledgements(came: Sequence[Sent], watch: Watch) -> dict[str, float]:
    took = {each.key: watch.acknowledged[each.key] - each.at for each in came}
    submitted = [took[each.key] for each in came if each.kind in SUBMITTED]
    others = [took[each.key] for each in came if each.kind not in SUBMITTED]
    outside = [each.heard - each.at for each in came if each.heard is not None]
    unshown = sum(each.kind in SUBMITTED and each.place not in watch.edited for each in came)
    return (
        {"ack_missing": unshown}
        | _percentiles("ack", list(took.values()))
        | _percentiles("ack_stored", submitted)
        | _percentiles("ack_other", others)
        | _percentiles("ack_heard", outside)
    )


def _meanwhile(phase: str, watch: Watch, came: Sequence[Sent]) -> dict[str, float]:
    seconds = max(each.at for each in came) - min(each.at for each in came)
    return {
        **_percentiles(f"{phase}_loop_lag", watch.lags),
        **_percentiles(f"{phase}_store_wait", watch.waits),
        **_percentiles(f"{phase}_store_hold", watch.holds),
        f"{phase}_store_busy": sum(watch.holds) / seconds,
        f"{phase}_transactions_per_event": len(watch.holds) / len(came),
    }


def _percentiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    ranks = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"{name}_p50_ms": ranks[49] * 1000, f"{name}_p99_ms": ranks[98] * 1000}
