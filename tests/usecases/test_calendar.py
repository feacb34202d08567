"""The calendar posts what is due once, whatever happens: two processes, a clock set back, a database that is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.core.administration import NoticeKind
from bot.core.records import Community, Posting, Schedule
from bot.core.uptime import Span
from bot.ports import Destination, OutcomeUnknown, StoreUnavailable, TryLater, Undeliverable
from bot.repositories import UnitOfWork
from bot.store import open_store
from bot.usecases import calendar
from bot.usecases.calendar import beat, post_due, recompute
from bot.usecases.parts import Parts
from bot.usecases.service import Service
from tests.store.scene import change
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, LEAF, NOON, RIGHT, WRONG, Town

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SETUP = "gradadmin setup 09:00 Europe/Berlin daily"
BANK = [replace(DOUBLE, id=f"double-{number:02}", title=f"Twice, no. {number}") for number in range(12)]


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026, before the clocks change."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - HOUR


def parts_of(service: Service) -> Parts:
    return service._parts


async def tick(server: Town) -> int:
    return await post_due(parts_of(server.service))


async def postings(server: Town) -> list[Posting]:
    async with server.store.read() as work:
        found = [await work.postings.get(number) for number in range(1, 30)]
    return [posting for posting in found if posting is not None]


async def schedule_of(server: Town) -> Schedule:
    async with server.store.read() as work:
        found = await work.schedules.get(1)
    assert found is not None
    return found


async def notices(server: Town) -> list[tuple[NoticeKind, str]]:
    async with server.store.read() as work:
        found = [await work.administration.notice(number) for number in range(1, 10)]
    return [(notice.kind, notice.text) for notice in found if notice is not None]


@pytest.fixture
async def server(town: Town) -> Server:
    server = Server(town.store.store)
    server.now = berlin(9, 8)
    await server.asks(*BANK)
    assert "Set up" in (await server.say(SETUP)).text
    return server


async def test_a_question_is_posted_at_its_time_once(server: Server) -> None:
    assert await tick(server) == 0
    server.now = berlin(9, 9)
    assert [await tick(server), await tick(server)] == [1, 0]
    assert await server.delivers() == ["posting:1"]
    ((_, to),) = server.chat.shows
    assert (to.channel, "late" in server.chat.read("new posting:1")) == ("general", False)
    (posting,) = await postings(server)
    assert (posting.local_date, posting.due_at, posting.opened_at) == (date(2026, 3, 9), server.now, server.now)
    assert (await schedule_of(server)).next_at == berlin(10, 9)
    assert "Twice" in (await server.say("today", who="Bob")).text


async def test_questions_come_day_by_day_on_the_days_that_were_chosen(server: Server) -> None:
    await server.say("gradadmin schedule set weekdays")
    posted = []
    for _ in range(14 * 24):
        server.now += HOUR
        if await tick(server):
            posted.append(server.now)
    assert [at.date().day for at in posted] == [9, 10, 11, 12, 13, 16, 17, 18, 19, 20]
    assert len({posting.version.question.id for posting in await postings(server)}) == 10


async def test_two_processes_that_claim_a_posting_at_once_post_it_once(
    server: Server, migrated_sqlite_url: str
) -> None:
    server.now = berlin(9, 9)
    other_store = await open_store(migrated_sqlite_url)
    other = Service(other_store, server.judge, lambda: server.now, len, parts_of(server.service).seal)
    counts = await asyncio.gather(tick(server), post_due(parts_of(other)), tick(server), post_due(parts_of(other)))
    await other_store.close()
    assert sum(counts) == 1
    assert len(await postings(server)) == 1
    assert await server.delivers() == ["posting:1"]


async def test_a_clock_that_jumps_back_an_hour_posts_nothing_twice(server: Server) -> None:
    server.now = berlin(9, 9)
    assert await tick(server) == 1
    server.now -= HOUR
    for _ in range(5):
        assert await tick(server) == 0
        server.now += 30 * MINUTE
    # Nor when the schedule is edited meanwhile.
    server.now = berlin(9, 8, 30)
    assert "Tuesday, 2026-03-10 at 09:00" in (await server.say("gradadmin schedule set 9:00")).text
    server.now = berlin(9, 9, 1)
    assert await tick(server) == 0
    assert len(await postings(server)) == 1


async def test_what_is_late_by_hours_is_posted_and_says_so(server: Server) -> None:
    server.now = berlin(9, 12, 30)
    assert await tick(server) == 1
    await server.delivers()
    assert "Posted 3 hours late: I was away when it was due." in server.chat.read("new posting:1")


async def test_what_is_later_than_six_hours_is_skipped_and_an_admin_is_told(server: Server) -> None:
    server.now = berlin(11, 16)
    assert await tick(server) == 0
    assert await postings(server) == []
    ((kind, text),) = await notices(server)
    assert kind is NoticeKind.MISSED
    assert "3 days from 2026-03-09 to 2026-03-11" in text
    assert await server.delivers() == ["notice:1"]
    assert (await schedule_of(server)).next_at == berlin(12, 9)


async def test_after_days_away_the_latest_question_is_posted_and_those_before_it_are_told_of(server: Server) -> None:
    server.now = berlin(11, 10)
    assert await tick(server) == 1
    (posting,) = await postings(server)
    assert posting.local_date == date(2026, 3, 11)
    assert "2 days from 2026-03-09 to 2026-03-10" in (await notices(server))[0][1]


async def test_a_database_that_is_gone_while_a_question_is_due_has_it_posted_afterwards_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(calendar, "LOOK_SECONDS", 0.01)
    server.store.refuses = True
    server.now = berlin(9, 9)
    with pytest.raises(StoreUnavailable):
        await tick(server)
    keeping = asyncio.create_task(server.service.keep_calendar(beats=True))
    await asyncio.sleep(0.1)
    server.now += timedelta(seconds=30)
    assert not keeping.done()
    server.store.refuses = False
    await asyncio.sleep(0.3)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert len(await postings(server)) == 1
    assert await server.delivers() == ["posting:1"]


async def test_a_schedule_that_comes_nearer_is_seen_at_once(server: Server) -> None:
    keeping = asyncio.create_task(server.service.keep_calendar(beats=False))
    await asyncio.sleep(0.1)
    server.now = berlin(9, 8, 59)
    await server.say("gradadmin schedule set 09:00")
    await asyncio.sleep(0.1)
    assert await postings(server) == []
    server.now = berlin(9, 9)
    await server.say("gradadmin schedule set hard")  # said in the very minute
    await asyncio.sleep(0.1)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert len(await postings(server)) <= 1


async def test_one_fault_of_ours_keeps_no_other_question_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async with server.store.begin() as work:
        first = await schedule_of(server)
        community = await work.communities.community_of(first.community_id)
        second = await work.communities.schedule(community, "elsewhere", "UTC")
        await work.schedules.plan(replace(second, post_at=480, next_at=berlin(9, 9)))
    real = calendar.open_posting

    async def faulty(parts: Parts, work: Any, community: Any, schedule: Schedule, *more: Any) -> Any:
        if schedule.id == first.id:
            raise RuntimeError("a fault of ours")
        return await real(parts, work, community, schedule, *more)

    monkeypatch.setattr(calendar, "open_posting", faulty)
    server.now = berlin(9, 9)
    assert await tick(server) == 1
    assert [posting.schedule.channel for posting in await postings(server)] == ["elsewhere"]
    monkeypatch.undo()
    assert await tick(server) == 1  # nothing of the other was lost


async def test_what_an_admin_posted_by_hand_is_not_posted_again(server: Server) -> None:
    await server.posts()
    server.now = berlin(9, 9)
    assert await tick(server) == 0
    assert len(await postings(server)) == 1
    assert (await schedule_of(server)).next_at == berlin(10, 9)


async def test_a_channel_that_is_gone_pauses_its_schedule_tells_an_admin_and_harms_no_streak(server: Server) -> None:
    server.now = berlin(9, 9)
    await tick(server)
    server.chat.faults = [Undeliverable("Discord refuses: Unknown Channel (10003)")]
    assert await server.delivers() == ["notice:1"]
    (notice,) = [server.chat.places[place] for place in server.chat.places]
    assert notice.title == "A schedule is paused"
    ((kind, text),) = await notices(server)
    assert (kind, "Unknown Channel" in text) == (NoticeKind.PAUSED, True)
    stopped = await schedule_of(server)
    assert (stopped.paused, stopped.next_at) == (True, None)
    assert (await postings(server))[0].excused
    server.now += 3 * DAY
    assert await tick(server) == 0
    # The admin mends it.
    assert "Resumed" in (await server.say("gradadmin schedule resume")).text
    server.now += DAY
    assert await tick(server) == 1
    assert "posting:2" in await server.delivers()


async def test_a_counter_that_cannot_be_edited_pauses_nothing(server: Server) -> None:
    server.now = berlin(9, 9)
    await tick(server)
    await server.delivers()
    await server.say(f"answer {RIGHT}", who="Bob")
    server.now += 2 * MINUTE
    server.chat.faults = [Undeliverable("the message was deleted")]
    await server.delivers()
    assert not (await schedule_of(server)).paused
    assert await notices(server) == []


@pytest.mark.parametrize("fault", [OutcomeUnknown("nobody can tell"), *[TryLater("away")]])
async def test_a_posting_of_which_nobody_knows_whether_it_is_there_is_not_repeated_but_told_of(
    server: Server, fault: Exception
) -> None:
    server.now = berlin(9, 9)
    await tick(server)
    faults: Sequence[Exception] = [fault] * (1 if isinstance(fault, OutcomeUnknown) else 300)
    server.chat.faults = list(faults)
    for _ in faults:
        await server.delivers()
        server.now += 6 * MINUTE
    await server.delivers()
    kinds = [kind for kind, _ in await notices(server)]
    assert kinds == [NoticeKind.MISSED]
    assert not (await schedule_of(server)).paused


async def test_an_admin_is_told_once_when_questions_run_out(server: Server) -> None:
    for day in range(9, 9 + 14):
        server.now = berlin(day, 9)
        assert await tick(server) == 1
    ((kind, text),) = await notices(server)
    assert kind is NoticeKind.LOW_QUEUE
    assert text == "Of 12 questions 6 are left that channel general was never asked."


async def test_without_any_question_the_day_is_missed_and_told(server: Server, migrated_sqlite_url: str) -> None:
    await change(migrated_sqlite_url, "UPDATE question SET retired = 1 RETURNING id")
    server.now = berlin(9, 9)
    assert await tick(server) == 0
    assert [kind for kind, _ in await notices(server)] == [NoticeKind.MISSED]
    await server.asks(*BANK)
    server.now += DAY
    assert await tick(server) == 1


async def test_a_community_that_has_left_is_asked_nothing_and_is_asked_again_when_it_is_back(server: Server) -> None:
    await server.service.left("discord", "here")
    for day in (9, 10):
        server.now = berlin(day, 9)
        assert await tick(server) == 0
    await server.service.joined("discord", "here")
    assert await tick(server) == 0
    assert await notices(server) == [], "of days without it nothing is told"
    assert (await schedule_of(server)).next_at == berlin(11, 9)
    server.now = berlin(11, 9)
    assert await tick(server) == 1


async def test_a_new_version_of_the_zones_moves_what_is_to_come(server: Server) -> None:
    planned = await schedule_of(server)
    async with server.store.begin() as work:
        await work.schedules.plan(replace(planned, next_at=berlin(9, 10), zone_data="older"))
    parts = replace(parts_of(server.service), zone_data="newer")
    await recompute(parts)
    moved = await schedule_of(server)
    assert (moved.next_at, moved.zone_data) == (berlin(9, 9), "newer")


async def test_a_zone_that_is_gone_from_the_machine_pauses_its_schedule(server: Server) -> None:
    planned = await schedule_of(server)
    async with server.store.begin() as work:
        await work.schedules.plan(replace(planned, zone="Middle/Earth", zone_data="older"))
    server.now = berlin(9, 9)
    assert await tick(server) == 0
    await recompute(replace(parts_of(server.service), zone_data="newer"))
    assert (await schedule_of(server)).paused
    assert [kind for kind, _ in await notices(server)] == [NoticeKind.PAUSED]


async def test_a_zone_that_an_admin_has_just_changed_pauses_nothing(server: Server) -> None:
    planned = await schedule_of(server)
    gone = replace(planned, zone="Middle/Earth")
    parts = parts_of(server.service)
    async with server.store.begin() as work:
        await calendar._without_zone(parts, work, await here(work), replace(gone, next_at=NOON), NOON)
        assert await work.schedules.get(planned.id) == planned
        await calendar._without_zone(parts, work, await here(work), gone, NOON)
    assert await schedule_of(server) == replace(planned, paused=True, next_at=None)
    assert [kind for kind, _ in await notices(server)] == [NoticeKind.PAUSED]


async def test_a_rule_of_the_tables_that_is_broken_keeps_no_other_question_back(
    server: Server, migrated_sqlite_url: str
) -> None:
    async with server.store.begin() as work:
        other = await work.communities.schedule(await here(work), "other", "Europe/Berlin")
        await work.schedules.plan(replace(other, post_at=9 * 60, next_at=berlin(9, 9)))
    with sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON posting WHEN NEW.schedule_id = 1 "
            "BEGIN SELECT RAISE(ABORT, 'a rule'); END"
        )
    server.now = berlin(9, 9)
    assert await tick(server) == 1
    assert [posting.schedule.channel for posting in await postings(server)] == ["other"]


async def here(work: UnitOfWork) -> Community:
    return await work.communities.community_of(1)


async def test_a_silence_of_more_than_five_minutes_is_an_outage(server: Server) -> None:
    parts = parts_of(server.service)
    await beat(parts)
    server.now += 4 * MINUTE
    await beat(parts)
    began = server.now
    server.now -= HOUR  # set back, or another machine's: no outage
    await beat(parts)
    server.now = began + HOUR
    await beat(parts)
    async with server.store.read() as work:
        assert await work.uptime.outages(Span(began - DAY, server.now)) == (Span(began, server.now),)


async def test_an_outage_of_ours_costs_nobody_their_streak(server: Server) -> None:
    parts = parts_of(server.service)
    server.now = berlin(9, 9)
    await tick(server)
    await server.say(f"answer {RIGHT}", who="Bob")
    server.now = berlin(10, 9)
    await tick(server)  # which Bob cannot answer: we are away until the next day
    await beat(parts)
    server.now = berlin(11, 8, 50)
    await beat(parts)
    server.now = berlin(11, 9)
    await tick(server)
    await server.say(f"answer {WRONG}", who="Bob")
    profile = " ".join((await server.say("me", who="Bob")).text.split())
    assert "streak 2" in profile
    assert "■ answered 2, ○ excused 1" in profile
    assert [posting.excused for posting in await postings(server)] == [False, True, False]


async def test_in_the_terminal_a_visit_opens_the_day_and_the_calendar_does_not_repeat_it(town: Town) -> None:
    town.now = berlin(9, 8)
    await town.asks(*BANK, LEAF)
    assert "Set up" in (await town.say("gradadmin setup 09:00 Europe/Berlin daily")).text
    first = (await town.say("today")).posting
    town.now = berlin(9, 9)
    assert await tick(town) == 0
    town.now = berlin(10, 9)
    assert await tick(town) == 1
    await town.service.deliver_due(town)
    assert town.shown[-1][0].slot == f"posting:{first + 1}"
    assert (await town.say("today")).posting == first + 1


def test_the_destination_of_a_posting_answers_nothing() -> None:
    assert Destination("c", "general", "", "").below == ""
