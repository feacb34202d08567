"""Two bots, two judges, cells, PostgreSQL: SIGKILLs from outside, and nobody who was answered notices."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.queued.deployment import Deployment
from tests.queued.havoc import Havoc
from tests.queued.people import CODE, VALUE, Answered, answers, check_told, posted, posts
from tests.slack_stand_in import Channel, Person

SEED = 7
ANSWERS, POSTINGS, PEOPLE = 500, 20, 50
OF_EACH = ANSWERS // PEOPLE
AT_FIRST = 5
THINKING = (0.0, 10.0)
POSTING = (0.0, 6.0)


@pytest.mark.timeout(420)
async def test_whatever_is_killed_every_answer_has_one_verdict_and_every_question_is_posted_once(
    deployment: Deployment,
) -> None:
    await deployment.start()
    chance = random.Random(SEED)
    slack = deployment.slack
    people = [slack.person(f"learner{number}") for number in range(PEOPLE)]
    admin = slack.person("root", is_admin=True)
    everybody = [person.user for person in (*people, admin)]
    channels = [slack.world.channel(f"channel{number}", *everybody) for number in range(POSTINGS)]
    for channel in channels[:AT_FIRST]:
        await posts(admin, channel, chance.choice((CODE, VALUE)))
    havoc, calm = Havoc(deployment, SEED), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        posting = group.create_task(_post(admin, channels[AT_FIRST:], random.Random(SEED + 1), calm))
        answering = [
            group.create_task(_answer(deployment, person, channels, random.Random(1_000 * SEED + number), calm))
            for number, person in enumerate(people)
        ]
        await havoc.wreak()
        calm.set()  # whoever still thinks hurries up
    assert posting.done()
    told = [each for answered in answering for each in answered.result()]
    assert len(told) == ANSWERS
    await deployment.stop()
    print(f"the longest wait for a verdict was {max(each.waited for each in told):.1f} s")
    check_told(slack, told)
    assert [len(posted(channel)) for channel in channels] == [1] * POSTINGS
    await deployment.watch.check_ledger(ANSWERS, POSTINGS)


async def _thinks(chance: random.Random, calm: asyncio.Event, seconds: tuple[float, float]) -> None:
    waiting = asyncio.create_task(calm.wait())
    await asyncio.wait({waiting}, timeout=chance.uniform(*seconds))
    waiting.cancel()


async def _post(admin: Person, channels: list[Channel], chance: random.Random, calm: asyncio.Event) -> None:
    for number, channel in enumerate(channels):
        await _thinks(chance, calm, POSTING)
        await posts(admin, channel, (CODE, VALUE)[number % 2])


async def _answer(
    deployment: Deployment, person: Person, channels: list[Channel], chance: random.Random, calm: asyncio.Event
) -> list[Answered]:
    """Answer so many of the questions, each once, as they come."""
    told: list[Answered] = []
    done: set[str] = set()
    while len(told) < OF_EACH:
        await _thinks(chance, calm, THINKING)
        there = [channel for channel in channels if channel.id not in done and posted(channel)]
        if not there:
            await asyncio.sleep(0.5)
            continue
        channel = chance.choice(there)
        done.add(channel.id)
        told.append(await answers(person, channel, deployment.watch, is_right=chance.random() < 0.6))
    return told
