"""Scheduling: an admin says when questions are posted, which come next, and when there are none."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import Fire, next_fire
from bot.core.cards import Card, Form
from bot.core.choosing import unasked
from bot.core.commands import Command, typed
from bot.core.effects import Ask, Refuse, Show
from bot.core.planning import EVERY_DAY, Mistyped, Plan, read_plan, read_skip
from bot.core.presenting import schedules as cards
from bot.core.presenting.schedules import Standing
from bot.core.records import Community, Schedule
from bot.repositories import UnitOfWork
from bot.usecases.notifying import have_told
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller, Visit, arrive

_SHOWN = 60


async def setup(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Have a question posted in the caller's channel by itself; the caller is told from now on what admins must know.

    Without a time and a zone it asks for them.
    """
    said = command.argument
    if not said.strip():
        yield Ask(await _form(parts, caller, command.verb))
        return
    plan = read_plan(said, parts.zones)
    if isinstance(plan, Mistyped):
        yield _refused(said, plan, command.verb)
        return
    missing = [name for name, value in (("a time", plan.post_at), ("a time zone", plan.zone)) if value is None]
    if missing:
        lacks = " and ".join(missing)
        yield Refuse(f"It lacks {lacks}.", cards.incomplete_card(said, lacks, command.verb))
        return
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock(), here=True)
        fresh = replace(await _held(work, visit.schedule), days=EVERY_DAY, mix="any", paused=False, skip_until=None)
        standing = await _replanned(parts, work, visit, _with(fresh, plan))
        await have_told(work, visit.community, visit.learner, visit.at)
        await _record(work, visit, command.verb, standing.schedule)
    parts.clock_bell.ring()
    parts.wake()
    yield Show(cards.planned_card("Set up", standing, caller.channel, cards.SET_UP))


async def _form(parts: Parts, caller: Caller, verb: str) -> Form:
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock())
        here = await _of_channel(work, visit)
    return cards.plan_form(here, caller.zone, verb)


def _refused(said: str, mistyped: Mistyped, verb: str) -> Refuse:
    word = mistyped.word[:_SHOWN]
    return Refuse(f"{word}: {mistyped.sentence}", cards.mistyped_card(said, mistyped, verb))


def _with(schedule: Schedule, plan: Plan) -> Schedule:
    return replace(
        schedule,
        post_at=schedule.post_at if plan.post_at is None else plan.post_at,
        zone=plan.zone or schedule.zone,
        days=plan.days or schedule.days,
        mix=plan.mix or schedule.mix,
    )


async def show(parts: Parts, caller: Caller, _: Command) -> Effects:
    """Show every schedule of the community."""
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock())
        planned = await _planned(work, visit)
        standings = [await _standing(parts, work, visit.community, schedule, visit.at) for schedule in planned]
    yield Show(cards.schedules_card(standings, caller.channel) if standings else cards.no_schedule_card(several=False))


async def change(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Change when questions are posted; what was not said stays as it is."""
    if not command.argument.strip():
        yield Ask(await _form(parts, caller, command.verb))
        return
    plan = read_plan(command.argument, parts.zones)
    if isinstance(plan, Mistyped):
        yield _refused(command.argument, plan, command.verb)
        return

    async def changed(work: UnitOfWork, visit: Visit, schedule: Schedule) -> Card:
        standing = await _replanned(parts, work, visit, _with(schedule, plan))
        await _record(work, visit, command.verb, standing.schedule)
        return cards.planned_card("Changed", standing, caller.channel)

    yield Show(await _on_schedule(parts, caller, changed))


async def skip(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Post nothing on the next day there would be a question, on several, or up to a date."""
    refusals: list[Refuse] = []

    async def skipped(work: UnitOfWork, visit: Visit, schedule: Schedule) -> Card:
        fire = await _following(work, schedule, visit.at)
        if fire is None:
            return cards.nothing_to_skip_card()
        until = read_skip(command.argument, fire.day)
        if isinstance(until, Mistyped):
            refusals.append(_refused(command.argument, until, command.verb))
            return refusals[0].card
        standing = await _replanned(parts, work, visit, replace(schedule, skip_until=until))
        await _record(work, visit, command.verb, standing.schedule, f"until {until}")
        return cards.planned_card("Skipped", standing, caller.channel, cards.SKIPPED)

    card = await _on_schedule(parts, caller, skipped)
    yield refusals[0] if refusals else Show(card)


async def pause(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Post nothing until somebody resumes."""

    async def paused(work: UnitOfWork, visit: Visit, schedule: Schedule) -> Card:
        standing = await _replanned(parts, work, visit, replace(schedule, paused=True))
        await _record(work, visit, command.verb, standing.schedule)
        return cards.planned_card("Paused", standing, caller.channel, cards.PAUSED)

    yield Show(await _on_schedule(parts, caller, paused))


async def resume(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Post again, and skip nothing."""

    async def resumed(work: UnitOfWork, visit: Visit, schedule: Schedule) -> Card:
        skipped = await _following(work, replace(schedule, paused=False), visit.at)
        standing = await _replanned(parts, work, visit, replace(schedule, paused=False, skip_until=None))
        if not schedule.paused and standing.following == skipped:
            return cards.planned_card("Nothing to resume", standing, caller.channel, cards.NOT_PAUSED)
        await _record(work, visit, command.verb, standing.schedule)
        return cards.planned_card("Resumed", standing, caller.channel)

    yield Show(await _on_schedule(parts, caller, resumed))


async def queue(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Have a question asked before all others, or not any more; without one, show which are queued."""
    first, _, rest = command.argument.strip().partition(" ")
    drops = first.lower() == "drop" and bool(rest.strip())
    wanted = "-".join((rest if drops else command.argument).lower().split())

    async def queued(work: UnitOfWork, visit: Visit, schedule: Schedule) -> Card:
        if not wanted:
            return cards.queue_card(await work.schedules.queued(schedule))
        known = [version.question.id for version in parts.banks.askable(await work.questions.current(visit.community))]
        if not drops and wanted not in known:
            near = [identity for identity in known if wanted in identity]
            near += difflib.get_close_matches(wanted[:_SHOWN], known, n=1, cutoff=0.5)
            return cards.unknown_question_card(wanted, near[0] if near else "")
        if drops:
            was = await work.schedules.dequeue(schedule, wanted)
            done = cards.unqueued_text(wanted, was=was)
        else:
            was = await work.schedules.enqueue(schedule, wanted)
            done = cards.queued_text(wanted, was_new=was)
        if was:
            await _record(work, visit, command.verb, schedule, f"{'drop ' if drops else ''}{wanted}")
        return cards.queue_card(await work.schedules.queued(schedule), done)

    yield Show(await _on_schedule(parts, caller, queued))


async def _on_schedule(
    parts: Parts, caller: Caller, act: Callable[[UnitOfWork, Visit, Schedule], Awaitable[Card]]
) -> Card:
    """``act`` on the schedule of the caller's channel, else on the community's only one; the card about it."""
    async with parts.store.begin() as work:
        visit = await arrive(work, caller, parts.clock())
        planned = await _planned(work, visit)
        here = next((schedule for schedule in planned if schedule.channel == caller.channel), None)
        meant = here or (planned[0] if len(planned) == 1 else None)
        if meant is None:
            card = cards.no_schedule_card(several=bool(planned))
        else:
            card = await act(work, visit, await _held(work, meant))
    parts.clock_bell.ring()
    return card


async def _held(work: UnitOfWork, schedule: Schedule) -> Schedule:
    """As it is now, so that nothing is lost that another has just changed."""
    return await work.schedules.hold(schedule.id) or schedule


async def _planned(work: UnitOfWork, visit: Visit) -> list[Schedule]:
    return [schedule for schedule in await work.schedules.of(visit.community) if schedule.post_at is not None]


async def _of_channel(work: UnitOfWork, visit: Visit) -> Schedule | None:
    planned = await _planned(work, visit)
    return next((schedule for schedule in planned if schedule.channel == visit.caller.channel), None)


async def _replanned(parts: Parts, work: UnitOfWork, visit: Visit, schedule: Schedule) -> Standing:
    fire = await _following(work, schedule, visit.at)
    schedule = replace(schedule, next_at=fire.at if fire else None, zone_data=parts.zone_data)
    await work.schedules.plan(schedule)
    return await _standing(parts, work, visit.community, schedule, visit.at)


async def _following(work: UnitOfWork, schedule: Schedule, at: datetime) -> Fire | None:
    """When it posts next: not on a day that has its question already."""
    fire = next_fire(schedule, at)
    while fire is not None and await work.postings.open_for(schedule, fire.day) is not None:
        fire = next_fire(schedule, fire.at)
    return fire


async def _standing(parts: Parts, work: UnitOfWork, community: Community, schedule: Schedule, at: datetime) -> Standing:
    questions = [version.question for version in parts.banks.askable(await work.questions.current(community))]
    left = unasked(questions, await work.postings.asked(schedule))
    queued = await work.schedules.queued(schedule)
    return Standing(schedule, await _following(work, schedule, at), queued, left, len(questions))


async def _record(work: UnitOfWork, visit: Visit, verb: str, schedule: Schedule, detail: str = "") -> None:
    said = detail or cards.plan_text(schedule)
    action = typed(verb).partition(" ")[2]
    await work.administration.record(visit.learner, action, f"{said} in {schedule.channel}", visit.at)


VERBS: Mapping[str, Callable[[Parts, Caller, Command], Effects]] = {
    "setup": setup,
    "schedule-show": show,
    "schedule-set": change,
    "schedule-queue": queue,
    "schedule-skip": skip,
    "schedule-pause": pause,
    "schedule-resume": resume,
}
"""What each verb about the calendar does."""
