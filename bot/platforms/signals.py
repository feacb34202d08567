"""Signals end the session by cancelling it, so that everything it opened is closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator


class Signals:
    """Turns SIGTERM, SIGHUP and SIGINT into one cancellation of ``task``; while it closes, further ones are ignored.

    Within :meth:`interruptible`, SIGINT calls a function instead.
    """

    def __init__(self, task: asyncio.Task[int]) -> None:
        self.received: signal.Signals | None = None
        self._task = task
        self._at = 0.0
        self._ignoring = False
        self._on_interrupt: Callable[[], None] | None = None
        loop = task.get_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self._receive, number)

    @contextlib.contextmanager
    def interruptible(self, on_interrupt: Callable[[], None]) -> Iterator[None]:
        """While the block runs, Ctrl-C calls ``on_interrupt``."""
        self._on_interrupt = on_interrupt
        try:
            yield
        finally:
            self._on_interrupt = None

    def left(self, seconds: float) -> float:
        """How many of so many ``seconds`` after the signal are left; none where there was no signal."""
        return max(0.0, self._at + seconds - self._task.get_loop().time()) if self.received else 0.0

    def ignore(self) -> None:
        """From now on the session is closing by itself."""
        self._ignoring = True

    def _receive(self, number: signal.Signals) -> None:
        if number is signal.SIGINT and self._on_interrupt is not None:
            self._on_interrupt()
        elif not self._ignoring:
            self.received = number
            self._at = self._task.get_loop().time()
            self._ignoring = True
            self._task.cancel()


def run(session: Callable[[Signals], Coroutine[None, None, int]]) -> int:
    """Run ``session`` to its end and return its exit code, or 128 + the number of the signal that ended it."""

    async def main() -> int:
        task = asyncio.current_task()
        assert task is not None
        signals = Signals(task)
        try:
            return await session(signals)
        except asyncio.CancelledError:
            if signals.received is None:
                raise
            return 128 + signals.received

    return asyncio.run(main())
