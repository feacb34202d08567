"""Takes jobs of the queue and has them done: procrastinate's worker, kept alive while the database comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import psycopg
import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout
from sqlalchemy import make_url

from bot.ports import RuleBroken, StoreUnavailable
from bot.queueing import Lane
from bot.store.address import conninfo
from bot.store.connection import PATIENCE_S
from bot.store.faults import no_answer, said
from bot.store.jobs import SILENT_SECONDS
from sandbox.values import FrameError

HEARTBEAT_SECONDS = 3.0
POLL_SECONDS = 0.5
"""How soon a job is taken of which no notification came: one that is to be tried again, above all."""
DRAIN_SECONDS = SILENT_SECONDS - HEARTBEAT_SECONDS
"""How long a job that is under way may go on when the judge is told to stop: that is killed after half a minute, of
which ending the cells takes a part; and where the sweep has failed, which gives the signs of life of workers that end,
others begin it once more after :data:`SILENT_SECONDS`."""
GIVEN_UP_SECONDS = 2.0
"""How long after that it may take to say so to the database."""
SWEEP_SECONDS = 5.0
LONGEST_PAUSE = 60
AGAIN_SECONDS = 0.5
"""How soon a database that is away is tried again."""
_UNSYNCED = "SET synchronous_commit = off"
"""Who has a job, and that it has ended, need not be on the disk before anything else is done: a server that fails
forgets a moment of that at most, and then a job is done once more, which finds its answer judged."""
_BEAT = """
    UPDATE procrastinate_workers SET last_heartbeat = now()
    WHERE id = ANY(%(ours)s::bigint[]) OR last_heartbeat > now() + interval '1 minute' RETURNING id
"""
"""Also for those whose last sign of life is of a time to come: the server's clock was set back, and a judge that died
before would count as alive until then."""
_NO_USE = (TypeError, ValueError, RuleBroken)
"""What is given or found is not as it should be. To try once more rarely mends that: by a judge of a newer version."""
FEW_TRIES, MOST_TRIES = 3, 50
_AWAY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
"""What is over by itself: a server that is not there, or, in a failover, not yet the one that takes anything."""
_log = structlog.get_logger()

Perform = Callable[[int], Awaitable[None]]


class Workers:
    """Takes jobs until told to stop. ``perform`` does one task each, given the number of its row.

    What a task raises has its job tried again, at once where we are stopping, else after a while, unless that is no
    use or was done often enough. Use as an asynchronous context manager, which raises
    :class:`bot.ports.StoreUnavailable` when it cannot begin.
    """

    def __init__(self, url: str, perform: Mapping[str, Perform], drain_s: float = DRAIN_SECONDS) -> None:
        self._url = make_url(url)
        self._connector = _Patient(
            conninfo=conninfo(url),
            configure=_prepared,
            min_size=1,
            max_size=8,
            timeout=PATIENCE_S,
        )
        self._app = App(connector=self._connector)
        self._drain_s = drain_s
        self._running: set[Worker] = set()
        self._is_stopped = False
        for name, does in perform.items():
            self._app.task(name=name, retry=_Again())(_task(does))

    async def __aenter__(self) -> Workers:
        try:
            await self._app.open_async()
        except PoolTimeout as fault:
            raise StoreUnavailable(no_answer(fault, self._url)) from fault
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._app.close_async()

    async def work(self, at_once: Mapping[Lane, int]) -> None:
        """Take jobs of these lanes, so many of each at a time, until :meth:`stop` or cancelled.

        Those under way end first. A database that is away is waited for.
        """
        self._is_stopped = False
        async with asyncio.TaskGroup() as group:
            for lane, count in at_once.items():
                group.create_task(self._work(lane, count))

    async def _work(self, lane: Lane, at_once: int) -> None:
        while not self._is_stopped:
            worker = Worker(
                self._app,
                [lane.value],
                name=lane.value,
                concurrency=at_once,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=self._drain_s,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=SILENT_SECONDS,
            )
            self._running.add(worker)
            try:
                await self._run(worker)
            except ConnectorException as fault:
                # Of itself it says no more than that it is the database's.
                reason = said(fault.__cause__ or fault)
                _log.warning("the queue cannot be read; trying again soon", lane=lane.value, reason=reason)
                await asyncio.sleep(AGAIN_SECONDS)
            finally:
                self._running.discard(worker)

    async def _run(self, worker: Worker) -> None:
        """Run it to its end, which it also comes to by itself when its connection breaks.

        Whoever is cancelled brings its jobs to an end, and is cancelled whatever goes wrong with that.
        """
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self._connector.until = asyncio.get_running_loop().time() + self._drain_s
            worker.stop()  # type: ignore[no-untyped-call]
            # A server that neither answers nor goes would be waited for as long as it likes.
            await asyncio.wait({running}, timeout=self._drain_s + GIVEN_UP_SECONDS)
            running.cancel()
            await asyncio.wait({running}, timeout=GIVEN_UP_SECONDS)
            raise

    def stop(self) -> None:
        """Take no more jobs; :meth:`work` returns when what is under way has ended."""
        self._is_stopped = True
        for worker in self._running:
            worker.stop()  # type: ignore[no-untyped-call]

    async def sweep_forever(self) -> None:
        """Have the jobs of judges that died done by others, until cancelled."""
        while True:
            try:
                await self._beat()
                await self.sweep()
            except ConnectorException:
                pass  # told of by who works
            except Exception:  # one fault must not leave the jobs of the dead to nobody
                _log.exception("the queue cannot be swept; trying again soon")
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Have the jobs of judges that died done by others."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
            _log.warning("a judge died with a job in hand", task=job.task_name, given=job.task_kwargs)
            await manager.retry_job(job)  # which does nothing where another judge saw to it, or it has ended meanwhile

    async def _beat(self) -> None:
        """Give a sign of life for every worker, whether or not it does so itself: one that is ending does not.

        Have those begin again that another judge struck out as dead, as this process stood still for so long. They
        would notice only by a job, and until one comes nobody would take them for a judge.
        """
        ours = {worker.worker_id: worker for worker in self._running if worker.worker_id is not None}
        known = await self._connector.execute_query_all_async(_BEAT, ours=list(ours))
        for struck_out in ours.keys() - {row["id"] for row in known}:
            worker = ours[struck_out]
            self._running.discard(worker)  # it ends, and once is enough to be told
            worker.stop()  # type: ignore[no-untyped-call]
            _log.warning("others took this judge for dead; it registers anew", lane=worker.worker_name)


class _Patient(PsycopgConnector):
    """Listens, records what became of a job, and gives signs of life again when a database that was away is back.

    Otherwise a job that its judge is through with would stay in its hands for as long as it lives, and one that it is
    at would be done by others, too. After ``until``, by the clock of the loop, nothing is waited for: then we are
    ending, and others find that we are gone.
    """

    until = float("inf")

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        while True:
            with contextlib.suppress(ConnectorException):
                await super().listen_notify(on_notification, channels)
            await asyncio.sleep(AGAIN_SECONDS)

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        while True:
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as fault:
                if isinstance(fault.__cause__, psycopg.errors.RaiseException):
                    # It was recorded the time before, of which only the answer was lost; or others, who took us for
                    # dead, have done the job.
                    _log.info("a job had ended already", job=arguments.get("job_id"))
                    return
                is_away = isinstance(fault.__cause__, _AWAY)
                if not is_away or asyncio.get_running_loop().time() >= self.until:
                    raise
            else:
                return
            await asyncio.sleep(AGAIN_SECONDS)


async def _prepared(connection: psycopg.AsyncConnection) -> None:
    # Whatever is asked of the queue is one statement: to begin and to end a transaction would be two more.
    await connection.set_autocommit(True)
    await connection.execute(_UNSYNCED)


class _Again(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        tries = job.attempts + 1
        if tries >= (FEW_TRIES if isinstance(exception, _NO_USE) else MOST_TRIES):
            # An answer without a verdict gets another job, now and then: see bot.usecases.resuming.
            reason = _fit_for_a_log(exception)
            _log.error("a job is given up", task=job.task_name, given=job.task_kwargs, tries=tries, reason=reason)
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), LONGEST_PAUSE)})


def _fit_for_a_log(exception: BaseException) -> str:
    name = type(exception).__name__
    # Of others the text may quote a learner's code.
    return f"{name}: {exception}" if isinstance(exception, (FrameError, RuleBroken)) else name


def _task(does: Perform) -> Perform:
    async def task(number: object) -> None:
        if not isinstance(number, int):
            raise TypeError("a task is given the number of its row")
        await does(number)

    return task
