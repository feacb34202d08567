"""Judges that are stopped, that have no engine, or that are not there: nobody's answer is dropped, and all are told."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from bot.store.working import DRAIN_SECONDS
from tests.queued.deployment import AT_WORK, Deployment
from tests.queued.people import CODE, Answered, answers, check_told, posts
from tests.slack_stand_in import Channel, Person

pytestmark = pytest.mark.long

ROUNDS = 3
AT_ONCE = 16
WAITING = 300
BARRED = "taking no jobs, as no cell can be had: no Docker engine answers at"


async def town(deployment: Deployment, people: int) -> tuple[list[Person], Channel]:
    """People in a channel where a question on code was posted."""
    slack = deployment.slack
    learners = [slack.person(f"learner{number}") for number in range(people)]
    admin = slack.person("root", is_admin=True)
    channel = slack.world.channel("daily", admin.user, *(each.user for each in learners))
    await posts(admin, channel, CODE)
    return learners, channel


@pytest.mark.timeout(240)
async def test_judges_are_replaced_one_after_the_other_while_people_answer(deployment: Deployment) -> None:
    await deployment.start()
    people, channel = await town(deployment, AT_ONCE)
    through, told = asyncio.Event(), list[Answered]()

    async def goes_on(person: Person) -> None:
        for number in itertools.count():
            told.append(await answers(person, channel, deployment.watch, is_right=number % 2 == 1))
            if through.is_set():
                return

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(goes_on(person))
        for _ in range(ROUNDS):
            for judge in deployment.judges:
                took = await judge.stop()
                print(f"{judge.name} stopped within {took:.1f} s, {len(told)} verdicts told", flush=True)
                assert took < DRAIN_SECONDS
                await judge.start()
                await judge.at_work()
        through.set()
    print(f"{len(told)} verdicts; the longest wait was {max(each.waited for each in told):.1f} s")
    await deployment.stop()
    check_told(deployment.slack, told)
    assert max(each.waited for each in told) < DRAIN_SECONDS
    await deployment.watch.check_ledger(len(told), 1)


@pytest.mark.timeout(240)
async def test_what_was_sent_while_there_was_no_judge_is_judged_by_the_first_that_comes_and_has_an_engine(
    deployment: Deployment,
) -> None:
    bot, (judge, other) = deployment.bots[0], deployment.judges
    deployment.bots.remove(deployment.bots[1])
    deployment.judges.remove(other)
    await bot.start()
    await bot.at_work()
    people, channel = await town(deployment, WAITING)
    (door, _) = deployment.doors
    door.bar()
    gate = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        answering = [
            group.create_task(answers(person, channel, deployment.watch, is_right=number % 3 == 0, gate=gate))
            for number, person in enumerate(people)
        ]
        await deployment.watch.until_rows(f"SELECT 1 FROM submission OFFSET {WAITING - 1}", 120)
        await judge.start()
        await judge.until_says(f"{BARRED} {door.host}")
        assert AT_WORK not in judge.says()
        assert await deployment.watch.rows("SELECT 1 FROM procrastinate_jobs WHERE status <> 'todo'") == []
        await door.open()
        await judge.at_work()
        late = group.create_task(answers(deployment.slack.person("late"), channel, deployment.watch, is_right=True))
    told = [each.result() for each in (*answering, late)]
    cards = [each.card for each in told]
    assert sum("No judge is at work now" in card for card in cards) == WAITING
    assert "position" in cards[-1]
    await deployment.stop()
    check_told(deployment.slack, told)
    await deployment.watch.check_ledger(WAITING + 1, 1)


@pytest.mark.timeout(240)
async def test_a_judge_that_loses_its_engine_says_so_and_another_does_its_work(deployment: Deployment) -> None:
    await deployment.start()
    people, channel = await town(deployment, AT_ONCE)
    judge, door = deployment.judges[0], deployment.doors[0]
    door.bar()
    told: list[Answered] = []

    async def all_answer(*, is_right: bool) -> None:
        some = (answers(person, channel, deployment.watch, is_right=is_right) for person in people)
        told.extend(await asyncio.gather(*some))

    await all_answer(is_right=False)
    await judge.until_says(f"{BARRED} {door.host}")
    said = len(judge.says())
    await door.open()
    await judge.until_says(AT_WORK, said=said)
    await deployment.judges[1].stop()
    await all_answer(is_right=True)
    await deployment.judges[1].start()
    await deployment.judges[1].at_work()
    await deployment.stop()
    check_told(deployment.slack, told)
    await deployment.watch.check_ledger(2 * AT_ONCE, 1)
