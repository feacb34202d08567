"""What the service remembers, as frozen values; rows of the database never leave the store. Times are aware UTC."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.questions import Question
from bot.core.slots import SlotKind, slot
from bot.core.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Community:
    """A Discord server, a Slack workspace, or this terminal; ``platform`` and ``external_id`` identify it."""

    id: int
    platform: str
    external_id: str
    name: str
    season_months: int = 3
    """How long a season is: 1, 2, 3, 4, 6 or 12 months of the calendar."""
    keeper_id: int | None = None
    """The admin (a learner's id) who is told what admins must know."""
    left_at: datetime | None = None
    """When it removed the bot; after a grace period all that is known of it is deleted."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A person in one community; a ``hidden`` one appears on no board."""

    id: int
    community_id: int
    external_id: str
    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where and by which clock a community's questions appear; ``zone`` is an IANA name."""

    id: int
    community_id: int
    channel: str
    zone: str
    post_at: int | None = None
    """Minutes after midnight by the clock on the wall there; ``None`` where only an admin posts."""
    days: int = 0b1111111
    """The days of the week it posts on: bit 0 is Monday."""
    mix: str = "any"
    """How hard which day is: the name of one of :data:`bot.core.choosing.MIXES`."""
    paused: bool = False
    skip_until: date | None = None
    """Nothing is posted by itself up to this local date, which is included."""
    next_at: datetime | None = None
    """When it posts next; ``None`` while it does not post by itself."""
    zone_data: str = ""
    """The version of the zone database that ``next_at`` was computed with."""
    board: bool = False
    """Whether a leaderboard is shown in the channel, and kept up to date."""


@dataclass(frozen=True, slots=True)
class QuestionVersion:
    """One content of a question; ``digest`` is the SHA-256 of its file. Postings and submissions keep theirs."""

    id: int
    digest: str
    question: Question


class PostingState(enum.StrEnum):
    """Life of a posting."""

    POSTED = "posted"
    CLOSED = "closed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Posting:
    """A question posted for a local date; at most one per (schedule, local date). ``practice`` never scores."""

    id: int
    schedule: Schedule
    local_date: date
    version: QuestionVersion
    state: PostingState
    opened_at: datetime
    practice: bool
    closed_at: datetime | None = None
    due_at: datetime | None = None
    """When the schedule meant it to be posted; ``None`` where somebody posted it by hand."""
    excused: bool = False
    """It could not be answered for long, through our fault: it counts for nobody's streak but theirs who did."""

    @property
    def community_id(self) -> int:
        """The community it was posted in."""
        return self.schedule.community_id


class SubmissionState(enum.StrEnum):
    """Life of a submission: stored before it is acknowledged, judged once; void where it can no longer be read."""

    STORED = "stored"
    JUDGED = "judged"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer of one learner; unique per (platform, event id). ``attempt`` counts from 1 per posting.

    That of a void one is no attempt: it is negative.
    """

    id: int
    posting_id: int
    learner_id: int
    event_id: str
    text: str
    received_at: datetime
    attempt: int
    state: SubmissionState
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A stored answer with what it answers, and who gave it."""

    submission: Submission
    posting: Posting
    learner: Learner
    community: Community

    @property
    def platform(self) -> str:
        """Where its learner is to be found."""
        return self.community.platform

    @property
    def question(self) -> Question:
        """The question it answers."""
        return self.posting.version.question

    @property
    def slot(self) -> str:
        """The message its verdict goes into."""
        return slot(SlotKind.VERDICT, self.submission.id)


@dataclass(frozen=True, slots=True)
class Message:
    """Where the message of a slot is: ``address`` is the platform's own text, sealed where it lets one write there.

    ``shown_at`` is ``None`` until the platform has taken it: before that nothing may be edited into it. After
    ``expires_at`` the address is worth nothing.
    """

    slot: str
    platform: str
    address: str
    expected_at: datetime
    shown_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of the outbox, claimed: what is to be shown in ``slot``.

    ``learner_id`` is who it is for, ``None`` for everybody. ``detail`` is the use case's own. ``revision`` moves
    whenever there is something newer to show. From ``leased_until`` on, which is ``None`` for what nobody claimed,
    another process may show it.
    """

    slot: str
    platform: str
    learner_id: int | None
    detail: str
    attempts: int
    revision: int
    leased_until: datetime | None = None


class UploadState(enum.StrEnum):
    """Life of an uploaded question; only a proven one can be published."""

    CHECKING = "checking"
    PROVEN = "proven"
    REFUSED = "refused"
    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of what was found about an uploaded question; ``ok`` is ``None`` where there was nothing to check."""

    name: str
    ok: bool | None
    detail: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found about an uploaded question; ``question_id`` is empty where it could not be read."""

    question_id: str
    title: str
    lines: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A question file an admin sent, unique per (platform, event id)."""

    id: int
    community_id: int
    learner_id: int
    event_id: str
    text: str
    received_at: datetime
    state: UploadState
    findings: Findings | None = None


class Window(enum.StrEnum):
    """Spans a leaderboard can cover; ``SEASON`` is the default one."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Placed:
    """One line of a leaderboard; learners with equal points share a rank (1, 1, 3), hidden ones take none."""

    rank: int
    learner: Learner
    points: int
    solved: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has done on one posting; ``revoked``: how often a solution of theirs was taken back."""

    attempts: int = 0
    solved: bool = False
    hints_used: int = 0
    gave_up: bool = False
    points: int = 0
    revoked: int = 0

    @property
    def is_open(self) -> bool:
        """Whether solution and hints are free to see."""
        return self.solved or self.gave_up


@dataclass(frozen=True, slots=True)
class Correction:
    """What is added to the ledger for one learner on one posting; ``solved`` is 1, 0 or -1."""

    learner_id: int
    points: int
    solved: int


@dataclass(frozen=True, slots=True)
class AnsweredPosting:
    """A posting of a schedule in date order, and whether one learner answered it before it closed."""

    local_date: date
    answered: bool
    void: bool = False
    excused: bool = False
