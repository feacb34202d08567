"""The bot as it is started, told to end by SIGTERM while people send answers, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import time
from functools import partial
from pathlib import Path

import pytest

from bot.cli.run import DRAIN_SECONDS
from bot.platforms.conversation import LEAVING
from tests.slack_stand_in import Person, StandIn, View
from tests.slack_stand_in.people import fields
from tests.test_killed import SECONDS, form_of, running, submitted, tellings, until_none_waits

PEOPLE = 8
# A wrong answer is run on all the public trials too, some twenty times in all.
ANSWER = "import time\n\ndef reduce_gradient(grad_out, shape):\n    time.sleep({})\n    return grad_out\n"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("pause", [0.05, 0.2], ids=["all are told before it ends", "some are left to the next"])
async def test_it_ends_what_is_under_way_and_leaves_the_rest_to_the_next(tmp_path: Path, pause: float) -> None:
    async with StandIn() as slack, running(slack, tmp_path, "bias-gradient") as bot:
        admin = slack.person("root", is_admin=True)
        people = [slack.person(f"person-{number}") for number in range(PEOPLE)]
        early, late = slack.person("early"), slack.person("late")
        general = slack.world.channel("general", *(person.user for person in (admin, early, late, *people)))
        await admin.slash(general, "/gradadmin", "post-now")
        await admin.sees("so far")
        view = await form_of(early, general)
        assert await submitted(early, view, ANSWER.format(0))
        await slack.until(partial(tellings, early, view, 0), SECONDS)  # now there are a cell and trials to judge by
        views = [await form_of(person, general) for person in (*people, late)]
        sent = {person.id: ANSWER.format(pause) + f"# {person.user.name}\n" for person in people}

        async def send(person: Person, view: View) -> bool:
            await asyncio.sleep(0.2 * people.index(person))
            return await submitted(person, view, sent[person.id])

        sending = [asyncio.create_task(send(*each)) for each in zip(people, views, strict=False)]
        await asyncio.sleep(1.1)
        began = time.monotonic()
        assert await bot.end(signal.SIGTERM) == 128 + signal.SIGTERM
        took = time.monotonic() - began
        taken = dict(zip(people, await asyncio.gather(*sending), strict=True))
        assert took < 30
        assert 0 < sum(taken.values()) < PEOPLE, "the signal came while answers did"
        told = [tellings(person, view, 0) for person, view in zip(people, views, strict=False) if taken[person]]
        assert set(told) <= ({0, 1} if took > DRAIN_SECONDS else {1}), "within that time each is told once"
        for person, view in zip(people, views, strict=False):
            if not taken[person]:
                assert sent[person.id] in fields(view).values(), "a form that was not taken keeps its text"
                assert set(view.errors.values()) <= {LEAVING}
        assert late.view is views[-1], "and so does one that was not sent"
        await bot.start()
        for person, view in zip((*people, late), views, strict=True):
            if not taken.get(person):
                assert await submitted(person, view, sent.get(person.id, ANSWER.format(0)))
        everybody = list(zip((*people, late), views, strict=True))
        await slack.until(lambda: all(tellings(person, view, 0) for person, view in everybody), SECONDS)
        await until_none_waits(tmp_path)
        await asyncio.sleep(1)
        assert [tellings(person, view, 0) for person, view in everybody] == [1] * (PEOPLE + 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "chainrule.db")) as database:
        stored = database.execute("select learner_id, attempt, state from submission").fetchall()
    assert len(stored) == len({learner for learner, _, _ in stored}) == PEOPLE + 2
    assert {(attempt, state) for _, attempt, state in stored} == {(1, "judged")}
