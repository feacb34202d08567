"""When we were there to take answers, and when not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, case, insert, select

from bot.core.uptime import Span
from bot.store.admin_tables import outage, pulse
from bot.store.connection import Connected
from bot.store.engine import Columns, insert_or_change

_ONLY = 1
_LAST = select(pulse.c.at).where(pulse.c.id == _ONLY).with_for_update()
_SINCE = (
    select(outage.c.began_at, outage.c.ended_at)
    .where(outage.c.ended_at > bindparam("since"), outage.c.began_at < bindparam("until"))
    .order_by(outage.c.began_at)
)


class SqlUptime:
    """See :class:`bot.timetable.Uptime`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def beat(self, at: datetime) -> datetime | None:
        """Note that we are there at ``at``; when that was noted last, by any process."""
        # Whoever asks at the same moment waits, and is told of this very beat.
        last: datetime | None = await self._connection.scalar(_LAST)
        await insert_or_change(self._connection, pulse, {"id": _ONLY, "at": at}, _later)
        return last

    async def away(self, span: Span) -> None:
        """Note that nobody was there to take answers."""
        await self._connection.execute(insert(outage), {"began_at": span.began_at, "ended_at": span.ended_at})

    async def outages(self, span: Span) -> tuple[Span, ...]:
        """When nobody was there, as far as it touches ``span``, the earliest first."""
        asked = {"since": span.began_at, "until": span.ended_at}
        return tuple(Span(*row) for row in await self._connection.execute(_SINCE, asked))


def _later(new: Columns) -> dict[str, object]:
    # Of two machines one may be behind: what the other noted must not become earlier by that.
    return {"at": case((new["at"] > pulse.c.at, new["at"]), else_=pulse.c.at)}
