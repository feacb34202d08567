"""Builds every part and closes it; the only file that knows all concrete classes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import hmac
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from bot.authoring.loading import Loaded, load_folder
from bot.authoring.parsing import READER
from bot.clocks import SharedClock
from bot.core.personal import Seeds
from bot.core.questions import Question
from bot.judging.child_process import ChildProcessJudge
from bot.judging.config import SandboxConfig
from bot.judging.duty import Duty
from bot.judging.queued import QueuedJudge, answer_request
from bot.ports import Clock, Judge, JudgeUnavailable, StoreUnavailable
from bot.queueing import ANSWER, JUDGE
from bot.repositories import Store
from bot.sealing import SecretSeal
from bot.settings import MIN_SECRET, Settings
from bot.store import migrate as migrate_database
from bot.store import open_store
from bot.store.notifying import Notifications
from bot.store.working import Workers
from bot.usecases.background import SharedBell
from bot.usecases.banks import Banks
from bot.usecases.judging import judge_queued
from bot.usecases.parts import Parts
from bot.usecases.service import Service
from bot.zones import zone_data
from sandbox.image import torch_version

_log = structlog.get_logger()
JUDGE_LOG = "judge.log"
RESUMING, FILLING, VALUES = "taking up what was left", "filling the banks", "judging what needs no judge"
RESUME_SECONDS, FILL_SECONDS = 5.0, 15.0
SWEEP_SECONDS = 3600.0


def sandbox_config(settings: Settings) -> SandboxConfig:
    """What the judge process is told."""
    return SandboxConfig(
        sandbox=settings.sandbox,
        cells=settings.cells,
        python=str(settings.sandbox_python),
        docker_host=settings.docker_host,
        image=settings.image,
        runtime=settings.runtime,
        log=JUDGE_LOG if settings.log_path else "",
    )


@contextlib.asynccontextmanager
async def open_service(
    settings: Settings, on_status: Callable[[str], None], *, serves: bool = False
) -> AsyncIterator[Service]:
    """The service with its store and its judge.

    Banks are filled, left-over answers judged and due questions posted in the background. ``serves``: it is there for
    others all day long, so that a time when it is not is an outage, which costs nobody a streak; without it, on the
    database of a server, banks and what was left over are not its business. Broken question files are told of and left
    out. Raises :class:`StoreUnavailable`, and ValueError saying what is wrong when there is no sound question at all.
    """
    secret = _secret(settings.secret_path)
    async with contextlib.AsyncExitStack() as stack:
        on_status("opening the database")
        store = await open_store(settings.database_url, migrate=not settings.is_on_server)
        stack.push_async_callback(store.close)
        clock = SharedClock(store)
        await clock.measure()
        judge: Judge
        bell = None
        if is_queued(settings, serves=serves):
            notifications = Notifications(settings.database_url)
            bell = SharedBell(notifications.tell_of_outbox)
            stack.push_async_callback(_cancel, asyncio.create_task(notifications.keep(bell.heard)))
            judge = QueuedJudge(store, notifications, clock)
            async with store.begin() as work:
                await work.jobs.prove_with(torch_version())
        else:
            judge = await stack.enter_async_context(_judge(settings, on_status))
        retention = timedelta(days=settings.retention_days)
        service = Service(store, judge, clock, seeds(secret), SecretSeal(secret), retention, zone_data(), bell)
        stack.push_async_callback(service.close)
        loaded = _load(settings.questions_dir, await service.known_questions(READER), on_status)
        await service.load_questions(loaded.questions, loaded.broken, READER)
        calendar = service.keep_calendar(beats=serves)
        # Whoever looks in on the database of a deployment leaves others' answers to the processes that serve them.
        chores = _background(service, is_queued=bell is not None) if serves or not settings.is_on_server else ()
        for background in (clock.keep(), calendar, *chores):
            stack.push_async_callback(_cancel, asyncio.create_task(background))
        # A full collection would look at all this again and again, and take a tenth of a second each time.
        gc.collect()
        gc.freeze()
        yield service


def is_queued(settings: Settings, *, serves: bool) -> bool:
    """Whether code is judged by whoever takes it from the queue. Raises ValueError where there can be none."""
    if settings.judges == "queue" and not settings.is_on_server:
        raise ValueError(
            "CHAINRULE_JUDGES is queue, and only PostgreSQL has a queue: set DATABASE_URL to one (with docker compose "
            "in secrets/database_url), or unset CHAINRULE_JUDGES."
        )
    return settings.judges == "queue" or (settings.judges == "auto" and serves and settings.is_on_server)


@contextlib.asynccontextmanager
async def open_duty(
    settings: Settings, on_status: Callable[[str], None], on_ready: Callable[[bool], None] = lambda _: None
) -> AsyncIterator[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[object]]]]:
    """What takes jobs from the queue until cancelled, with its store and its cells; and what looks at the database.

    Raises :class:`StoreUnavailable`; the first raises :class:`bot.judging.duty.WrongTorch`.
    """
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings.database_url, migrate=False)
        stack.push_async_callback(store.close)
        clock = SharedClock(store)
        await clock.measure()
        stack.push_async_callback(_cancel, asyncio.create_task(clock.keep()))
        judge = await stack.enter_async_context(_judge(settings, on_status))
        duty = Duty(judge, settings.cells, _wanted_torch(store), on_status, on_ready)
        workers = await stack.enter_async_context(working(settings.database_url, store, judge, duty, clock))
        yield partial(duty.serve, workers), store.time


def _wanted_torch(store: Store) -> Callable[[], Awaitable[str]]:
    """Which version the bots prove questions with, as was last heard; before any said so, that of this checkout."""
    known = torch_version()

    async def wanted() -> str:
        nonlocal known
        with contextlib.suppress(StoreUnavailable):
            async with store.read() as work:
                known = await work.jobs.proven_with() or known
        return known

    return wanted


@contextlib.asynccontextmanager
async def working(url: str, store: Store, judge: Judge, duty: Duty, now: Clock) -> AsyncIterator[Workers]:
    """Workers that have every task done by ``judge``, and tell bots of it."""
    notifications = Notifications(url)
    # Neither is the deployment's: a judge draws trials of code alone, and reads no address.
    drawn, seal = seeds(secrets.token_bytes(MIN_SECRET)), SecretSeal(secrets.token_bytes(MIN_SECRET))
    bell = SharedBell(notifications.tell_of_outbox)
    parts = Parts(store, judge, now, Banks(store, judge, now, drawn), drawn, seal, bell=bell)
    perform = {
        JUDGE: duty.guarded(partial(judge_queued, parts)),
        ANSWER: duty.guarded(lambda number: answer_request(store, judge, number, notifications.tell_answered)),
    }
    async with Workers(url, perform) as workers:
        tasks = [asyncio.create_task(work) for work in (notifications.keep(), workers.sweep_forever())]
        try:
            yield workers
        finally:
            for task in tasks:
                await _cancel(task)


def seeds(secret: bytes) -> Seeds:
    """Seeds keyed with a secret of this deployment: nobody can draw a bank in advance, or know another's numbers."""

    def seed(text: str) -> int:
        return int.from_bytes(hmac.digest(secret, text.encode(), hashlib.sha256)[:8], "little") >> 1

    return seed


def _load(folder: Path, known: Mapping[str, Question], on_status: Callable[[str], None]) -> Loaded:
    loaded = load_folder(folder, known)
    if not loaded.questions:
        problems = "\n".join(map(str, loaded.problems))
        raise ValueError(
            problems or f"{folder} holds no question; name a folder that holds question files in CHAINRULE_QUESTIONS"
        )
    for problem in loaded.problems:
        _log.error("a question file is broken", problem=str(problem))
        on_status(f"left out: {problem}")
    return loaded


def _judge(settings: Settings, on_status: Callable[[str], None]) -> ChildProcessJudge:
    log = settings.log_path and settings.log_path.with_name(JUDGE_LOG)
    return ChildProcessJudge(sandbox_config(settings).dump(), on_status, log)


def _secret(path: Path) -> bytes:
    """The secret kept in ``path``, made at first need. Raises :class:`StoreUnavailable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.read_bytes() if path.exists() else _new_secret(path)
    except OSError as error:
        raise StoreUnavailable(
            f"The secret in {path} cannot be read or made ({error.strerror}). "
            "Make its directory writable and the file readable to this user, and see that the disk is not full."
        ) from error


def _new_secret(path: Path) -> bytes:
    fresh = secrets.token_bytes(MIN_SECRET)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        draft.write_bytes(fresh)
        os.link(draft, path)  # whole or not at all, and never over another process's
    except FileExistsError:
        return path.read_bytes()
    finally:
        draft.unlink(missing_ok=True)
    return fresh


def _background(service: Service, *, is_queued: bool) -> Iterator[Coroutine[Any, Any, None]]:
    # Apart, as each may take long: a bank that cannot be filled while no judge is there keeps nobody's answer waiting.
    yield _again_and_again(service, RESUMING, service.resume, RESUME_SECONDS)
    if is_queued:
        yield _again_and_again(service, VALUES, service.judge_values, RESUME_SECONDS)
    yield _again_and_again(service, FILLING, partial(_fill_banks, service), FILL_SECONDS)
    yield _again_and_again(service, "sweeping", service.sweep, SWEEP_SECONDS, at_first=FILL_SECONDS)


async def _again_and_again(
    service: Service, what: str, does: Callable[[], Coroutine[Any, Any, object]], every: float, *, at_first: float = 0
) -> None:
    """Do what has to be done now and then, in one process at a time, which lets go after each time.

    Two would draw the same banks, and judge the same answers; one without a sandbox keeps no other from it.
    """
    await asyncio.sleep(at_first)
    while True:
        try:
            await service.alone(what, does)
        except (JudgeUnavailable, StoreUnavailable) as error:
            _log.warning("something failed that is tried again", what=what, reason=str(error))
        except Exception:  # one fault must not leave every later answer without a verdict
            _log.exception("something failed that is tried again", what=what)
        await asyncio.sleep(every)


async def _fill_banks(service: Service) -> None:
    for question, reason in (await service.fill_banks()).items():
        _log.error("a question cannot be judged", question=question, reason=reason)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def migrate(settings: Settings) -> str:
    """Bring the database up to date; a sentence about what was done. Raises :class:`StoreUnavailable`."""
    done = await migrate_database(settings.database_url)
    return "The database was brought up to date." if done else "The database is up to date already."


async def back_up(settings: Settings, file: Path) -> str:
    """Write all the database holds into a new file; a sentence about it. Raises :class:`StoreUnavailable`."""
    from bot.store.backup import back_up

    rows = await back_up(settings.database_url, file)
    return f"{file} holds all {rows:,} rows of the database. Keep a copy of {settings.secret_path} with it."


async def restore(settings: Settings, file: Path) -> str:
    """Fill an empty database from such a file; a sentence about it. Raises :class:`StoreUnavailable`."""
    from bot.store.backup import restore

    rows, secret = await restore(settings.database_url, file), settings.secret_path
    advice = f"See that {secret} is" if secret.exists() else f"{secret} is missing: put there"
    return f"{rows:,} rows were restored. {advice} the one kept with the backup."
