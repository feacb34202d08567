"""The points at which a process is killed, and the store and the messenger that announce reaching them.

A point is ``MOMENT WHAT``. WHAT is something a repository did, in the words of the code; MOMENT is ``before`` or
``after`` it, or, of the transaction it was part of, ``uncommitted`` (all is written, nothing committed) or
``committed``. The platform has points of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from bot.repositories import Store, UnitOfWork

POINTS = (
    "before submissions.add",
    "after submissions.add",
    "after messages.expect",
    "uncommitted submissions.add",
    "committed submissions.add",
    "before submissions.judged",
    "after submissions.judged",
    "after competition.earn",
    "after outbox.put",
    "after outbox.claim",
    "uncommitted submissions.judged",
    "committed submissions.judged",
    "before messages.shown",
    "uncommitted messages.shown",
    "committed messages.shown",
    "before the platform takes a verdict",
    "after the platform took a verdict",
    "after messages.forget",
    "uncommitted outbox.done",
    "committed outbox.done",
    "before postings.claim",
    "after postings.claim",
    "uncommitted postings.claim",
    "committed postings.claim",
    "before the platform takes a posting",
    "after the platform took a posting",
)
REPOSITORIES = ("submissions", "messages", "competition", "outbox", "postings", "administration", "questions")

Reached = Callable[[str], None]


class Announcing:
    """A store that tells ``reached`` of every point it passes."""

    def __init__(self, store: Store, reached: Reached) -> None:
        self._store = store
        self._reached = reached

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        done: list[str] = []
        async with self._store.begin() as work:
            yield _Unit(work, done, self._reached)  # type: ignore[misc]
            for what in done:
                self._reached(f"uncommitted {what}")
        for what in done:
            self._reached(f"committed {what}")

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._store.read()


class _Unit:
    def __init__(self, work: Any, done: list[str], reached: Reached) -> None:
        self._work, self._done, self._reached = work, done, reached

    def __getattr__(self, name: str) -> Any:
        repository = getattr(self._work, name)
        return _Repository(name, repository, self._done, self._reached) if name in REPOSITORIES else repository


class _Repository:
    def __init__(self, name: str, repository: Any, done: list[str], reached: Reached) -> None:
        self._name, self._repository, self._done, self._reached = name, repository, done, reached

    def __getattr__(self, verb: str) -> Any:
        method, what = getattr(self._repository, verb), f"{self._name}.{verb}"

        async def announced(*arguments: Any, **options: Any) -> Any:
            self._reached(f"before {what}")
            given = await method(*arguments, **options)
            self._done.append(what)
            self._reached(f"after {what}")
            return given

        return announced
