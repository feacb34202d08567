"""What a line of the outbox says now: the card of its slot, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.effects import Show, To
from bot.core.presenting.closings import closing_card
from bot.core.presenting.corrections import void_posting_card
from bot.core.presenting.notices import notice_card
from bot.core.presenting.postings import posting_card
from bot.core.presenting.troubles import unposted_card
from bot.core.presenting.uploads import upload_card
from bot.core.records import Delivery, PostingState, SubmissionState, UploadState
from bot.core.slots import SlotKind, kind_of, number_of, slot
from bot.ports import Destination
from bot.repositories import UnitOfWork
from bot.usecases.boards import board_card, day_of, recap
from bot.usecases.cases import outcome_card
from bot.usecases.parts import Parts
from bot.usecases.rejudgements import found_card
from bot.usecases.replies import address_of


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line of the outbox, ready to be shown; ``is_final``: nothing more will come for its slot by itself."""

    show: Show
    to: Destination
    is_final: bool


async def prepared(parts: Parts, work: UnitOfWork, delivery: Delivery, at: datetime) -> Prepared | None:
    """What is to be shown in a slot as things are now; ``None`` where there is nothing any more."""
    address = address_of(parts, await work.messages.find(delivery.slot), at)
    match kind_of(delivery.slot):
        case SlotKind.POSTING:
            return await _posting(work, delivery, address)
        case SlotKind.CLOSING:
            return await _closing(parts, work, delivery, address)
        case SlotKind.UNPOSTED:
            return await _unposted(work, delivery, address)
        case SlotKind.VERDICT:
            return await _verdict(parts, work, delivery, address)
        case SlotKind.NOTICE:
            return await _notice(work, delivery, address)
        case SlotKind.BOARD:
            return await _board(work, delivery, address, at)
        case SlotKind.RECAP:
            found = await recap(work, delivery, address, again=_again(delivery))
            return found and Prepared(*found, is_final=False)
        case SlotKind.REJUDGE:
            return await _rejudgement(parts, work, delivery, address)
        case _:
            return await _upload(work, delivery, address)


async def _posting(work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    posting = await work.postings.get(number_of(delivery.slot))
    # One that never got into its channel while it was open would be a second question beside the one that now is.
    if posting is None or (posting.state is not PostingState.POSTED and not address):
        return None
    answered, solved = await work.competition.counts(posting)
    community = await work.communities.community_of(posting.community_id)
    to = Destination(community.external_id, posting.schedule.channel, "", address, again=_again(delivery))
    is_void = posting.state is PostingState.VOID
    card = void_posting_card(posting) if is_void else posting_card(posting, answered, solved)
    return Prepared(Show(card, To.PUBLIC, delivery.slot), to, is_final=False)


async def _board(work: UnitOfWork, delivery: Delivery, address: str, at: datetime) -> Prepared | None:
    schedule = await work.schedules.get(number_of(delivery.slot))
    if schedule is None or not (schedule.board or address):
        return None
    community = await work.communities.community_of(schedule.community_id)
    to = Destination(community.external_id, schedule.channel, "", address, again=_again(delivery))
    card = await board_card(work, schedule, await day_of(work, schedule, at))
    return Prepared(Show(card, To.PUBLIC, delivery.slot), to, is_final=not schedule.board)


async def _rejudgement(parts: Parts, work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    found = await found_card(parts.rejudgements, work, number_of(delivery.slot))
    if found is None or delivery.learner_id is None:
        return None
    card, is_final = found
    to = await _to_learner(work, delivery, delivery.learner_id, address)
    return Prepared(Show(card, slot=delivery.slot), to, is_final)


async def _closing(parts: Parts, work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    posting = await work.postings.get(number_of(delivery.slot))
    if posting is None or posting.state is PostingState.POSTED:
        return None
    community = await work.communities.community_of(posting.community_id)
    if posting.state is PostingState.VOID:
        if not address:
            return None
        to = Destination(community.external_id, posting.schedule.channel, "", address, again=_again(delivery))
        return Prepared(Show(void_posting_card(posting), To.PUBLIC, delivery.slot), to, is_final=False)
    counts = await work.competition.counts(posting)
    message = await work.messages.find(slot(SlotKind.POSTING, posting.id))
    if message is None and not any(counts):
        return None  # nobody ever saw it
    card = closing_card(
        posting,
        counts,
        await work.submissions.diagnoses(posting),
        await work.submissions.waiting(posting),
        open_elsewhere=await work.postings.is_open_elsewhere(posting),
    )
    below = address_of(parts, message, parts.clock())
    to = Destination(community.external_id, posting.schedule.channel, "", address, _again(delivery), below)
    return Prepared(Show(card, To.PUBLIC, delivery.slot), to, is_final=False)


async def _unposted(work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    posting = await work.postings.get(number_of(delivery.slot))
    if posting is None or delivery.learner_id is None:
        return None
    to = await _to_learner(work, delivery, delivery.learner_id, address)
    return Prepared(Show(unposted_card(posting, delivery.detail), slot=delivery.slot), to, is_final=True)


async def _notice(work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    notice = await work.administration.notice(number_of(delivery.slot))
    if notice is None or delivery.learner_id is None:
        return None
    to = await _to_learner(work, delivery, delivery.learner_id, address)
    return Prepared(Show(notice_card(notice), slot=delivery.slot), to, is_final=True)


async def _verdict(parts: Parts, work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    case = await work.submissions.case(number_of(delivery.slot))
    if case is None:
        return None
    submission = case.submission
    if _again(delivery):
        # It may be there already, and a later answer in its place: that one shall not be written over.
        last = await work.submissions.latest(case.posting, case.learner)
        if last is not None and last.id > submission.id:
            return None
    card = await outcome_card(parts, work, case, delivery.detail)
    to = Destination(case.community.external_id, "", case.learner.external_id, address, again=_again(delivery))
    return Prepared(Show(card, slot=delivery.slot), to, is_final=submission.state is not SubmissionState.STORED)


async def _upload(work: UnitOfWork, delivery: Delivery, address: str) -> Prepared | None:
    upload = await work.uploads.get(number_of(delivery.slot))
    if upload is None:
        return None
    to = await _to_learner(work, delivery, upload.learner_id, address)
    is_final = upload.state is not UploadState.CHECKING
    return Prepared(Show(upload_card(upload), slot=delivery.slot), to, is_final)


async def _to_learner(work: UnitOfWork, delivery: Delivery, learner_id: int, address: str) -> Destination:
    learner = await work.communities.learner_with(learner_id)
    community = await work.communities.community_of(learner.community_id)
    return Destination(community.external_id, "", learner.external_id, address, again=_again(delivery))


def _again(delivery: Delivery) -> bool:
    return delivery.attempts > 1
