"""The competition as the use cases see it: a ledger of awards, the boards, and how questions fare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.core.health import QuestionHealth
from bot.core.records import Community, Correction, Learner, Message, Placed, Posting, Progress, Submission, Window


@dataclass(frozen=True, slots=True)
class Ledger:
    """What each learner has on one posting: points and whether it is solved (0 or 1), by learner; and help shown.

    ``help_used`` are the hints by index, and -1 for giving up, each with when it was shown.
    """

    sums: Mapping[int, tuple[int, int]]
    help_used: Mapping[int, tuple[tuple[int, datetime], ...]]


@dataclass(frozen=True, slots=True)
class Around:
    """What everybody sees that an answer to a posting may change: messages that are shown, and when it closed."""

    closed_at: datetime | None
    shown: tuple[Message, ...]


class Competition(Protocol):
    """Points and places; awards are a ledger, standings a rollup kept in the same transaction."""

    async def earn(
        self,
        posting: Posting,
        learner: Learner,
        worth: Callable[[Progress], tuple[str, int] | None],
        at: datetime,
        *,
        answered_at: datetime,
    ) -> tuple[bool, Progress]:
        """Append what an answer is ``worth``, as cause and points, by what its learner has done before it.

        Whether it was appended, and what they had done: not where (learner, posting, cause) is there already, where the
        posting is void by then, nor where the answer came after it closed. The standings of every window of the
        posting's local date move with it, unless it is practice.
        """

    async def void(self, posting: Posting, at: datetime) -> tuple[Correction, ...] | None:
        """Take a posting back and all that was earned on it, by corrections; ``None`` where it is void already."""

    async def correct(
        self, posting: Posting, cause: str, corrections: Sequence[Correction], at: datetime
    ) -> tuple[Correction, ...]:
        """Append corrections for several learners, each unless it is there already; those of learners still there.

        None of these goes before the transaction ends.
        """

    async def ledger(self, posting: Posting) -> Ledger:
        """What everybody has earned on a posting, and the help they had."""

    async def use_hint(self, posting: Posting, learner: Learner, index: int, at: datetime) -> None:
        """Record that a hint was shown (index from 0); ``index`` -1 stands for giving up. Idempotent."""

    async def progress(self, posting: Posting, learner: Learner) -> Progress:
        """What the learner has done on this posting; what is void is no attempt."""

    async def counts(self, posting: Posting) -> tuple[int, int]:
        """How many learners answered a posting before it closed, and how many solved it.

        What is void is no answer here; for a streak it is one.
        """

    async def board(self, community: Community, window: Window, key: str, top: int) -> tuple[Placed, ...]:
        """The first ``top`` places of the window named ``key`` (see :func:`bot.core.scoring.window_keys`).

        Equal points are listed by name, except at the end of a list that very many would share.
        """

    async def place(self, learner: Learner, window: Window, key: str) -> Placed | None:
        """The learner's own place on the board of their community, however far down; ``None`` without points.

        A hidden one's is where they would be.
        """

    async def points(self, learner: Learner) -> int:
        """All points of a learner."""

    async def hide(self, learner: Learner, *, hidden: bool) -> None:
        """Leave a learner out of every board, or put them back."""

    async def count_seasons_anew(self, community: Community, season_months: int) -> None:
        """Give a community seasons of another length, the past ones too."""

    async def keep_board(self, schedule_id: int, *, kept: bool) -> None:
        """Whether a leaderboard is kept in the channel of the schedule with this id."""

    async def has_board(self, community: Community, channel: str) -> bool:
        """Whether a leaderboard is kept in that channel."""

    async def around(self, posting: Posting) -> Around:
        """What everybody sees of a posting and of its community's boards."""

    async def boards(self, community_id: int) -> tuple[Message, ...]:
        """The boards that are shown in channels of a community and kept up to date."""

    async def recaps(self, community_id: int) -> tuple[Message, ...]:
        """What channels of a community were told of its seasons, where that can still be changed."""


class Health(Protocol):
    """How questions fare, and how a season went. Practice and what is void are left out."""

    async def of_questions(self, community: Community, question_id: str = "") -> tuple[QuestionHealth, ...]:
        """What the questions asked in a community came to, by id; only one of them if it is named."""

    async def unsolved(self, posting: Posting) -> tuple[int, int]:
        """Judged answers to a posting and how many learners gave them; none where somebody solved it."""

    async def first_since(self, posting: Posting, day: date) -> bool:
        """Whether ``posting`` is its community's first from ``day`` on, and not its first ever."""

    async def last_before(self, posting: Posting, day: date) -> date | None:
        """The last local date before ``day`` for which the community of ``posting`` has one."""

    async def solvers(self, community: Community, window: Window, key: str) -> int:
        """How many learners solved a question in a window."""

    async def between(self, community: Community, start: date, end: date) -> tuple[tuple[Posting, int, int], ...]:
        """The postings of local dates from ``start`` to before ``end``, each with how many answered and solved it."""

    async def who_answered(self, posting: Posting) -> frozenset[int]:
        """The ids of who answered a posting before it closed, but for who is hidden."""

    async def is_waiting(self, posting: Posting) -> bool:
        """Whether an answer in the community of ``posting`` has no verdict yet."""


class Reports(Protocol):
    """What learners say is wrong with a question or a verdict."""

    async def add(
        self, learner: Learner, posting: Posting, submission: Submission | None, event_id: str, text: str, at: datetime
    ) -> int | None:
        """Store a report; its number, or ``None`` where the same event stored it before."""

    async def has(self, learner: Learner, event_id: str) -> bool:
        """Whether this event stored one already."""

    async def count(self, learner: Learner, posting: Posting) -> int:
        """How many a learner has sent about a posting."""
