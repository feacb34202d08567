"""What is kept of people and communities, and how it goes, as the use cases see it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.core.records import Community, Learner

Rows: TypeAlias = Mapping[str, Sequence[Mapping[str, object]]]
"""By table, rows that JSON can hold."""


class Privacy(Protocol):
    """All that is known of one person."""

    async def counts(self, learner: Learner) -> Mapping[str, int]:
        """How many rows of each table are theirs, but for their own."""

    async def everything(self, learner: Learner) -> Rows:
        """Every row that is theirs; where it is about a posting, with its question and date."""

    async def forget(self, learner: Learner) -> None:
        """Delete all of it, and take their name from what must stay: what they did as an admin.

        Whatever is just being recorded for them comes before, and goes too, or comes after, and is not recorded.
        """

    async def empty_old_texts(self, before: datetime, after: int, most: int) -> tuple[int | None, bool]:
        """Empty what people wrote before that time, and what was said of it; that there was a verdict stays.

        Looks at ``most`` answers from the one numbered ``after`` on; the number of the last one that was old, ``None``
        where there was no old one, and whether all the old ones are empty now. One is not that has no verdict yet, or
        just gets another.
        """

    async def empty_old_reports(self, before: datetime, expired: datetime) -> None:
        """The same of reports, notices and uploads that are decided; and delete addresses that ``expired`` before."""


class Tenancy(Protocol):
    """Communities that come and go, and what each has settled."""

    async def leave(self, platform: str, external_id: str, at: datetime) -> None:
        """A community has removed the bot; one that had already, keeps its time."""

    async def join(self, platform: str, external_id: str) -> None:
        """A community has the bot, perhaps again; one that nobody knows stays unknown."""

    async def compare(
        self, platform: str, present: Collection[str], at: datetime, among: Callable[[str], bool]
    ) -> None:
        """``among`` those of a platform, whoever is not ``present`` has left, and whoever is has not."""

    async def left_before(self, at: datetime) -> tuple[Community, ...]:
        """Communities that left before that time."""

    async def purge(self, community: Community, most: int) -> bool | None:
        """Delete all of a community that has left, ``most`` of its learners at a time; whether all is gone by that.

        ``None`` where nothing was deleted, because it is back or another has purged it.
        """
