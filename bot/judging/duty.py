"""A judge at work: it takes jobs while its cells can be had, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.ports import Judge, JudgeUnavailable
from bot.queueing import Lane

LOOK_SECONDS = 5.0
"""How often a judge without cells looks whether it can have some."""
QUESTIONS_AT_ONCE = 2
PER_CELL = 2
"""Answers taken for each cell: one runs, and the next is there when it ends."""


class WrongTorch(Exception):
    """The cells have another torch than questions are proven with. The message says what to do."""


class Workers(Protocol):
    """See :class:`bot.store.working.Workers`."""

    async def work(self, at_once: Mapping[Lane, int]) -> None:
        """Take jobs of these lanes until stopped or cancelled."""

    def stop(self) -> None:
        """Take no more."""


class Duty:
    """Keeps ``workers`` taking jobs for ``judge``. ``torch`` tells the version that its cells must have now.

    ``tell`` receives a sentence when it can, or can no longer, judge; ``on_ready`` whether it does.
    """

    def __init__(
        self,
        judge: Judge,
        cells: int,
        torch: Callable[[], Awaitable[str]],
        tell: Callable[[str], None],
        on_ready: Callable[[bool], None],
    ) -> None:
        self._judge = judge
        self._cells = cells
        self._torch = torch
        self._tell = tell
        self._on_ready = on_ready
        self._workers: Workers | None = None
        self._looking: asyncio.Task[None] | None = None

    def guarded(self, perform: Callable[[int], Awaitable[None]]) -> Callable[[int], Awaitable[None]]:
        """``perform``, after which no more jobs are taken where it could not be done and no cell can be had.

        Until that is known it keeps its place, in which another would only fail as well.
        """

        async def guarded(number: int) -> None:
            try:
                await perform(number)
            except JudgeUnavailable:
                await self._look()
                raise

        return guarded

    async def _look(self) -> None:
        """Stop where no cell can be had: a job may have failed for a reason of its own, and then others need not."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._stop_if_unable())
        await asyncio.shield(self._looking)

    async def _stop_if_unable(self) -> None:
        try:
            await self._judge.torch_version()
        except JudgeUnavailable:
            if self._workers is not None:
                self._workers.stop()

    async def serve(self, workers: Workers) -> None:
        """Take jobs until cancelled. Raises :class:`WrongTorch`."""
        self._workers = workers
        while True:
            found = await self._until_able()
            self._tell(f"taking jobs with {self._cells} cells")
            self._on_ready(True)
            watching = asyncio.create_task(self._stop_once_other_than(found, workers))
            try:
                await workers.work({Lane.ANSWERS: PER_CELL * self._cells, Lane.QUESTIONS: QUESTIONS_AT_ONCE})
            finally:
                self._on_ready(False)
                watching.cancel()
            if not watching.done():
                self._tell("no cell could be had: taking no jobs until that changes")

    async def _stop_once_other_than(self, found: str, workers: Workers) -> None:
        while await self._torch() == found:  # noqa: ASYNC110  whoever changes it is elsewhere
            await asyncio.sleep(LOOK_SECONDS)
        workers.stop()

    async def _until_able(self) -> str:
        told = ""
        while True:
            try:
                found = await self._judge.torch_version()
            except JudgeUnavailable as fault:
                if str(fault) != told:
                    told = str(fault)
                    self._tell(f"taking no jobs, as no cell can be had: {fault}")
                    self._on_ready(False)
            else:
                if found != (wanted := await self._torch()):
                    raise WrongTorch(
                        f"The cells have torch {found}, and the bots prove questions with {wanted}: gradients may "
                        "differ. Have the bots' checkout here, too, and build its image (`make image`, "
                        "or `docker compose build sandbox-image`), or unset CHAINRULE_IMAGE, where that names another."
                    )
                return found
            await asyncio.sleep(LOOK_SECONDS)
