"""What a learner knows, and what there is to practise, as the use cases see it; see :mod:`bot.repositories`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.memory import Given, Memory
from bot.core.records import Community, Learner, Posting


class Learning(Protocol):
    """Memories of topics, and what was practised."""

    async def memories(self, learner: Learner, topics: Collection[str] | None = None) -> tuple[Memory, ...]:
        """What the learner remembers, by topic: of these topics, or of all.

        Those of named topics are the caller's alone until the transaction ends.
        """

    async def remember(self, learner: Learner, memories: Sequence[Memory]) -> None:
        """Put these in the place of what the learner remembered of their topics."""

    async def forget(self, learner: Learner, topics: Collection[str]) -> None:
        """Have the learner remember nothing of these topics."""

    async def stays(self, learner: Learner) -> bool:
        """Whether the learner is still known; nobody deletes them before the transaction ends."""

    async def history(self, learner: Learner) -> tuple[Given, ...]:
        """All that the learner gave, or gave up, in the order in which it came, but for what was taken back."""

    async def learners_of(self, posting: Posting) -> tuple[Learner, ...]:
        """Who has judged answers to a posting, or gave up on it."""

    async def practised(self, learner: Learner) -> tuple[str, ...]:
        """Ids of the questions the learner has answered in practice, the latest last."""

    async def solved_since(self, learner: Learner, at: datetime) -> frozenset[str]:
        """Ids of the questions the learner has solved at ``at`` or later."""

    async def open_postings(self, community: Community) -> tuple[Posting, ...]:
        """What is open for answers that count, anywhere in the community."""
