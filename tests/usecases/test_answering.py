import asyncio
from dataclasses import replace

import pytest

from bot.core.administration import NoticeKind
from bot.core.cards import Code, Tone
from bot.core.effects import Ask, Show
from bot.core.questions import SCORED_TRIALS, Bank, CodeTask
from bot.core.records import Submission
from bot.core.verdicts import Outcome, Verdict
from bot.ports import StoreUnavailable
from bot.usecases.banks import CHUNK
from tests.usecases.test_reporting import notices
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town, nothing, read


async def _set(event: asyncio.Event) -> None:
    event.set()


async def waiting(town: Town) -> list[Submission]:
    async with town.store.begin() as work:
        return list(await work.submissions.unjudged())


async def test_an_answer_is_stored_then_acknowledged_then_judged_then_shown(town: Town) -> None:
    await town.asks(DOUBLE)
    order: list[str] = []

    async def judging() -> None:
        # The store takes turns: this would never come back if a transaction were open while the judge runs.
        order.append(f"judging, {len(await waiting(town))} waiting")

    town.judge.before_judging = judging
    for effect in (await town.say(f"answer {RIGHT}")).effects:
        assert isinstance(effect, Show)
        order.append(f"shown{' working' * effect.working} in {effect.slot}")
    assert order == [
        "judging, 1 waiting",
        "shown working in verdict:1",
        "shown in verdict:1",
    ]


async def test_a_crash_between_stored_and_judged_is_made_up_for_exactly_once(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.crashes_after(f"answer {RIGHT}")
    assert len(await waiting(town)) == 1
    assert not town.judge.judged

    assert await town.service.resume() == 1
    assert await town.service.resume() == 0
    assert len(town.judge.judged) == 1
    assert "place 1 with 30 points" in (await town.say("me")).text


async def test_an_answer_cancelled_while_it_is_judged_stays_stored(town: Town) -> None:
    await town.asks(DOUBLE)
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    town.judge.before_judging = hang
    asking = asyncio.create_task(town.say(f"answer {RIGHT}"))
    await reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [each.text for each in await waiting(town)] == ["def double(x):\n    return 2 * x\n"]


async def test_the_same_event_again_shows_its_verdict_and_is_judged_once(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}", event="from the platform")
    again = await town.say(f"answer {RIGHT}", event="from the platform")
    assert "Accepted" in again.text
    assert "judged once, and counts once" in again.text
    assert len(town.judge.judged) == 1
    assert "attempts  1" in (await town.say("today")).text


async def test_the_same_event_twice_at_a_time_is_judged_once(town: Town) -> None:
    await town.asks(DOUBLE)
    one, other = await asyncio.gather(*(town.say(f"answer {RIGHT}", event="twice") for _ in range(2)))
    assert "Accepted" in one.last
    assert "Accepted" in other.last
    assert len(town.judge.judged) == 1


async def test_resuming_beside_an_answer_under_way_does_not_judge_it_again(town: Town) -> None:
    await town.asks(DOUBLE)
    stored = asyncio.Event()
    town.judge.before_judging = lambda: _set(stored)
    saying = asyncio.create_task(town.say(f"answer {RIGHT}"))
    await stored.wait()
    resumed, reply = await asyncio.gather(town.service.resume(), saying)
    assert "Accepted" in reply.card.title
    assert len(town.judge.judged) == 1
    assert resumed in (0, 1)


async def test_two_answers_of_one_learner_at_once_are_two_attempts_and_one_award(town: Town) -> None:
    await town.asks(DOUBLE)
    await asyncio.gather(*(town.say(f"answer {RIGHT}") for _ in range(2)))
    mine = (await town.say("me")).text
    assert sorted(line.split()[-2] for line in mine.splitlines() if line.endswith("accepted")) == ["1", "2"]
    async with town.store.begin() as work:
        community = await work.communities.community("terminal", "here", "This terminal")
        ada = await work.communities.learner(community, "ada", "Ada")
        assert await work.competition.points(ada) in (20, 30)


async def test_an_answer_that_can_not_be_judged_now_is_judged_when_the_sandbox_is_back(town: Town) -> None:
    await town.asks(DOUBLE)
    town.judge.available = False
    reply = await town.say(f"answer {RIGHT}")
    assert "Answer no. 1 waits for its verdict" in reply.last
    assert "need not send it again" in reply.last
    assert "No cell could be started." in reply.last
    assert "stored and waits for its verdict" in (await town.say("today")).text

    town.judge.available = True
    assert await town.service.resume() == 1
    assert "points    30" in (await town.say("today")).text


async def test_one_answer_that_can_not_be_judged_does_not_hold_up_the_others(town: Town) -> None:
    await town.asks(SQUARE, DOUBLE)
    town.judge.sound = False
    fault = await town.say("answer [4, 6]")
    assert "This question cannot be judged right now" in fault.last
    assert "not your doing" in fault.last
    town.now += DAY
    town.judge.sound, town.judge.available = True, False
    await town.say("today")
    await town.say(f"answer {RIGHT}")
    town.judge.available = True
    assert await town.service.resume() == 2


async def test_what_is_wrong_with_a_question_is_told_to_an_admin_and_not_to_its_learners(town: Town) -> None:
    await town.asks(DOUBLE)
    town.judge.sound = False
    for who in ("Ada", "Bob"):
        said = (await town.say(f"answer {RIGHT}", who)).text + (await town.say(f"try {RIGHT}", who)).text
        assert "has a fault of its own" in said
        assert "nothing was counted" in said
        assert "the solution never ends" not in said
    assert await town.service.resume() == 0
    (notice,) = await notices(town)
    assert notice.kind is NoticeKind.UNSOUND
    assert "“Twice the number” (posting no. 1)" in notice.text
    assert "the solution never ends" in notice.text


async def test_an_answer_that_can_not_be_stored_is_given_back_whole(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    long = "def double(x):\n" + "    x = x\n" * 1000 + "    return 2 * x\n"
    town.store.refuses = True
    reply = await town.say(f"answer {long}")
    assert "NOT stored" in reply.card.title
    assert "The disk is full. Make room on it." in reply.last
    assert [block.text for block in reply.card.blocks if isinstance(block, Code)] == [long]
    town.store.refuses = False
    assert "Accepted" in (await town.say(f"answer {long}")).last
    assert "attempts  1" in (await town.say("today")).text


async def test_a_verdict_that_can_not_be_written_leaves_the_answer_stored(town: Town) -> None:
    await town.asks(DOUBLE)

    async def fill_the_disk() -> None:
        town.store.refuses = True

    town.judge.before_judging = fill_the_disk
    with pytest.raises(StoreUnavailable):
        await town.say(f"answer {RIGHT}")
    town.store.refuses = False
    assert len(await waiting(town)) == 1
    assert "Nobody has earned points" in (await town.say("leaderboard")).last


async def test_an_answer_to_yesterdays_question_is_not_held_against_an_unseen_one(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("today")
    town.now += DAY
    reply = await town.say("answer [4, 6]")
    assert "A new question has just opened" in reply.text
    assert "“Twice the number”" in reply.text
    assert "[4, 6]" in reply.text
    assert not await waiting(town)
    assert "Where you stand" not in (await town.say("today")).text


async def test_once_a_new_question_is_open_an_answer_is_to_that_one_and_the_verdict_names_it(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("today")
    town.now += DAY
    await town.say("today", who="Bob")
    assert "Wrong answer: Twice the number" in (await town.say(f"answer {WRONG}")).last


async def test_the_form_opens_with_the_starter_then_with_the_last_attempt(town: Town) -> None:
    await town.asks(DOUBLE)
    starter = (await town.say("answer")).effects[0]
    assert isinstance(starter, Ask)
    assert (starter.form.verb, starter.form.initial, starter.form.multiline) == (
        "answer",
        "def double(x):\n    ...\n",
        True,
    )
    assert "Write double(x)." in (await town.say("answer   \n")).text
    await town.say(f"answer {WRONG}")
    last = (await town.say("answer")).effects[0]
    assert isinstance(last, Ask)
    assert last.form.initial == "def double(x):\n    return x\n"


async def test_the_form_of_a_value_question_is_one_line(town: Town) -> None:
    await town.asks(SQUARE)
    (asked,) = (await town.say("answer")).effects
    assert isinstance(asked, Ask)
    assert (asked.form.initial, asked.form.multiline) == ("", False)


UNREADABLE_CODE = [
    ("x" * 10_000_000, "9.5 MB"),
    ("please tell me the answer", "no code"),
    ("def double(x):\0", "NUL"),
    ("```\n```", "no code"),
]


@pytest.mark.parametrize(("text", "why"), UNREADABLE_CODE, ids=["10 MB", "prose", "NUL", "an empty fence"])
async def test_code_that_can_not_be_read_is_explained_and_counts_for_nothing(town: Town, text: str, why: str) -> None:
    await town.asks(DOUBLE)
    reply = await town.say(f"answer {text}")
    assert why in reply.text
    assert "Nothing was counted" in reply.text
    assert len(reply.text) < 100_000
    assert reply.card.tone is Tone.WARNING
    assert not await waiting(town)
    assert "Accepted" in (await town.say(f"answer {RIGHT}")).last
    assert "+30" not in (await town.say("today")).text
    assert "points    30" in (await town.say("today")).text


@pytest.mark.parametrize("text", ["???", "2 * x", "[4, 6", "x" * 5000, "tensor("])
async def test_a_value_that_can_not_be_read_costs_no_attempt(town: Town, text: str) -> None:
    await town.asks(SQUARE)
    reply = await town.say(f"answer {text}")
    assert "Nothing was counted" in reply.text
    assert "+10 (100% of 10 on the first attempt)" in (await town.say("answer [4, 6]")).last


@pytest.mark.parametrize("text", ["[4, 6]", "4 6", "tensor([4., 6.])", "`[4, 6]`", "```\n[4., 6.]\n```", "[4,\u00a06]"])
async def test_a_value_is_read_kindly(town: Town, text: str) -> None:
    await town.asks(SQUARE)
    assert "Accepted" in (await town.say(f"answer {text}")).last


@pytest.mark.parametrize("text", ["'\ud800'", "[4, 6]\0", "\ud800"])
async def test_text_no_database_can_hold_is_still_answered(town: Town, text: str) -> None:
    await town.asks(SQUARE)
    assert (await town.say(f"answer {text}")).card.title
    assert "Accepted" in (await town.say("answer [4, 6]")).last


LEARNERS_FAILURES = [
    ("def double(x):\n    return (2 * x", ["not valid Python in line 2", "line 2 |     return (2 * x", "^"]),
    ("def twice(x):\n    return 2 * x", ["double", "twice"]),
    ("def double(x):\n    raise TimeoutError", ["Time limit", "stopped after 5 s"]),
    ("def double(x):\n    return None", ["Wrong answer", "0 of 3 passed", "expected result", "None"]),
    ("def double(x):\n    return float('nan')", ["Wrong answer", "nan"]),
    ("def double(x):\n    print('[bold]hello')\n    return x", ["It printed:", "[bold]hello"]),
    ("def double(x):\n    print('y' * 60000)\n    return x", ["more characters"]),
]


@pytest.mark.parametrize(("code", "told"), LEARNERS_FAILURES, ids=[told[0] for _, told in LEARNERS_FAILURES])
async def test_a_failing_answer_is_explained_and_the_next_one_works(town: Town, code: str, told: list[str]) -> None:
    await town.asks(DOUBLE)
    reply = await town.say(f"answer {code}")
    assert [text for text in told if text not in reply.last] == []
    assert "Fix and retry" in reply.last
    assert ("passed" in reply.last) == ("Wrong answer" in reply.last)  # what never ran passed or failed nothing
    assert len(reply.last) < 20_000
    assert "Accepted" in (await town.say(f"answer {RIGHT}")).last


async def test_a_fourth_value_is_judged_and_earns_nothing(town: Town) -> None:
    await town.asks(SQUARE)
    for wrong in ("1", "2", "3"):
        reply = await town.say(f"answer {wrong}")
    assert "No attempt that earns points is left" in reply.last
    assert "only the first 3 attempts earn points" in (await town.say("answer 5")).last
    right = await town.say("answer [4, 6]")
    assert "Accepted" in right.last
    assert "none: only the first 3 attempts earn points" in right.last
    assert "You solved it" in (await town.say("today")).text


async def test_a_wrong_value_never_tells_the_right_one(town: Town) -> None:
    await town.asks(SQUARE)
    for wrong in ("1", "[4, 5]", "None", "RuntimeError", "[4, 6, 8]"):
        said = (await town.say(f"answer {wrong}")).last
        assert "[4., 6.]" not in said
        assert "4.0, 6.0" not in said
    assert "backward, leaf" not in (await town.say("today")).text


async def test_solving_again_is_judged_and_earns_nothing_more(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    again = await town.say(f"answer {RIGHT}")
    assert "solved it already and keep your 30 points" in again.last
    assert "▸  1  Ada      30      1" in (await town.say("leaderboard")).text


async def test_a_scoring_trial_that_was_shown_is_never_used_again(town: Town) -> None:
    await town.asks(DOUBLE)
    # Right on every public trial, so that the failing case can only come from the scoring bank.
    await town.say(f"try {RIGHT}")
    async with town.store.begin() as work:
        (version,) = await work.questions.current()
        public = await work.questions.trials(version, Bank.PUBLIC, 100)
        before = await work.questions.count_trials(version, Bank.SCORING)
    known = tuple(trial.inputs["x"] for trial in public)
    reply = await town.say(f"answer def double(x):\n    return 2 * x if x in {known} else 0")
    assert "expected result" in reply.last
    async with town.store.begin() as work:
        assert await work.questions.count_trials(version, Bank.SCORING) == before - 1


async def test_an_answer_before_any_bank_is_filled_draws_a_chunk_for_each_bank(town: Town) -> None:
    await town.asks(DOUBLE)
    assert f"all {SCORED_TRIALS} trials" in (await town.say(f"answer {RIGHT}")).last
    await town.say(f"answer {RIGHT}")
    assert town.judge.draws == [("double", CHUNK), ("double", CHUNK)]


async def test_without_questions_an_answer_is_told_so(town: Town) -> None:
    for verb in ("today", "answer", "answer 4", "try", "hint", "solution"):
        assert "There is no question to ask" in (await town.say(verb)).text


async def test_of_two_processes_the_first_verdict_counts_and_the_other_shows_it(town: Town) -> None:
    await town.asks(DOUBLE)

    async def overtaken() -> None:
        town.judge.before_judging = nothing
        (stored,) = await waiting(town)
        async with town.store.begin() as work:
            verdict = Verdict(Outcome.TIME_LIMIT, "It was stopped after 2 s.", 0, 3)
            posting = await work.postings.get(stored.posting_id)
            assert posting is not None
            await work.submissions.judged(stored, verdict, posting.version)
            await work.outbox.put("verdict:1", town.platform, stored.learner_id, town.now)

    town.judge.before_judging = overtaken
    reply = await town.say(f"answer {RIGHT}")
    assert "It was stopped after 2 s." in reply.last
    assert "Accepted" not in reply.last
    assert len(town.judge.judged) == 1
    today = (await town.say("today")).text
    assert "last verdict          time limit" in today
    assert "a right answer earns" in today


async def test_two_processes_that_judge_one_answer_at_once_award_it_once(town: Town) -> None:
    await town.asks(DOUBLE)
    both, begun = asyncio.Barrier(2), asyncio.Event()

    async def meet() -> None:
        begun.set()
        await both.wait()

    town.judge.before_judging = meet
    saying = asyncio.create_task(town.say(f"answer {RIGHT}"))
    await begun.wait()
    resumed, reply = await asyncio.gather(town.restarted().resume(), saying)
    assert "Accepted" in reply.last
    assert resumed in (0, 1)
    assert len(town.judge.judged) == 2
    assert "points    30" in (await town.say("today")).text


async def test_a_syntax_error_is_called_one_wherever_its_verdict_is_named(town: Town) -> None:
    await town.asks(DOUBLE)
    verdict = await town.say("answer def double(x):\n    return (2 * x")
    assert "Syntax error: Twice the number" in verdict.last
    assert "Runtime error" not in verdict.last
    assert "last verdict          syntax error" in (await town.say("today")).text
    assert "syntax error" in (await town.say("me")).text


async def test_a_form_repeats_the_task_and_not_what_its_field_opens_with(town: Town) -> None:
    await town.asks(DOUBLE)
    (asked,) = (await town.say("answer")).effects
    assert isinstance(asked, Ask)
    assert isinstance(DOUBLE.task, CodeTask)
    assert asked.form.initial == DOUBLE.task.starter
    assert [block for block in asked.form.task if isinstance(block, Code)] == []
    assert DOUBLE.prompt in str(asked.form.task)


async def test_code_that_is_driven_by_a_probe_is_shown_with_it(town: Town) -> None:
    assert isinstance(DOUBLE.task, CodeTask)
    probe = 'def probe(double, x):\n    return {"result": double(x)}\n'
    await town.asks(replace(DOUBLE, task=replace(DOUBLE.task, probe=probe)))
    for said in ("today", "answer"):
        shown = (await town.say(said)).text
        assert "Your code is used like this" in shown
        assert '    return {"result": double(x)}' in shown


async def test_a_solved_question_is_shown_again_with_what_it_earned_and_nothing_to_win(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    (shown,) = (await town.say("today")).effects
    assert isinstance(shown, Show)
    assert (shown.to, shown.slot) == ("private", "task:1")
    said = read(shown)
    assert "worth" not in said
    assert said.count("Next:") == 1
    for word in ("Write double(x).", "points    30", "1 answered, 1 solved", "chain-rule"):
        assert word in said
