"""Judging a posting's answers again by its question's current version: a dry run first, then all of it at once.

The dry run goes on in the background and changes nothing; its verdicts are kept in memory. Confirmed, they are put into
place in one transaction, with the corrections: a crash leaves all as it was, and who confirms twice changes nothing
more.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import structlog

from bot.core.answers import Unreadable
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.correcting import Regrading, meant
from bot.core.effects import Show
from bot.core.presenting import corrections as cards
from bot.core.records import Case, Posting, PostingState, QuestionVersion
from bot.core.scoring import REJUDGE
from bot.core.slots import SlotKind, slot
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.banks import QuestionUnsound
from bot.usecases.carrying import hand_over, take
from bot.usecases.cases import REJUDGED
from bot.usecases.closing import settle
from bot.usecases.correcting import posting_meant
from bot.usecases.judging import decide, shown_soon
from bot.usecases.memories import relearn_soon
from bot.usecases.parts import Effects, Parts
from bot.usecases.rejudgements import Rejudgement, found_card, regrading_of
from bot.usecases.replies import expect
from bot.usecases.resuming import judge_values, take_up
from bot.usecases.visiting import Caller, Reply, Visit, arrive

AT_ONCE = 8
"""Answers judged again at a time: those that are given now have the other places."""
TOLD_EVERY = 5.0
"""Seconds after which whoever waits is told how far it is."""
_log = structlog.get_logger()


class _Uncovered(Exception):
    """Answers came since that were not judged again; whatever the transaction did is undone."""


async def rejudge(parts: Parts, caller: Caller, command: Command, reply: Reply) -> Effects:
    """Judge a posting again and show what would change; with ``yes``, change it."""
    wanted = meant(command.argument)
    if wanted is None:
        yield Show(cards.not_meant_card("rejudge", command.argument))
        return
    at = parts.clock()
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, at)
        posting = await posting_meant(work, visit, wanted)
        to = await work.questions.current_of(posting.version.question.id) if posting is not None else None
    if posting is None or to is None:
        yield Show(cards.no_posting_card(wanted.posting))
        return
    if posting.state is PostingState.VOID:
        yield Show(cards.already_void_card(posting))
        return
    known = parts.rejudgements.get(posting.id)
    if known is not None and known.to.id != to.id:
        known = None
    if wanted.agreed and known is not None and known.run.is_over and not known.fault:
        card = await _apply(parts, visit, posting, known)
        if card is not None:
            yield Show(card)
            return
    if known is None or known.run.is_over:
        known = await _begin(parts, posting, to, known if wanted.agreed else None)
        await _expect(parts, visit, posting, reply)
        parts.background.start(_run(parts, visit, posting, known))
        yield Show(cards.rejudging_card(posting, known.run), slot=_slot(posting), working=True)
        return
    async for effect in _followed(parts, posting, known):
        yield effect


async def _followed(parts: Parts, posting: Posting, known: Rejudgement) -> Effects:
    """How far a run is that somebody else began, and what comes of it; what is remembered is where they are told."""
    yield Show(cards.rejudging_card(posting, known.run), slot=_slot(posting))
    await known.over.wait()
    async with parts.store.read() as work:
        found = await found_card(parts.rejudgements, work, posting.id)
    if found is not None:
        yield Show(found[0], slot=_slot(posting))


def _slot(posting: Posting) -> str:
    return slot(SlotKind.REJUDGE, posting.id)


async def _expect(parts: Parts, visit: Visit, posting: Posting, reply: Reply) -> None:
    async with parts.store.begin() as work:
        await work.messages.forget(_slot(posting))
        await expect(parts, work, _slot(posting), visit.community.platform, reply, parts.clock())


async def _begin(parts: Parts, posting: Posting, to: QuestionVersion, before: Rejudgement | None) -> Rejudgement:
    """What is to be judged: all, or only what ``before`` did not know of."""
    async with parts.store.read() as work:
        cases = await work.submissions.of_posting(posting)
    found = Rejudgement(to, [], total=len(cases))
    if before is not None and not before.fault:
        there = {case.submission.id for case in cases}
        found.verdicts = {number: verdict for number, verdict in before.verdicts.items() if number in there}
        found.kept = before.kept & there
    found.waiting = [case for case in cases if not found.knows(case)]
    parts.rejudgements.keep(posting.id, found)
    return found


async def _run(parts: Parts, visit: Visit, posting: Posting, found: Rejudgement) -> None:
    loop = asyncio.get_running_loop()
    told = loop.time()
    try:
        for start in range(0, len(found.waiting), AT_ONCE):
            await asyncio.gather(*(_judge(parts, case, found) for case in found.waiting[start : start + AT_ONCE]))
            if loop.time() - told > TOLD_EVERY and not found.run.is_over:
                told = loop.time()
                await _tell(parts, visit, posting)
    except (JudgeUnavailable, QuestionUnsound) as fault:
        found.fault = str(fault)
    except Exception as fault:  # whatever it is, whoever waits must hear that it has ended
        _log.exception("judging again failed", posting=posting.id)
        found.fault = f"Something went wrong on our side ({type(fault).__name__}); the log says what."
    finally:
        found.over.set()
    await _tell(parts, visit, posting)


async def _judge(parts: Parts, case: Case, found: Rejudgement) -> None:
    if not case.submission.text:
        found.kept.add(case.submission.id)
        return
    by_new = replace(case, posting=replace(case.posting, version=found.to))
    verdict = await decide(parts, by_new, case.submission.text)
    if isinstance(verdict, Unreadable):
        found.kept.add(case.submission.id)
    else:
        found.verdicts[case.submission.id] = verdict


async def _tell(parts: Parts, visit: Visit, posting: Posting) -> None:
    platform = visit.community.platform
    async with parts.store.begin() as work:
        at = parts.clock()
        # Other processes do not know what was found: as long as that is news, they leave it to this one.
        await work.outbox.put(_slot(posting), platform, visit.learner.id, at, at.isoformat())
        taken = await take(parts, work, platform, _slot(posting), at)
    hand_over(parts, taken)


async def _apply(parts: Parts, visit: Visit, posting: Posting, found: Rejudgement) -> Card | None:
    """Put what was found into place; ``None`` where answers have come since that are still to be judged again."""
    try:
        async with parts.store.begin() as work:
            # First, so that whoever records a verdict by the old version has done so, or will have to judge again.
            if not await work.postings.move(posting, found.to):
                return cards.interrupted_card(posting)
            regrading, cases = await regrading_of(work, posting, found)
            if not all(map(found.knows, cases)):
                raise _Uncovered
            await _change(work, visit, posting, found, regrading)
    except _Uncovered:
        return None
    parts.rejudgements.drop(posting.id)
    parts.wake()
    if regrading.waiting:
        parts.background.start(_take_up(parts))
    if regrading.changed or found.to.id != posting.version.id:
        parts.background.start(relearn_soon(parts, posting, posting.version, found.to))
    return cards.rejudged_card(posting, found.run, regrading)


def _turned(case: Case, found: Rejudgement) -> bool:
    """Whether an answer is right now and was wrong, or the other way round: that is what its learner gains or loses by.

    An answer whose verdict only says it otherwise is not.
    """
    old = case.submission.verdict
    return old is None or old.accepted != found.verdicts[case.submission.id].accepted


async def _take_up(parts: Parts) -> None:
    """Judge what waits for its first verdict; without a cell it is judged once there is one."""
    with contextlib.suppress(JudgeUnavailable, StoreUnavailable):
        await take_up(parts)
        if parts.is_queued:
            await judge_values(parts)


async def _change(work: UnitOfWork, visit: Visit, posting: Posting, found: Rejudgement, regrading: Regrading) -> None:
    what = (
        f"posting {posting.id}: version {posting.version.id} to {found.to.id}; "
        f"{regrading.gaining} gained, {regrading.losing} lost"
    )
    entry = await work.administration.record(visit.learner, REJUDGE, what, visit.at)
    corrected = await work.competition.correct(posting, f"{REJUDGE}:{entry}", regrading.corrections, visit.at)
    concerned = {each.learner_id: each.points for each in corrected}
    told: dict[int, Case] = {}
    changed = [(case.submission, found.verdicts[case.submission.id]) for case in regrading.changed]
    await work.submissions.rejudged(changed)
    for case in regrading.changed:
        verdict = found.verdicts[case.submission.id]
        if verdict.spent_trial is not None:
            await work.questions.retire_trial(verdict.spent_trial)
        if case.learner.id in concerned:
            before = told.get(case.learner.id)
            if before is None or not _turned(before, found):
                told[case.learner.id] = case
    for case in told.values():
        detail = f"{REJUDGED}:{concerned[case.learner.id]}"
        await work.outbox.put(case.slot, case.platform, case.learner.id, visit.at, detail)
    await shown_soon(work, await work.competition.around(posting), visit.at, boards=True)
    await settle(work, visit.community, posting, visit.at)
