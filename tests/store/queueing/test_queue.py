"""Answers judged elsewhere: stored with their job, taken by any judge, told by any bot."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from bot.core.commands import Command
from bot.core.effects import Show
from bot.core.questions import Question
from bot.judging.duty import WrongTorch
from bot.messaging import ACK_GRACE
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.queueing import Lane, Urgency
from bot.store import open_store
from bot.usecases.service import Service
from bot.wiring import _wanted_torch, working
from sandbox.image import torch_version
from tests.benches import Bench
from tests.store.queueing.conftest import BigTown, Hire, until
from tests.store.scene import change, rows
from tests.usecases.town import LEAF, RIGHT, SLOPE, WRONG, read


async def jobs(town: BigTown) -> list[tuple[str, int, str]]:
    query = "SELECT task_name, (args->>'number')::numeric AS number, status::text FROM procrastinate_jobs ORDER BY id"
    return [tuple(row) for row in await rows(town.url, query)]


async def until_no_job(town: BigTown) -> None:
    async def is_none() -> bool:
        return not await jobs(town)

    await until(is_none)


async def test_a_stored_answer_has_its_job_and_any_judge_gives_it_its_verdict(town: BigTown, benches: Hire) -> None:
    await town.say("today")
    effects = town.begin(f"answer {RIGHT}")
    stored = await anext(effects)
    await effects.aclose()
    assert "No judge is at work now" in stored.card.title
    assert await jobs(town) == [("judge", 1, "todo")]
    bench = await benches()
    await until_no_job(town)
    assert town.judge.judged
    assert (await rows(town.url, "SELECT state FROM submission"))[0].state == "judged"
    assert bench.told == ["taking jobs with 2 cells"]


async def test_a_verdict_comes_as_in_a_town_with_a_judge_of_its_own(town: BigTown, benches: Hire) -> None:
    await benches()
    await town.say("today")
    assert "Wrong" in (await town.say(f"answer {WRONG}")).last
    assert "Accepted" in (await town.say(f"answer {RIGHT}")).last
    assert "Ada" in (await town.say("leaderboard")).last


async def test_nothing_is_queued_by_a_transaction_that_fails(town: BigTown) -> None:
    async def fails() -> None:
        async with town.store.begin() as work:
            await work.jobs.judge(1)
            await work.jobs.ask(b"asked", Lane.QUESTIONS, Urgency.LIVE, town.now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await jobs(town) == []
    assert await rows(town.url, "SELECT * FROM request") == []


async def test_the_same_event_again_is_one_job(town: BigTown) -> None:
    await town.say("today")
    for _ in range(2):
        effects = town.begin(f"answer {RIGHT}", event="the same")
        await anext(effects)
        await effects.aclose()
        town.now += timedelta(seconds=1)
    assert await jobs(town) == [("judge", 1, "todo")]


async def test_two_that_put_the_same_answer_in_leave_one_job_and_may_both_go_on(town: BigTown) -> None:
    put = asyncio.Event()

    async def first() -> None:
        async with town.store.begin() as work:
            await work.jobs.judge(1)
            put.set()
            await asyncio.sleep(0.2)  # the other is at it meanwhile

    async def second() -> None:
        await put.wait()
        async with town.store.begin() as work:
            await work.jobs.judge(1)
            await work.jobs.judge(2)

    await asyncio.gather(first(), second())
    assert await jobs(town) == [("judge", 1, "todo"), ("judge", 2, "todo")]


async def test_a_queue_that_refuses_for_a_reason_of_the_servers_says_so_as_any_table_does(town: BigTown) -> None:
    hurried = make_url(town.url).update_query_dict({"options": "-c statement_timeout=200"})
    store = await open_store(hurried.render_as_string(hide_password=False))

    async def puts() -> None:
        async with store.begin() as work:
            await work.jobs.judge(1)

    async with await psycopg.AsyncConnection.connect(town.url) as other:
        await other.execute("LOCK TABLE procrastinate_jobs IN EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable, match="canceling statement"):
            await puts()
    await store.close()


async def test_a_third_answer_is_given_back_whichever_process_took_the_others(town: BigTown) -> None:
    await town.say("today")
    for _ in range(2):
        effects = town.begin(f"answer {RIGHT}")
        await anext(effects)
        await effects.aclose()
        town.service = town.restarted()
        town.now += timedelta(seconds=1)
    refused = await town.say(f"answer {RIGHT}")
    assert "return 2 * x" in refused.last
    assert len(await jobs(town)) == 2
    assert len(await rows(town.url, "SELECT * FROM submission")) == 2


async def test_whoever_waits_is_told_their_position(town: BigTown) -> None:
    await town.say("today")
    async with town.store.begin() as work:
        for number in range(5_000, 5_012):
            await work.jobs.judge(number)
    await change(town.url, "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    effects = town.begin(f"answer {RIGHT}")
    shown = await anext(effects)
    await effects.aclose()
    assert "position 12" in shown.card.title


@pytest.mark.parametrize(("question", "wrong"), [(SLOPE, "1000"), (LEAF, "a")], ids=["value", "choice"])
async def test_values_and_choices_are_judged_by_the_bot_itself(
    town: BigTown, benches: Hire, question: Question, wrong: str
) -> None:
    await town.asks(question)
    await benches()
    await town.service.fill_banks()
    await until_no_job(town)
    await change(town.url, "DELETE FROM procrastinate_workers RETURNING id")
    await town.say("today")
    assert "No judge" not in (await town.say(f"answer {wrong}")).text
    assert await rows(town.url, "SELECT state FROM submission WHERE state = 'judged'")
    assert await jobs(town) == []


async def test_code_can_be_tried_and_banks_are_drawn_by_judges_elsewhere(town: BigTown, benches: Hire) -> None:
    await benches()
    await town.say("today")
    assert await town.service.fill_banks() == {}
    assert {name for name, _ in town.judge.draws} == {"double", "slope", "leaf"}
    tried = await town.say(f"try {RIGHT}")
    assert "example" in tried.text.lower()
    assert await rows(town.url, "SELECT * FROM request") == []
    await until_no_job(town)


async def test_without_a_judge_what_cannot_wait_is_refused_at_once(town: BigTown) -> None:
    await town.say("today")
    tried = await town.say(f"try {RIGHT}")
    assert "no judge is at work" in tried.text


async def test_a_judge_without_cells_says_so_takes_nothing_and_comes_back(
    town: BigTown, benches: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.judging.duty.LOOK_SECONDS", 0.05)
    bench = await benches()
    await town.say("today")
    await town.service.fill_banks()
    town.judge.available = False
    effects = town.begin(f"answer {RIGHT}")
    await anext(effects)
    await effects.aclose()

    async def stopped() -> bool:
        return not bench.is_ready

    await until(stopped)
    assert [(name, status) for name, _, status in await jobs(town)] == [("judge", "todo")]
    town.judge.available = True
    await until_no_job(town)
    assert bench.told == [
        "taking jobs with 2 cells",
        "no cell could be had: taking no jobs until that changes",
        "taking no jobs, as no cell can be had: No cell could be started.",
        "taking jobs with 2 cells",
    ]


def fail_once(town: BigTown, fault: Exception) -> list[Exception]:
    """Have the next answer fail to be judged; what has not been raised yet."""
    faults = [fault]

    async def fails() -> None:
        if faults:
            raise faults.pop()

    town.judge.before_judging = fails
    return faults


async def test_a_job_that_fails_for_a_reason_of_its_own_keeps_no_judge_from_the_others(
    town: BigTown, benches: Hire
) -> None:
    bench = await benches()
    await town.say("today")
    await town.service.fill_banks()
    faults = fail_once(town, JudgeUnavailable("the judge failed (KeyError); its log says more"))
    assert "waits for its verdict" in (await town.say(f"answer {RIGHT}")).last
    assert not faults
    await until_no_job(town)
    assert (await rows(town.url, "SELECT state FROM submission"))[0].state == "judged"
    assert bench.told == ["taking jobs with 2 cells"]


async def test_a_fault_of_ours_is_told_and_the_answer_is_judged_when_it_is_over(town: BigTown, benches: Hire) -> None:
    await benches()
    await town.say("today")
    await town.service.fill_banks()
    fail_once(town, ValueError("what a judge of an older version says of a newer question"))
    told = await town.say(f"answer {RIGHT}")
    assert "waits for its verdict" in told.last
    assert "something went wrong on our side" in told.last
    assert "older version" not in told.text
    await until_no_job(town)
    assert (await rows(town.url, "SELECT state FROM submission"))[0].state == "judged"


async def test_the_job_of_a_judge_that_died_is_done_by_another(town: BigTown, benches: Hire) -> None:
    await town.say("today")
    effects = town.begin(f"answer {RIGHT}")
    await anext(effects)
    await effects.aclose()
    await change(
        town.url,
        """WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')
           RETURNING id)
           UPDATE procrastinate_jobs SET status = 'doing', worker_id = dead.id FROM dead RETURNING 1""",
    )
    await benches()
    await until_no_job(town)
    assert len(town.judge.judged) == 1


async def test_an_answer_whose_job_is_gone_gets_another(town: BigTown) -> None:
    await town.say("today")
    effects = town.begin(f"answer {RIGHT}")
    await anext(effects)
    await effects.aclose()
    await change(town.url, "DELETE FROM procrastinate_jobs RETURNING id")
    await town.service.resume()
    assert await jobs(town) == [], "whoever stored it may be about to queue it"
    town.now += timedelta(minutes=2)
    for _ in range(2):
        await town.service.resume()
    assert await jobs(town) == [("judge", 1, "todo")]


async def test_a_job_whose_answer_was_deleted_does_nothing(town: BigTown, benches: Hire) -> None:
    await town.say("today")
    effects = town.begin(f"answer {RIGHT}")
    await anext(effects)
    await effects.aclose()
    await town.say("privacy delete yes")
    assert await rows(town.url, "SELECT * FROM submission") == []
    await benches()
    await until_no_job(town)
    assert town.judge.judged == []


async def test_a_request_nobody_waits_for_is_not_answered(town: BigTown, benches: Hire) -> None:
    async with town.store.begin() as work:
        number = await work.jobs.ask(b"not read", Lane.QUESTIONS, Urgency.LIVE, town.now)
        await work.jobs.drop(number)
    await benches()
    await until_no_job(town)
    assert await rows(town.url, "SELECT * FROM request") == []


async def test_a_request_that_cannot_be_read_is_answered_all_the_same(town: BigTown, benches: Hire) -> None:
    await benches()
    async with town.store.begin() as work:
        number = await work.jobs.ask(b"\xff of another version", Lane.QUESTIONS, Urgency.LIVE, town.now)

    async def answered() -> bool:
        async with town.store.read() as work:
            return b"could not read" in (await work.jobs.answered(number) or b"")

    await until(answered)
    await until_no_job(town)


async def test_what_waits_goes_before_what_can_wait(town: BigTown) -> None:
    async with town.store.begin() as work:
        await work.jobs.ask(b"judged again", Lane.ANSWERS, Urgency.LATER, town.now)
        await work.jobs.judge(17)
    first = await rows(town.url, "SELECT task_name FROM procrastinate_fetch_job_v2('{answers}', NULL)")
    assert first[0].task_name == "judge"


async def test_a_judge_with_another_torch_refuses(town: BigTown) -> None:
    town.judge.torch = "2.12.1+cpu"
    bench = Bench(town.url, lambda: town.now, town.judge)
    async with asyncio.timeout(5):
        with pytest.raises(WrongTorch, match=r"2\.12\.1") as raised:
            await bench.duty.serve(None)  # type: ignore[arg-type]
    assert "make image" in str(raised.value)


async def test_an_answer_to_a_question_that_cannot_be_judged_is_told_so_once_and_tried_now_and_then(
    town: BigTown, benches: Hire
) -> None:
    await benches()
    await town.say("today")
    town.judge.sound = False
    for who in ("Ada", "Bob", "Cid"):
        assert "cannot be judged right now" in (await town.say(f"answer {RIGHT}", who)).last
    await until_no_job(town)
    town.judge.draws.clear()
    tried = set[int]()
    for _ in range(60):
        town.now += timedelta(seconds=5)
        await town.service.resume()
        await until_no_job(town)
        tried |= {trying.submission_id for trying in town.service._parts.doubts.trying.values()}
    assert len(town.judge.draws) <= 3 + 5, "all of them once, and then one a minute"
    assert tried == {1, 2, 3}, "another each time"
    assert await rows(town.url, "SELECT slot FROM outbox WHERE slot LIKE 'verdict%'") == []
    town.judge.sound = True
    for _ in range(16):
        town.now += timedelta(seconds=5)
        await town.service.resume()
        await until_no_job(town)
    assert len(await rows(town.url, "SELECT id FROM submission WHERE state = 'judged'")) == 3


async def test_values_that_cannot_be_judged_keep_no_later_ones_from_it(
    town: BigTown, benches: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.resuming.AT_ONCE", 2)
    await benches()
    await town.asks(SLOPE)
    await town.say("today")
    town.judge.sound = False
    for who in ("Ada", "Bob", "Cid"):
        assert "cannot be judged right now" in (await town.say("answer 3", who)).last
    await town.asks(LEAF)
    town.judge.sound = True
    await town.service.fill_banks()
    town.judge.sound = False
    town.judge.draws.clear()
    leaf = (await town.say("practice leaf", "Dan")).posting
    await _left_without_a_verdict(town, "a", "Dan", leaf)
    judged = 0
    for _ in range(13):
        town.now += timedelta(seconds=5)
        judged += await town.service.judge_values()
    assert judged == 1
    assert len(town.judge.draws) <= 3, "once at first, and then once a minute"
    town.judge.sound = True
    for _ in range(14):
        town.now += timedelta(seconds=5)
        judged += await town.service.judge_values()
    assert judged == 4


async def _left_without_a_verdict(town: BigTown, answer: str, who: str, about: int | None = None) -> None:
    """The bot dies as soon as an answer is stored."""
    effects = town.begin(f"answer {answer}", who, about=about)
    await anext(effects)
    await effects.aclose()
    await town.service.close()
    town.service = town.restarted()


async def test_lost_jobs_are_replaced_while_a_value_waits_for_its_trials(town: BigTown, benches: Hire) -> None:
    await town.say("today")
    await _left_without_a_verdict(town, RIGHT, "Ada")
    await change(town.url, "DELETE FROM procrastinate_jobs RETURNING id")
    await change(town.url, "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    await town.asks(SLOPE)
    slope = (await town.say("practice slope", "Bob")).posting
    await _left_without_a_verdict(town, "3", "Bob", slope)
    town.now += timedelta(seconds=11)
    waiting = asyncio.create_task(town.service.judge_values())
    await asyncio.sleep(0.5)
    async with asyncio.timeout(5):
        await town.service.resume()
    assert not waiting.done()
    assert ("judge", 1, "todo") in await jobs(town)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.timeout(30)
async def test_who_asked_gives_up_once_the_request_was_swept(town: BigTown) -> None:
    await change(town.url, "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    filling = asyncio.create_task(town.service.fill_banks())

    async def asked() -> bool:
        return bool(await rows(town.url, "SELECT id FROM request"))

    await until(asked)
    while not filling.done():
        await change(town.url, "DELETE FROM request RETURNING id")
        await asyncio.wait({filling}, timeout=0.2)
    with pytest.raises(JudgeUnavailable, match="in time"):
        await filling


async def test_a_judge_at_work_ends_once_the_bots_prove_with_another_torch(
    town: BigTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.judging.duty.LOOK_SECONDS", 0.05)
    bench = Bench(town.url, lambda: town.now, town.judge)
    async with working(town.url, town.store, town.judge, bench.duty, lambda: town.now) as workers:
        serving = asyncio.create_task(bench.duty.serve(workers))
        async with asyncio.timeout(5):
            await bench.ready.wait()
            bench.wanted = "2.14.0+cpu"
            with pytest.raises(WrongTorch, match=r"have torch 2\.13\.0\+cpu, and the bots prove .* with 2\.14\.0"):
                await serving
    assert not bench.is_ready
    assert bench.told == ["taking jobs with 2 cells"]


async def test_what_a_judge_compares_with_is_what_the_bot_said_that_started_last(town: BigTown) -> None:
    wanted = _wanted_torch(town.store)
    assert await wanted() == torch_version()
    for said in ("2.12.1+cpu", "2.14.0+cpu"):
        async with town.store.begin() as work:
            await work.jobs.prove_with(said)
        assert await wanted() == said


async def test_an_answer_whose_job_was_poisoned_and_given_up_gets_its_verdict_by_another(
    town: BigTown, benches: Hire
) -> None:
    await town.say("today")
    await _left_without_a_verdict(town, RIGHT, "Ada")
    poison = "jsonb_build_object('number', repeat('9', 30)\\:\\:numeric)"
    await change(town.url, f"UPDATE procrastinate_jobs SET args = {poison} RETURNING id")
    await benches()
    await until_no_job(town)
    assert town.judge.judged == []
    town.now += timedelta(seconds=11)
    await town.service.resume()
    await until_no_job(town)
    assert len(town.judge.judged) == 1


@pytest.mark.parametrize("said", ["answered " + "9" * 5_000, "answered ٣", "answered", "", "outbox 1"], ids=len)
async def test_whatever_is_said_on_the_channel_others_are_heard(town: BigTown, said: str) -> None:
    await rows(town.url, f"SELECT pg_notify('chainrule', '{said}')")
    heard = asyncio.create_task(town.notifications.until_answered(17, 10))
    await asyncio.sleep(0.2)
    assert not heard.done()
    await rows(town.url, "SELECT pg_notify('chainrule', 'answered 17')")
    async with asyncio.timeout(5):
        await heard


async def test_a_verdict_whose_judge_died_before_its_job_ended_is_the_only_one(town: BigTown, benches: Hire) -> None:
    await benches()
    await town.say("today")
    assert "Accepted" in (await town.say(f"answer {RIGHT}")).last
    await until_no_job(town)
    awards = await rows(town.url, "SELECT * FROM award")
    async with town.store.begin() as work:
        await work.jobs.judge(1)
    await until_no_job(town)
    assert len(town.judge.judged) == 1
    assert await rows(town.url, "SELECT * FROM award") == awards
    assert await rows(town.url, "SELECT slot FROM outbox WHERE slot LIKE 'verdict%'") == []


async def test_an_answer_whose_bot_died_before_it_was_acknowledged_is_told_of_by_another_once(
    town: BigTown, benches: Hire
) -> None:
    await town.say("today")
    await _left_without_a_verdict(town, RIGHT, "Ada")
    await benches()
    await until_no_job(town)
    town.now += ACK_GRACE + timedelta(seconds=1)
    await asyncio.gather(*(bot.deliver_due(town) for bot in (town.service, town.restarted())))
    assert [show.slot for show, _ in town.shown] == ["verdict:1"]
    effects = town.begin(f"answer {RIGHT}", event="event 2")  # the platform gives the event to another bot
    assert "Accepted" in read(await anext(effects))
    await effects.aclose()
    assert await jobs(town) == []


async def test_an_event_that_two_bots_are_given_at_once_is_one_answer_and_one_job(town: BigTown) -> None:
    await town.say("today")
    bots = [town.service, town.restarted(), town.restarted()]
    slots = set[str]()

    async def given(bot: Service, event: str, who: str) -> None:
        command = Command("answer", RIGHT)
        effects = bot.handle(town.caller(who), command, event)
        slots.add((await anext(effects)).slot)  # type: ignore[union-attr]
        await effects.aclose()

    for number in range(20):
        await asyncio.gather(*(given(bot, f"the same {number}", f"learner {number}") for bot in bots))
    assert len(slots) == 20
    assert len(await rows(town.url, "SELECT id FROM submission")) == len(await jobs(town)) == 20


async def test_two_hundred_answers_at_once_are_all_taken_and_judged_by_one_judge(town: BigTown, benches: Hire) -> None:
    await benches()
    await town.say("today")
    await town.service.fill_banks()
    going, most = 0, 0

    async def takes_a_while() -> None:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0.02)
        going -= 1

    town.judge.before_judging = takes_a_while

    async def answers(number: int) -> str:
        effects = town.begin(f"answer {RIGHT if number % 2 else WRONG}", f"learner {number}")
        shown = await anext(effects)
        await effects.aclose()
        assert isinstance(shown, Show), shown
        return shown.card.title

    titles = await asyncio.gather(*map(answers, range(200)))
    assert sum("position" in title for title in titles) > 100, titles
    await until_no_job(town)
    assert most <= 4
    judged = await rows(town.url, "SELECT state, count(*) AS many FROM submission GROUP BY 1")
    assert [(each.state, each.many) for each in judged] == [("judged", 200)]
    assert len(await rows(town.url, "SELECT id FROM award")) == 100


@pytest.mark.parametrize(
    ("said", "by", "then"),
    [("privacy delete yes", "Ada", "deleted"), ("gradadmin schedule void yes", "Root", "taken back")],
    ids=["deleted", "void"],
)
async def test_what_is_deleted_or_taken_back_while_its_job_is_under_way_stays_so(
    town: BigTown, benches: Hire, said: str, by: str, then: str
) -> None:
    await benches()
    await town.say("today")
    await town.service.fill_banks()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await go_on.wait()

    town.judge.before_judging = wait
    effects = town.begin(f"answer {RIGHT}")
    await anext(effects)
    await effects.aclose()
    await begun.wait()
    assert then in (await town.say(said, by)).text.lower()
    go_on.set()
    await until_no_job(town)
    await town.settles()
    assert await rows(town.url, "SELECT * FROM award WHERE points > 0") == []
    assert await rows(town.url, "SELECT * FROM standing WHERE points <> 0") == []
    left = await rows(town.url, "SELECT learner.external_id FROM submission JOIN learner ON learner_id = learner.id")
    assert len(left) == (by == "Root")
