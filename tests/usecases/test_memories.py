"""The scheduler: what it is told, and what comes of it over days."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.core.memory import Memory, Recall, Recollection
from bot.usecases.memories import recollections, relearn, reviewed
from tests.usecases.test_rejudging import TRIPLE, Unfair, mended
from tests.usecases.town import DOUBLE, RIGHT, SQUARE, WRONG, Town

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AGAIN, HARD, GOOD, EASY = Recall


def after(*recalls: Recall, every: timedelta = DAY) -> tuple[Memory, timedelta]:
    """The memory after these, and how long after the last of them it is due."""
    memory, at = None, NOON
    for turn, recall in enumerate(recalls):
        at = NOON + turn * every
        memory = reviewed("leaf", memory, recall, at)
    assert memory is not None
    return memory, memory.due_at - at


def seen(memory: Memory) -> Recollection:
    (found,) = recollections([memory])
    return found


def test_a_failed_topic_comes_back_in_ten_minutes_and_is_shaky_until_it_is_recalled() -> None:
    for history in ((AGAIN,), (GOOD, AGAIN), (EASY, GOOD, GOOD, AGAIN)):
        memory, wait = after(*history)
        assert wait == timedelta(minutes=10)
        assert seen(memory).failed
        assert not seen(reviewed("leaf", memory, HARD, memory.due_at)).failed


@pytest.mark.parametrize(
    ("recall", "least", "most"),
    [(HARD, timedelta(hours=6), DAY), (GOOD, DAY, 2 * DAY), (EASY, 4 * DAY, 20 * DAY)],
)
def test_a_new_topic_comes_back_the_later_the_better_it_was_known(
    recall: Recall, least: timedelta, most: timedelta
) -> None:
    memory, wait = after(recall)
    assert least <= wait <= most
    assert not seen(memory).failed


def test_what_is_recalled_when_it_is_due_is_asked_ever_more_rarely() -> None:
    memory, waits = reviewed("leaf", None, GOOD, NOON), []
    for _ in range(6):
        at = memory.due_at
        memory = reviewed("leaf", memory, GOOD, at)
        waits.append(memory.due_at - at)
    assert waits == sorted(waits)
    assert waits[-1] > 60 * DAY


def test_the_same_history_gives_the_same_memory_at_any_hour_of_any_day() -> None:
    history = (GOOD, AGAIN, HARD, GOOD, EASY, AGAIN)
    assert after(*history) == after(*history)
    assert json.loads(after(*history)[0].card)["card_id"] == 0


def test_a_time_with_another_offset_is_the_same_time() -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert reviewed("leaf", None, GOOD, local) == reviewed("leaf", None, GOOD, NOON)


def test_a_clock_that_jumped_back_breaks_nothing() -> None:
    memory, _ = after(GOOD, GOOD)
    earlier = reviewed("leaf", memory, GOOD, NOON - timedelta(hours=1))
    assert earlier.due_at > NOON - timedelta(hours=1)


@pytest.mark.parametrize("card", ["", "{}", "[]", "null", "7", '{"card_id": 0, "state": 9}', after(GOOD)[0].card[:-9]])
def test_a_card_that_cannot_be_read_is_made_anew(card: str) -> None:
    damaged = Memory("leaf", card, NOON)
    assert recollections([damaged]) == ()
    assert reviewed("leaf", damaged, GOOD, NOON) == reviewed("leaf", None, GOOD, NOON)


async def remembered(town: Town, who: str = "Ada") -> dict[str, Memory]:
    async with town.store.begin() as work:
        here = await work.communities.community(town.platform, town.community, "This terminal")
        learner = await work.communities.learner(here, who.lower(), who)
        return {memory.topic: memory for memory in await work.learning.memories(learner)}


async def test_after_a_rejudgement_memories_are_as_if_it_had_been_judged_so_at_once(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("hint yes")
    await town.say(f"answer {RIGHT}", "Fair")
    with Unfair(town):
        await town.say(f"answer {RIGHT}")
        await town.say(f"answer {TRIPLE}", "Bob")
        await town.say(f"answer {TRIPLE}", "Cy")
    await town.say("solution yes", "Dan")
    assert recollections(list((await remembered(town)).values()))[0].failed
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("gradadmin rejudge yes")
    await town.settles()
    assert await remembered(town) == {"chain-rule": reviewed("chain-rule", None, HARD, town.now)}
    for who in ("Bob", "Cy"):
        assert await remembered(town, who) == {"chain-rule": reviewed("chain-rule", None, AGAIN, town.now)}
    assert await remembered(town, "Fair") == {"chain-rule": reviewed("chain-rule", None, GOOD, town.now)}


async def test_what_was_taken_back_is_forgotten_and_what_was_known_otherwise_stays(town: Town) -> None:
    await town.asks(replace(SQUARE, topics=("leaf",)))
    await town.say("answer [4, 6]")
    first = await remembered(town)
    town.now += DAY
    await town.asks(replace(DOUBLE, topics=("leaf", "graph")))
    await town.say("today")
    await town.say(f"answer {WRONG}")
    await town.say(f"answer {RIGHT}")
    await town.say(f"answer {WRONG}", "Bob")
    await town.say("today", "Cy")
    await town.say("solution yes", "Cy")
    assert await remembered(town, "Cy")
    assert (await remembered(town)).keys() == {"leaf", "graph"}
    await town.say("gradadmin schedule void yes")
    await town.settles()
    assert await remembered(town) == first
    for who in ("Bob", "Cy"):
        assert await remembered(town, who) == {}, "who earned nothing is not blamed for it either"


async def test_many_answers_to_many_questions_are_told_again_as_they_were(town: Town) -> None:
    """Whatever verdicts made of memories, replaying them makes the same."""
    await town.asks(SQUARE, DOUBLE)
    for turn in range(6):
        await town.say("today")
        await town.say(("hint yes", "solution yes", "me")[turn % 3])
        for text in ("[4, 6]", WRONG, RIGHT)[turn % 2 :]:
            await town.say(f"answer {text}")
            town.now += timedelta(minutes=7)
        await town.say("practice")
        town.now += DAY
    before = await remembered(town)
    assert before
    async with town.store.begin() as work:
        here = await work.communities.community(town.platform, town.community, "This terminal")
        await relearn(work, await work.communities.learner(here, "ada", "Ada"), set(before))
    assert await remembered(town) == before
