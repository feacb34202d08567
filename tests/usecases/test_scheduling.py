"""What an admin says about when questions are posted is done, shown and written down, or changes nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.core.administration import AuditEntry
from bot.core.effects import Ask, Refuse
from bot.core.records import Schedule
from tests.usecases.test_calendar import berlin
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, Town

BANK = [replace(DOUBLE, id=f"double-{number:02}", title=f"Twice, no. {number}") for number in range(12)]


@pytest.fixture
async def server(town: Town) -> Server:
    server = Server(town.store.store)
    server.now = berlin(9, 8)
    await server.asks(*BANK)
    return server


async def schedules(server: Server) -> list[Schedule]:
    async with server.store.read() as work:
        found = [await work.schedules.get(number) for number in range(1, 9)]
    return [schedule for schedule in found if schedule is not None]


async def audit(server: Server) -> list[AuditEntry]:
    async with server.store.begin() as work:
        community = await work.communities.community("discord", "here", "This terminal")
        return list(await work.administration.entries(community, 20))


def flat(text: str) -> str:
    return " ".join(text.split())


async def test_one_step_sets_a_channel_up_and_makes_its_admin_the_one_who_is_told(server: Server) -> None:
    said = await server.say("gradadmin setup 09:00 Europe/Berlin weekdays rising", who="Eve")
    assert "posts weekdays at 09:00 Europe/Berlin" in flat(said.text)
    assert "next Monday, 2026-03-09 at 09:00, which is 08:00 UTC" in flat(said.text)
    assert "never asked yet 12 of 12 questions" in flat(said.text)
    (planned,) = await schedules(server)
    assert (planned.post_at, planned.zone, planned.days, planned.mix) == (540, "Europe/Berlin", 0b0011111, "rising")
    assert (planned.channel, planned.next_at) == ("general", berlin(9, 9))
    ((entry),) = await audit(server)
    assert entry.learner is not None
    assert (entry.learner.name, entry.action) == ("Eve", "setup")
    assert entry.detail == "09:00 Europe/Berlin weekdays rising in general"
    async with server.store.begin() as work:
        community = await work.communities.community("discord", "here", "This terminal")
    assert community.keeper_id == entry.learner.id


async def test_without_a_word_it_asks_in_one_form(server: Server) -> None:
    (ask,) = (await server.say("gradadmin setup")).effects
    assert isinstance(ask, Ask)
    assert (ask.form.initial, ask.form.multiline) == ("09:00 Europe/Berlin weekdays rising", False)
    await server.say("gradadmin setup 10:15 UTC daily")
    (ask,) = (await server.say("gradadmin schedule set")).effects
    assert isinstance(ask, Ask)
    assert (ask.form.initial, ask.form.verb) == ("10:15 UTC daily any", "schedule-set")


BAD = [
    ("setup 25:00 Europe/Berlin", "There is no hour 25; hours go from 0 to 23"),
    ("setup 09:00 Europe/Berln", "did you mean Europe/Berlin?"),
    ("setup 09:00 Middle/Earth", "No time zone is called so"),
    ("setup 09:00", "It lacks a time zone"),
    ("setup weekdays", "It lacks a time and a time zone"),
    ("setup 09:00 UTC 💥 <@1> `x`", "That is no time (09:00)"),
    ("setup 09:00 UTC " + "x" * 100_000, "That is no time (09:00)"),
    ("schedule set 24:00", "There is no hour 24"),
]


@pytest.mark.parametrize(("said", "message"), BAD)
async def test_what_cannot_be_read_changes_nothing_and_is_given_back(server: Server, said: str, message: str) -> None:
    answered = await server.say(f"gradadmin {said}")
    assert isinstance(answered.effects[0], Refuse)
    assert message in flat(answered.text)
    assert "?." not in answered.text + answered.effects[0].message
    assert "Nothing was changed" in answered.text
    assert len(answered.text) < 2_000
    assert [schedule.post_at for schedule in await schedules(server)] in ([], [None])
    assert await audit(server) == []


async def test_what_is_neither_paused_nor_skipped_is_not_resumed(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    assert "Nothing to resume" in (await server.say("gradadmin schedule resume")).text
    assert [entry.action for entry in await audit(server)] == ["setup"]
    await server.say("gradadmin schedule pause")
    assert "Resumed" in (await server.say("gradadmin schedule resume")).text
    assert (await audit(server))[0].action == "schedule resume"


async def test_the_place_of_a_mistake_is_pointed_at(server: Server) -> None:
    lines = (await server.say("gradadmin setup 09:00 Europe/Berln daily")).text.split("\n")
    at = next(number for number, line in enumerate(lines) if "09:00 Europe/Berln daily" in line)
    assert lines[at + 1].rstrip() == " " * lines[at].index("Europe") + "^" * len("Europe/Berln")


async def test_only_what_was_said_is_changed(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin weekdays rising")
    await server.say("gradadmin schedule set 18:30 hard")
    (planned,) = await schedules(server)
    assert (planned.post_at, planned.zone, planned.days, planned.mix) == (1110, "Europe/Berlin", 0b0011111, "hard")
    await server.say("gradadmin schedule set Asia/Kolkata sat")
    (planned,) = await schedules(server)
    assert planned.next_at == datetime(2026, 3, 14, 13, 0, tzinfo=UTC)


async def test_the_next_question_several_or_all_to_a_date_are_skipped_and_that_is_taken_back(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    assert "next Tuesday, 2026-03-10" in flat((await server.say("gradadmin schedule skip")).text)
    assert "next Friday, 2026-03-13" in flat((await server.say("gradadmin schedule skip 3")).text)
    assert "next Saturday, 2026-03-21" in flat((await server.say("gradadmin schedule skip until 2026-03-20")).text)
    refused = await server.say("gradadmin schedule skip until 2026-02-30")
    assert "There is no such date" in refused.text
    assert (await schedules(server))[0].skip_until == date(2026, 3, 20)
    assert "next Monday, 2026-03-09" in flat((await server.say("gradadmin schedule resume")).text)
    assert [entry.action for entry in await audit(server)][:2] == ["schedule resume", "schedule skip"]


async def test_a_schedule_is_paused_and_resumed(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    assert "paused, until somebody says" in (await server.say("gradadmin schedule pause")).text
    assert (await schedules(server))[0].next_at is None
    assert "Nothing to skip" in (await server.say("gradadmin schedule skip")).text
    server.now += 3 * DAY
    assert "next Thursday, 2026-03-12" in flat((await server.say("gradadmin schedule resume")).text)


async def test_a_queued_question_is_asked_next_and_then_is_queued_no_more(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    assert "double-07 is queued." in (await server.say("gradadmin schedule queue double-07")).text
    assert "double-03 is queued." in (await server.say("gradadmin schedule queue Double 03")).text
    assert "was queued already" in (await server.say("gradadmin schedule queue double-07")).text
    assert "double-07, double-03" in (await server.say("gradadmin schedule show")).text
    await server.posts()
    assert "Twice, no. 7" in (await server.say("today")).text
    assert "Next come, one a day: double-03" in (await server.say("gradadmin schedule queue")).text
    assert "not queued any more" in (await server.say("gradadmin schedule queue drop double-03")).text
    assert "No question is queued" in (await server.say("gradadmin schedule queue")).text
    assert "was not queued" in (await server.say("gradadmin schedule queue drop double-03")).text


async def test_no_question_is_queued_that_is_not_there(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    assert "Did you mean double-07?" in (await server.say("gradadmin schedule queue duble-07")).text
    assert "No such question" in (await server.say("gradadmin schedule queue '; DROP TABLE queued;--")).text
    assert "No question is queued" in (await server.say("gradadmin schedule queue")).text


@pytest.mark.parametrize("said", ["show", "set 09:00", "queue double-01", "skip", "pause", "resume", ""])
async def test_without_a_schedule_every_word_says_how_to_make_one(server: Server, said: str) -> None:
    assert "gradadmin setup" in (await server.say(f"gradadmin schedule {said}")).text
    assert await audit(server) == []


async def test_with_several_channels_a_word_is_about_the_one_it_is_said_in(server: Server) -> None:
    await server.say("gradadmin setup 09:00 Europe/Berlin daily")
    async with server.store.begin() as work:
        community = await work.communities.community("discord", "here", "This terminal")
        other = await work.communities.schedule(community, "other", "UTC")
        await work.schedules.plan(replace(other, post_at=60))
        third = await work.communities.schedule(community, "third", "UTC")
        await work.schedules.plan(replace(third, post_at=60))
    await server.say("gradadmin schedule pause")
    assert [schedule.paused for schedule in await schedules(server)] == [True, False, False]
    shown = flat((await server.say("gradadmin schedule")).text)
    assert shown.index("channel here") < shown.index("channel other") < shown.index("channel third")


async def test_in_a_channel_without_a_schedule_only_a_communitys_single_one_is_meant(server: Server) -> None:
    async with server.store.begin() as work:
        community = await work.communities.community("discord", "here", "This terminal")
        other = await work.communities.schedule(community, "other", "UTC")
        await work.schedules.plan(replace(other, post_at=60))
    assert "Paused" in (await server.say("gradadmin schedule pause")).text
    async with server.store.begin() as work:
        third = await work.communities.schedule(community, "third", "UTC")
        await work.schedules.plan(replace(third, post_at=60))
    assert "Say it in the one you mean" in (await server.say("gradadmin schedule pause")).text


@pytest.mark.parametrize(
    "said", ["setup 09:00 UTC", "schedule set 09:00", "schedule pause", "schedule queue double-01"]
)
async def test_none_of_it_is_for_learners(server: Server, said: str) -> None:
    assert "Only an admin can do that" in (await server.say(f"gradadmin {said}", who="Bob", is_admin=False)).text
    assert await schedules(server) == []
