"""Judging a posting's answers again."""

import asyncio
from dataclasses import replace

from bot.core.effects import Show
from bot.core.questions import CodeTask, Level, Question, Trial
from bot.usecases.rejudgements import ELSEWHERE_PAUSE, YOUNG
from bot.usecases.service import Service
from tests.usecases.test_correcting import audit, points
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, LEAF, RIGHT, SLOPE, SQUARE, WRONG, Town, read

TRIPLE = "```python\ndef double(x):\n    return 3 * x\n```"


async def mended(town: Town, **changes: object) -> None:
    """The question's file is changed, and the bot started again."""
    await town.service.load_questions([(replace(DOUBLE, **changes), "digest of the mended one")], (), 1)  # type: ignore[arg-type]


class Unfair:
    """While it is worn, the judge calls the right answer wrong and one of the wrong ones right."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def __enter__(self) -> None:
        self.run = self.town.judge._run
        swapped = {"2 * x": "x", "3 * x": "2 * x"}

        def run(question, code, trials):  # type: ignore[no-untyped-def]
            for said, meant in swapped.items():
                if f"return {said}" in code:
                    return self.run(question, code.replace(said, meant), trials)
            return self.run(question, code, trials)

        self.town.judge._run = run  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self.town.judge._run = self.run  # type: ignore[method-assign]


async def judged_unfairly(town: Town) -> None:
    await town.asks(DOUBLE)
    with Unfair(town):
        await town.say(f"answer {RIGHT}")  # wronged
        await town.say(f"answer {TRIPLE}", "Bob")  # lucky
        await town.say(f"answer {WRONG}", "Cy")
    assert (await points(town), await points(town, "Bob"), await points(town, "Cy")) == (0, 30, 0)


async def test_a_dry_run_says_who_would_gain_and_lose_and_changes_nothing(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    said = await town.say("gradadmin rejudge")
    assert "1 would gain, 1 would lose" in said.text
    assert "version 1, digest of do" in said.text
    assert "version 2, digest of th" in said.text
    assert said.card.actions[0].argument == "1 yes"
    assert (await points(town), await points(town, "Bob")) == (0, 30)
    assert await audit(town) == []


async def test_confirmed_it_adds_the_difference_and_tells_whom_it_concerns(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    town.shown.clear()
    assert "Judged again: 1 gained, 1 lost" in (await town.say("gradadmin rejudge 1 yes")).text
    assert (await points(town), await points(town, "Bob"), await points(town, "Cy")) == (30, 0, 0)
    assert [action for action, _ in await audit(town)] == ["rejudge"]
    await town.service.deliver_due(town)
    told = {show.slot: show.card for show, _ in town.shown}
    assert set(told) == {"verdict:1", "verdict:2"}
    assert told["verdict:1"].title.startswith("Accepted")
    assert told["verdict:2"].title.startswith("Wrong answer")
    assert "1 Ada 30 1" in " ".join((await town.say("leaderboard")).text.split())
    assert "Bob" not in (await town.say("leaderboard")).text


async def test_confirming_twice_changes_nothing_more(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("gradadmin rejudge 1 yes")
    assert "0 would gain, 0 would lose" in (await town.say("gradadmin rejudge 1 yes")).text
    await town.say("gradadmin rejudge 1 yes")
    assert (await points(town), await points(town, "Bob")) == (30, 0)


async def test_a_restart_in_between_shows_the_dry_run_again(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await restart(town)
    assert "1 would gain, 1 would lose" in (await town.say("gradadmin rejudge 1 yes")).text
    assert (await points(town), await points(town, "Bob")) == (0, 30)
    assert "Judged again" in (await town.say("gradadmin rejudge 1 yes")).text


async def restart(town: Town) -> Service:
    await town.service.close()
    town.service = town.restarted()
    return town.service


async def test_an_answer_that_came_meanwhile_is_judged_before_anything_changes(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    with Unfair(town):
        await town.say(f"answer {RIGHT}", "Dot")
    again = (await town.say("gradadmin rejudge 1 yes")).text
    assert "2 would gain, 1 would lose" in again
    assert await points(town) == 0
    assert "2 gained, 1 lost" in (await town.say("gradadmin rejudge 1 yes")).text
    assert await points(town, "Dot") == 30


async def test_an_answer_being_judged_by_the_old_version_meanwhile_is_judged_by_the_new_one(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town, level=Level.HARD)
    await town.say("gradadmin rejudge", "Admin")

    async def confirmed() -> None:
        town.judge.before_judging = nothing
        await town.say("gradadmin rejudge 1 yes", "Admin")

    async def nothing() -> None: ...

    town.judge.before_judging = confirmed
    await town.say(f"answer {RIGHT}", "Dot")
    assert await points(town, "Dot") == 45
    # Ada's, once more in the dry run, then Dot's by the old version and by the new one.
    assert town.judge.judged.count("def double(x):\n    return 2 * x\n") == 4


async def test_nobody_loses_a_streak_by_it(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    with Unfair(town):
        for _ in range(2):
            await town.say("answer [4, 6]")
            await town.say(f"answer {TRIPLE}")
            town.now += DAY
    before = (await town.say("me")).text
    await mended(town)
    await town.say("gradadmin rejudge 2")
    await town.say("gradadmin rejudge 2 yes")
    after = (await town.say("me")).text
    assert "2 in a row (best 2)" in before
    assert "2 in a row (best 2)" in after


async def test_hints_taken_after_an_answer_that_was_right_cost_nothing(town: Town) -> None:
    await town.asks(DOUBLE)
    with Unfair(town):
        await town.say(f"answer {RIGHT}")
        town.now += DAY / 24
        await town.say("hint yes")
        await town.say("solution yes")
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("gradadmin rejudge yes")
    assert await points(town) == 30


async def test_who_lost_a_solution_may_solve_it_again_and_earns_once(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("gradadmin rejudge yes")
    await town.say(f"answer {RIGHT}", "Bob")
    await town.say(f"answer {RIGHT}", "Bob")
    assert await points(town, "Bob") == 20  # the second attempt


async def test_a_choice_that_is_not_there_any_more_keeps_its_verdict(town: Town) -> None:
    await town.asks(LEAF)
    await town.say("today")
    chosen = next(line for line in (await town.say("today")).text.splitlines() if "only a" in line).strip()[0]
    await town.say(f"answer {chosen}")
    earned = await points(town)
    options = tuple(replace(option, text=option.text.replace("only", "just")) for option in LEAF.task.options)  # type: ignore[union-attr]
    other = replace(LEAF, task=replace(LEAF.task, options=options))  # type: ignore[type-var]
    await town.service.load_questions([(other, "another digest")], (), 1)
    said = (await town.say("gradadmin rejudge")).text
    assert earned == 10
    assert "0 would gain, 0 would lose" in said
    assert "1 answer; their verdicts stay" in said


async def test_without_a_sandbox_nothing_changes_and_it_can_be_tried_again(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town, task=CodeTask("double", "", "", "def double(x):\n    return 2 * x\n"))
    town.judge.available = False
    assert "could not be judged again" in (await town.say("gradadmin rejudge")).text
    assert "could not be judged again" in (await town.say("gradadmin rejudge yes")).text
    town.judge.available = True
    assert "1 would gain, 1 would lose" in (await town.say("gradadmin rejudge")).text


async def test_what_was_taken_back_is_not_judged_again(town: Town) -> None:
    await judged_unfairly(town)
    await town.say("gradadmin schedule void yes")
    assert "Taken back already" in (await town.say("gradadmin rejudge yes")).text


async def test_taken_back_after_the_dry_run_it_is_not_judged_again(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("gradadmin schedule void yes")
    assert "Taken back already" in (await town.say("gradadmin rejudge 1 yes")).text
    assert (await points(town), await points(town, "Bob")) == (0, 0)


async def emptied(town: Town, *numbers: int) -> None:
    """Retention has emptied the texts of these answers."""
    async with town.store.begin() as work:
        await work.privacy.empty_old_texts(town.now + DAY, min(numbers) - 1, len(numbers))


async def verdicts(town: Town, *numbers: int) -> list[bool]:
    async with town.store.read() as work:
        found = [await work.submissions.get(number) for number in numbers]
    return [each.verdict.accepted for each in found]  # type: ignore[union-attr]


async def test_an_answer_whose_text_is_not_kept_any_more_keeps_its_verdict(town: Town) -> None:
    await judged_unfairly(town)
    await emptied(town, 1, 2, 3)
    await mended(town)
    said = (await town.say("gradadmin rejudge")).text
    assert "0 would gain, 0 would lose" in said
    assert "3 answers; their verdicts stay" in said
    await town.say("gradadmin rejudge yes")
    assert (await points(town), await points(town, "Bob")) == (0, 30)
    assert await verdicts(town, 1, 2, 3) == [False, True, False]


async def test_one_emptied_after_the_dry_run_keeps_its_verdict_too(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await emptied(town, 1, 2)
    assert "Judged again: 0 gained, 0 lost" in (await town.say("gradadmin rejudge yes")).text
    assert (await points(town), await points(town, "Bob")) == (0, 30)
    assert await verdicts(town, 1, 2) == [False, True]


async def test_answers_that_are_gone_do_not_count_as_judged_again(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    await town.say("gradadmin rejudge")
    await town.say("privacy delete yes", "Cy")
    await town.say(f"answer {RIGHT}", "Dot")
    running = [effect async for effect in town.begin("gradadmin rejudge yes")][-1]
    assert "judged again 2 of 3" in " ".join(read(running).split())
    await town.settles()
    await town.service.shown(running.slot, town.platform, "")  # type: ignore[union-attr]
    await town.service.deliver_due(town)
    assert "answers 3" in " ".join(read(town.shown[-1][0]).split())


async def test_a_second_admin_gets_the_result_in_a_reply_of_their_own(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    going_on = asyncio.Event()
    town.judge.before_judging = going_on.wait  # type: ignore[assignment]
    (first,) = [effect async for effect in town.begin("gradadmin rejudge", "Admin")]
    assert isinstance(first, Show)
    await town.service.shown(first.slot, town.platform, "the first one's")
    second = town.begin("gradadmin rejudge", "Another")
    looked = await anext(second)
    assert isinstance(looked, Show)
    assert "judged again" in read(looked)
    assert not looked.working, "the address of the slot stays that of the first one's reply"
    going_on.set()
    shown = [effect async for effect in second]
    assert [effect.slot for effect in shown] == [looked.slot]  # type: ignore[union-attr]
    assert "1 would gain, 1 would lose" in read(shown[-1])
    await town.settles()
    await town.service.deliver_due(town)
    show, to = town.shown[-1]
    assert (to.address, to.learner) == ("the first one's", "admin")
    assert "1 would gain, 1 would lose" in read(show)


async def test_a_process_that_knows_nothing_of_the_run_leaves_its_result_to_the_one_that_does(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    (first,) = [effect async for effect in town.begin("gradadmin rejudge", "Admin")]
    assert isinstance(first, Show)
    await town.service.shown(first.slot, town.platform, "")
    await town.settles()
    town.shown.clear()
    other = town.restarted()
    await other.deliver_due(town)
    assert town.shown == []
    town.now += ELSEWHERE_PAUSE
    await town.service.deliver_due(town)
    assert "1 would gain, 1 would lose" in read(town.shown[-1][0])


async def test_where_that_process_is_gone_another_says_so_after_a_while(town: Town) -> None:
    await judged_unfairly(town)
    await mended(town)
    (first,) = [effect async for effect in town.begin("gradadmin rejudge", "Admin")]
    assert isinstance(first, Show)
    await town.service.shown(first.slot, town.platform, "")
    await town.settles()
    await restart(town)
    town.shown.clear()
    await town.service.deliver_due(town)
    assert town.shown == []
    town.now += YOUNG
    await town.service.deliver_due(town)
    assert "Look again first" in read(town.shown[-1][0])


async def test_what_everybody_saw_when_it_closed_is_put_right(town: Town) -> None:
    server = Server(town.store.store)
    await server.asks(DOUBLE)
    await server.posts()
    with Unfair(server):
        await server.say(f"answer {RIGHT}")
    server.now += DAY
    await server.posts()
    assert "solved by 0 (0%)" in " ".join(server.chat.read("new closing:1").split())
    await mended(server)
    await server.say("gradadmin rejudge 1")
    await server.say("gradadmin rejudge 1 yes")
    assert "closing:1" in await server.delivers()
    assert "solved by 1 (100%)" in " ".join(server.chat.read("new closing:1").split())


async def test_who_gains_by_an_earlier_attempt_is_shown_that_one_and_what_it_gained(town: Town) -> None:
    await town.asks(DOUBLE)
    with Unfair(town):
        await town.say(f"answer {RIGHT}")
        await town.say("answer ```python\ndef double(x):\n    return x + 1\n```")
    run = town.judge._run

    def otherwise(question, code, trials):  # type: ignore[no-untyped-def]
        return run(question, code.replace("x + 1", "x / 0"), trials)

    town.judge._run = otherwise  # type: ignore[method-assign]
    await mended(town)
    await town.say("gradadmin rejudge")
    town.shown.clear()
    await town.say("gradadmin rejudge 1 yes")
    await town.service.deliver_due(town)
    (told,) = [show for show, _ in town.shown if show.slot.startswith("verdict")]
    assert told.slot == "verdict:1"
    said = " ".join(read(told).split())
    assert "attempt no. 1; the question counts as solved, you gain 30 points" in said


async def test_answers_that_wait_are_counted_and_judged_once_confirmed(town: Town) -> None:
    await town.asks(SLOPE)
    town.judge.sound = False
    await town.say("answer 3")
    await mended_slope(town)
    town.judge.sound = True
    said = " ".join((await town.say("gradadmin rejudge")).text.split())
    assert "1 answer waits for a verdict and gets one by the new version" in said
    await town.say("gradadmin rejudge 1 yes")
    await town.settles()
    assert len(await verdicts(town, 1)) == 1


async def mended_slope(town: Town) -> None:
    await town.service.load_questions([(replace(SLOPE, title="A slope"), "digest of the mended one")], (), 1)


async def test_answers_to_a_version_that_is_mended_are_judged_by_the_mended_one_by_themselves(town: Town) -> None:
    await town.asks(DOUBLE)
    town.judge.sound = False
    await town.say(f"answer {RIGHT}")
    assert await town.service.resume() == 0
    drawn = town.judge.draw_trials

    async def draw(question: Question, *rest: object, **more: object) -> tuple[Trial, ...]:
        town.judge.sound = question.level is Level.HARD
        return await drawn(question, *rest, **more)  # type: ignore[arg-type]

    town.judge.draw_trials = draw  # type: ignore[method-assign, assignment]
    await mended(town, level=Level.HARD)
    await restart(town)
    assert await town.service.resume() == 1
    assert await points(town) == 45


async def test_answers_in_numbers_of_their_own_are_left_to_an_admin(town: Town) -> None:
    await town.asks(SLOPE)
    town.judge.sound = False
    await town.say("answer 3")
    await mended_slope(town)
    assert await town.service.resume() == 0
    async with town.store.read() as work:
        posting = await work.postings.get(1)
    assert posting is not None
    assert posting.version.question.title == SLOPE.title
