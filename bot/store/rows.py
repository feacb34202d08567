"""How a row becomes a frozen record."""

from __future__ import annotations

from sqlalchemy import RowMapping

from bot.core.administration import AuditEntry, Notice
from bot.core.questions import Mistake, Trial
from bot.core.records import (
    Community,
    Delivery,
    Learner,
    Message,
    Posting,
    QuestionVersion,
    Schedule,
    Submission,
    Upload,
)
from bot.store.admin_tables import audit, notice, upload
from bot.store.tables import (
    community,
    learner,
    message,
    outbox,
    posting,
    question_version,
    schedule,
    submission,
    trial,
)


def community_in(row: RowMapping) -> Community:
    """The community in a row that has the columns of :data:`community`."""
    columns = community.c
    return Community(
        id=row[columns.id],
        platform=row[columns.platform],
        external_id=row[columns.external_id],
        name=row[columns.name],
        season_months=row[columns.season_months],
        keeper_id=row[columns.keeper_id],
        left_at=row[columns.left_at],
    )


def learner_in(row: RowMapping) -> Learner:
    """The learner in a row that has the columns of :data:`learner`."""
    columns = learner.c
    return Learner(*(row[columns[name]] for name in ("id", "community_id", "external_id", "name", "hidden")))


def schedule_in(row: RowMapping) -> Schedule:
    """The schedule in a row that has the columns of :data:`schedule`."""
    columns = schedule.c
    return Schedule(
        id=row[columns.id],
        community_id=row[columns.community_id],
        channel=row[columns.channel],
        zone=row[columns.zone],
        post_at=row[columns.post_at],
        days=row[columns.days],
        mix=row[columns.mix],
        paused=row[columns.paused],
        skip_until=row[columns.skip_until],
        next_at=row[columns.next_at],
        zone_data=row[columns.zone_data],
        board=row[columns.board],
    )


def version_in(row: RowMapping) -> QuestionVersion:
    """The version in a row that has the columns of :data:`question_version`."""
    columns = question_version.c
    return QuestionVersion(row[columns.id], row[columns.digest], row[columns.content])


def trial_in(row: RowMapping) -> Trial:
    """The trial in a row that has the columns of :data:`trial`."""
    columns = trial.c
    mistakes = tuple(Mistake(each["observed"], each["error"]) for each in row[columns.mistakes])
    return Trial(row[columns.inputs], row[columns.expected], row[columns.noise], row[columns.id], mistakes)


def posting_in(row: RowMapping) -> Posting:
    """The posting in a row that has the columns of :data:`posting`, its version and its schedule."""
    columns = posting.c
    return Posting(
        id=row[columns.id],
        schedule=schedule_in(row),
        local_date=row[columns.local_date],
        version=version_in(row),
        state=row[columns.state],
        opened_at=row[columns.opened_at],
        practice=row[schedule.c.practice],
        closed_at=row[columns.closed_at],
        due_at=row[columns.due_at],
        excused=row[columns.excused],
    )


def submission_in(row: RowMapping) -> Submission:
    """The submission in a row that has the columns of :data:`submission`."""
    columns = submission.c
    return Submission(
        id=row[columns.id],
        posting_id=row[columns.posting_id],
        learner_id=row[columns.learner_id],
        event_id=row[columns.event_id],
        text=row[columns.text],
        received_at=row[columns.received_at],
        attempt=row[columns.attempt],
        state=row[columns.state],
        verdict=row[columns.verdict],
    )


def message_in(row: RowMapping) -> Message:
    """The message in a row that has the columns of :data:`message`."""
    columns = message.c
    return Message(
        slot=row[columns.slot],
        platform=row[columns.platform],
        address=row[columns.address],
        expected_at=row[columns.expected_at],
        shown_at=row[columns.shown_at],
        expires_at=row[columns.expires_at],
    )


def delivery_in(row: RowMapping) -> Delivery:
    """The delivery in a row that has the columns of :data:`outbox`."""
    columns = outbox.c
    return Delivery(
        slot=row[columns.slot],
        platform=row[columns.platform],
        learner_id=row[columns.learner_id],
        detail=row[columns.detail],
        attempts=row[columns.attempts],
        revision=row[columns.revision],
    )


def notice_in(row: RowMapping) -> Notice:
    """The notice in a row that has the columns of :data:`notice`."""
    columns = notice.c
    return Notice(*(row[columns[name]] for name in ("id", "community_id", "kind", "about", "text", "at")))


def audit_entry_in(row: RowMapping) -> AuditEntry:
    """The entry in a row that has the columns of :data:`audit` and, if they are still known, of its :data:`learner`."""
    columns = audit.c
    who = None if row[columns.learner_id] is None else learner_in(row)
    return AuditEntry(row[columns.id], who, row[columns.action], row[columns.detail], row[columns.at])


def upload_in(row: RowMapping) -> Upload:
    """The upload in a row that has the columns of :data:`upload`."""
    columns = upload.c
    return Upload(
        id=row[columns.id],
        community_id=row[columns.community_id],
        learner_id=row[columns.learner_id],
        event_id=row[columns.event_id],
        text=row[columns.text],
        received_at=row[columns.received_at],
        state=row[columns.state],
        findings=row[columns.findings],
    )
