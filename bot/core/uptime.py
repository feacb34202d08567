"""When we were not there to take answers, and which postings that excuses. Times are aware UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SILENCE = timedelta(minutes=5)
"""After so long without a sign of life we were away; a process gives one every half a minute."""
LAST_HOUR = timedelta(hours=1)
SHARE = 4
"""One part in so many of the time a posting was open, missed, excuses it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: the end is not in it."""

    began_at: datetime
    ended_at: datetime


def silence(last: datetime | None, now: datetime) -> Span | None:
    """The outage between two signs of life; ``None`` where they are close, or a clock was set back between them."""
    return Span(last, now) if last is not None and now - last > SILENCE else None


def is_excused(opened_at: datetime, closed_at: datetime, outages: Sequence[Span]) -> bool:
    """Whether whoever did not answer a posting is to lose nothing by that.

    It is so where nobody took answers for a quarter of the time it was open, or for half of its last hour.
    """
    whole, last = Span(opened_at, closed_at), Span(max(opened_at, closed_at - LAST_HOUR), closed_at)
    return _missed(whole, outages) * SHARE >= _length(whole) > timedelta(0) or (
        _missed(last, outages) * 2 >= _length(last) > timedelta(0)
    )


def _missed(span: Span, outages: Sequence[Span]) -> timedelta:
    return sum(map(_length, _within(span, outages)), timedelta(0))


def _within(span: Span, outages: Sequence[Span]) -> Iterator[Span]:
    """The parts of ``span`` in which there was an outage; none of it twice."""
    done = span.began_at
    for outage in sorted(outages, key=lambda outage: outage.began_at):
        began, ended = max(done, outage.began_at), min(span.ended_at, outage.ended_at)
        if began < ended:
            yield Span(began, ended)
            done = ended


def _length(span: Span) -> timedelta:
    return span.ended_at - span.began_at
