"""Warm cells that start while others are in use: a start takes seconds, of one processor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from sandbox.pool import Cells
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import SQUARE, answer, floats
from tests.sandbox.leased import LeasedCells


class Ahead:
    """Starts cells in the order of ``plan``, some ahead of what is taken; use as a context manager."""

    def __init__(self, plan: Iterable[Cells], at_once: int) -> None:
        self._plan = iter(plan)
        self._at_once = at_once
        self._starting: deque[tuple[Cells, Future[OneCell]]] = deque()
        self._latest: Cells | None = None
        self._starters = ThreadPoolExecutor(at_once)

    def __enter__(self) -> Ahead:
        self._begin()
        return self

    def __exit__(self, *raised: object) -> None:
        while self._starting:
            self._discard()
        self._starters.shutdown()

    def take(self, cells: Cells) -> OneCell:
        """The next of ``cells``: past what was planned before them, and one more where that is not planned."""
        while self._starting and cells not in (self._starting[0][0], self._latest):
            self._discard()
            self._begin()
        self._latest = cells
        if not self._starting or self._starting[0][0] is not cells:
            return _started(cells)
        _, started = self._starting.popleft()
        self._begin()
        return started.result()

    def _begin(self) -> None:
        for cells in islice(self._plan, self._at_once - len(self._starting)):
            self._starting.append((cells, self._starters.submit(_started, cells)))

    def _discard(self) -> None:
        _, started = self._starting.popleft()
        if not started.cancel() and started.exception() is None:
            started.result().close()


def _started(cells: Cells) -> OneCell:
    one = OneCell(LeasedCells(cells))
    try:
        report = one.run(answer(SQUARE, entry="gradient"))
        assert report.trials == ({"result": floats(4.0, 6.0)},), report
    except BaseException:
        one.close()
        raise
    return one
