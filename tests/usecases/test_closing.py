"""When the next question opens, the one before is explained below itself: once, and not before all is judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.effects import To
from bot.core.questions import WrongAnswer
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, LEAF, RIGHT, SLOPE, WRONG, Town, read

HALF = replace(DOUBLE, wrong_answers=(WrongAnswer("def double(x):\n    return x", "That is x.", "halved"),))
NEXT = replace(DOUBLE, id="double-next", title="Twice, again")


@pytest.fixture
async def server(town: Town) -> Server:
    server = Server(town.store.store)
    await server.asks(HALF, NEXT)
    await server.posts()
    return server


async def answers(server: Server, text: str, who: str) -> None:
    await server.say(f"answer {text}", who=who)
    await server.delivers()


def closing(server: Server) -> str:
    return server.chat.read("new closing:1")


async def test_the_explanation_the_solve_rate_and_the_most_common_mistake_are_told_below_the_question(
    server: Server,
) -> None:
    for who, text in (("Ada", RIGHT), ("Bob", WRONG), ("Cleo", WRONG), ("Cleo", RIGHT), ("Dan", "x = 1")):
        await answers(server, text, who)
    server.now += DAY
    await server.say("gradadmin post-now")
    assert {"closing:1", "posting:2"} <= set(await server.delivers())
    (closed,) = [(show, to) for show, to in server.chat.shows if show.slot == "closing:1"]
    show, to = closed
    assert (show.to, to.channel, to.learner, to.below) == (To.PUBLIC, "general", "", "new posting:1")
    told = " ".join(closing(server).split())
    assert "Closed: Twice the number" in told
    assert "answered by 4" in told
    assert "solved by 2 (50%)" in told
    assert "halved (2 learners)" in told
    assert "x + x = 2x." in told
    assert "return 2 * x" in told


async def test_it_is_told_once_however_often_the_outbox_is_looked_at(server: Server) -> None:
    await answers(server, RIGHT, "Bob")
    server.now += DAY
    await server.posts()
    for _ in range(3):
        server.now += timedelta(minutes=15)
        assert "closing:1" not in await server.delivers()


async def test_of_a_question_that_nobody_answered_the_explanation_comes_too(server: Server) -> None:
    server.now += DAY
    await server.posts()
    assert "answered by nobody" in " ".join(closing(server).split())


async def test_it_waits_for_answers_that_came_in_time_and_comes_with_the_last_verdict(server: Server) -> None:
    server.judge.available = False
    slot = await server.sends(f"answer {WRONG}")
    await server.acknowledges(slot)
    await server.delivers()
    server.now += DAY
    await server.posts()
    assert "new closing:1" not in server.chat.places
    server.now += timedelta(minutes=9)
    assert await server.delivers() == []
    server.judge.available = True
    await server.service.resume()
    assert "closing:1" in await server.delivers()
    assert "wait" not in closing(server)


async def test_after_ten_minutes_it_comes_all_the_same_says_so_and_is_put_right_later(server: Server) -> None:
    server.judge.available = False
    await server.acknowledges(await server.sends(f"answer {RIGHT}"))
    await server.delivers()
    server.now += DAY
    await server.posts()
    server.now += timedelta(minutes=10)
    assert await server.delivers() == ["closing:1"]
    assert "One answer that came in time still waits for its verdict; these numbers will follow." in closing(server)
    server.judge.available = True
    await server.service.resume()
    assert "closing:1" in await server.delivers()
    assert "waits for its verdict" not in closing(server)
    assert "solved by 1 (100%)" in " ".join(closing(server).split())
    assert list(server.chat.places).count("new closing:1") == 1


async def test_a_crash_after_the_next_question_opened_loses_no_explanation(server: Server) -> None:
    server.now += DAY
    await server.crashes_after("gradadmin post-now")
    assert sorted(await server.delivers()) == ["closing:1", "posting:2"]


async def test_numbers_and_letters_of_each_learners_own_are_not_in_it(town: Town) -> None:
    server = Server(town.store.store)
    await server.asks(SLOPE, LEAF)
    for _ in range(3):
        await server.posts()
        server.now += DAY
    told = {read(show) for show, _ in server.chat.shows if show.slot.startswith("closing:")}
    leaf, slope = sorted(told, key=lambda text: "slope" in text)
    assert "only a" in leaf
    assert "Leaves are made" in leaf
    assert not {"A ·", "B ·", "C ·", "D ·"} & set(leaf.split("\n"))
    assert "It is a everywhere." in slope


async def elsewhere(server: Server) -> None:
    """The same question is asked in another channel, too."""
    async with server.store.begin() as work:
        posting = await work.postings.get(1)
        assert posting is not None
        community = await work.communities.community_of(posting.community_id)
        channel = await work.communities.schedule(community, "elsewhere", "UTC")
        await work.postings.claim(channel, posting.local_date, posting.version, server.now)


async def test_the_solution_waits_while_the_same_question_is_open_in_another_channel(server: Server) -> None:
    await elsewhere(server)
    server.now += DAY
    await server.posts()
    assert "still open in another channel" in closing(server)
    assert "return 2 * x" not in closing(server)
    assert "x + x" not in closing(server)
    server.channel = "elsewhere"
    server.now += DAY
    await server.posts()
    assert "still open in another channel" not in closing(server)
    assert "return 2 * x" in closing(server)
    assert "x + x" in closing(server)


async def test_it_waits_no_longer_when_the_question_is_taken_back_in_the_other_channel(server: Server) -> None:
    await elsewhere(server)
    server.now += DAY
    await server.posts()
    assert "return 2 * x" not in closing(server)
    await server.say("gradadmin schedule void 2 yes")
    assert "closing:1" in await server.delivers()
    assert "return 2 * x" in closing(server)


async def test_what_was_told_of_a_question_that_is_then_taken_back_says_so(server: Server) -> None:
    await answers(server, RIGHT, "Bob")
    server.now += DAY
    await server.posts()
    await server.say("gradadmin schedule void 1 yes")
    assert "closing:1" in await server.delivers()
    assert "took this question back" in closing(server)
    assert "return 2 * x" not in closing(server)


async def test_in_the_terminal_it_is_shown_of_what_was_answered_and_practice_is_never_closed(town: Town) -> None:
    await town.asks(HALF, NEXT)
    await town.say(f"answer {WRONG}")
    practised = await town.say("practice double-next")
    await town.say(f"answer {RIGHT}", about=practised.posting)
    town.now += DAY
    await town.say("today")
    await town.say("practice")
    await town.service.deliver_due(town)
    closed = [read(show) for show, _ in town.shown if show.slot.startswith("closing:")]
    assert len(closed) == 1
    assert "Closed: Twice the number" in closed[0]


async def test_in_the_terminal_a_question_that_was_seen_and_not_answered_is_explained_too(town: Town) -> None:
    await town.asks(HALF, NEXT)
    await town.say("today")
    town.now += DAY
    await town.say("today")
    await town.service.deliver_due(town)
    assert [show.slot for show, _ in town.shown] == ["closing:1"]
    assert "x + x = 2x." in read(town.shown[0][0])
