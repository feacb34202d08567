import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.cards import Code
from bot.core.commands import VERBS
from bot.core.effects import Show
from bot.core.keeping import GRACE, MAX_EXPORT, RETENTION, export_text
from bot.core.presenting.privacy import NAMES
from bot.ports import Destination
from bot.settings import Settings
from tests.usecases.test_correcting import Channel
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, RIGHT, WRONG, Town, nothing, read

PAGE = (Path(__file__).parents[2] / "docs/privacy.md").read_text()


@pytest.fixture(autouse=True)
async def asked(town: Town) -> None:
    await town.asks(DOUBLE)


async def test_what_is_kept_is_told_with_its_numbers_and_how_long(town: Town) -> None:
    await town.say(f"answer {WRONG}")
    await town.say(f"answer {RIGHT}")
    told = (await town.say("privacy")).last
    assert re.search(r"answers, with their verdicts +2 +texts 365 days, the rest until you delete it", told)
    assert re.search(r"messages still to be shown +\d+ +until they are shown", told)
    assert re.search(r"what you did as an admin +\d+ +until the community goes", told)
    assert "You are shown on the boards" in told
    assert "30 days later" in told
    for words in ("privacy hide", "privacy export", "privacy delete"):
        assert words in told


async def test_whoever_hides_is_on_no_board_and_can_come_back(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    await town.say(f"answer {RIGHT}", "Bob")
    hidden = (await town.say("privacy hide on")).last
    assert "You are off the boards" in hidden
    assert "privacy hide off" in hidden
    assert "You are off the boards" in (await town.say("privacy hide")).last, "saying it twice changes nothing"
    board = (await town.say("leaderboard", "Bob")).last
    assert "Ada" not in board
    assert "Bob" in board
    assert "You are on no board" in (await town.say("privacy show")).last
    assert "You are on the boards" in (await town.say("privacy hide off")).last
    assert "Ada" in (await town.say("leaderboard", "Bob")).last


async def test_the_export_is_one_json_of_everything_and_of_nobody_else(town: Town) -> None:
    await town.say(f"answer {WRONG}")
    await town.say("hint yes")
    await town.say(f"answer {RIGHT}", "Bob")
    (code,) = [block for block in (await town.say("privacy export")).card.blocks if isinstance(block, Code)]
    assert code.language == "json"
    told = json.loads(code.text)
    assert [answer["question"] for answer in told["submission"]] == [DOUBLE.title]
    assert "return x" in told["submission"][0]["text"]
    assert told["submission"][0]["verdict"]["outcome"] == "wrong answer"
    assert [hint["hint"] for hint in told["hint_use"]] == [0]
    assert told["learner"][0]["name"] == "Ada"
    assert "bob" not in code.text.lower()


async def test_deleting_warns_first_and_then_leaves_nothing(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    warned = (await town.say("privacy delete")).last
    assert "Nothing has been deleted yet" in warned
    assert "privacy delete yes" in warned
    assert "points" in warned
    assert "nobody" not in (await town.say("me")).last
    assert "Everything is deleted" in (await town.say("privacy delete yes")).last
    async with town.store.read() as work:
        known = await work.communities.community("terminal", "here", "This terminal")
        board = await work.competition.board(known, "all", "all", 10)  # type: ignore[arg-type]
    assert board == ()
    anew = (await town.say("me")).last
    assert "No verdicts yet" in anew


@pytest.mark.parametrize("words", ["delete yes", "Delete  YES.", " delete yes\n"])
async def test_the_words_are_read_kindly(town: Town, words: str) -> None:
    await town.say(f"answer {RIGHT}")
    assert "Everything is deleted" in (await town.say(f"privacy {words}")).last


@pytest.mark.parametrize("words", ["delete everything", "burn", "delete yes yes", "ÿ" * 500])
async def test_other_words_change_nothing_and_are_told_of(town: Town, words: str) -> None:
    await town.say(f"answer {RIGHT}")
    assert "There is no such word" in (await town.say(f"privacy {words}")).last
    assert "answers, with their verdicts" in (await town.say("privacy")).last


async def test_an_answer_that_is_being_judged_is_thrown_away_and_brings_nobody_back(town: Town) -> None:
    judging, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        judging.set()
        await go_on.wait()

    town.judge.before_judging = wait
    effects = town.begin(f"answer {RIGHT}", event="the answer")
    await anext(effects)
    await judging.wait()
    await town.say("privacy delete yes")
    go_on.set()
    await effects.aclose()
    await town.settles()
    town.judge.before_judging = nothing
    await town.service.deliver_due(town)
    assert town.shown == []
    async with town.store.read() as work:
        assert await work.submissions.unjudged() == ()
        assert await work.submissions.get(1) is None
        assert await work.messages.find("verdict:1") is None
    assert await town.restarted().resume() == 0
    told = (await town.say("privacy")).last
    assert re.search(r"answers, with their verdicts +0", told)


async def test_one_that_waits_for_a_sandbox_is_gone_too(town: Town) -> None:
    town.judge.available = False
    await town.say(f"answer {RIGHT}")
    await town.say("privacy delete yes")
    town.judge.available = True
    assert await town.service.resume() == 0
    await town.service.deliver_due(town)
    assert len(town.shown) == 1, "only that it waits"


async def test_a_message_on_its_way_at_that_moment_leaves_no_address_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.judge.available = False
    await town.crashes_after(f"answer {RIGHT}")

    async def deliver(show: Show, to: Destination) -> str:
        await town.say("privacy delete yes")
        return "an address"

    monkeypatch.setattr(town, "deliver", deliver)
    async with town.store.begin() as work:
        case = await work.submissions.case(1)
        assert case is not None
        await work.outbox.put("verdict:1", "terminal", case.learner.id, town.now)
    town.now += DAY / 24
    await town.service.deliver_due(town)
    async with town.store.read() as work:
        assert await work.messages.find("verdict:1") is None


async def test_a_draft_is_forgotten_too(town: Town) -> None:
    await town.say("try print(1")
    await town.say("privacy delete yes")
    assert "print(1" not in (await town.say("answer")).text


async def test_saying_privacy_keeps_no_missed_message_back(town: Town) -> None:
    told = await town.say("privacy")
    assert len(told.effects) == 1


async def test_a_community_that_left_is_purged_after_the_grace_period(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    await town.service.left("terminal", "here")
    town.now += GRACE - DAY
    await town.service.sweep()
    async with town.store.read() as work:
        assert await work.submissions.get(1) is not None
    town.now += 2 * DAY
    await town.service.sweep()
    async with town.store.read() as work:
        assert await work.submissions.get(1) is None
        assert await work.postings.get(1) is None


async def test_one_that_is_seen_again_is_not_purged(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    await town.service.left("terminal", "here")
    town.now += 2 * DAY
    await town.say("me")
    town.now += GRACE
    await town.service.sweep()
    async with town.store.read() as work:
        assert await work.submissions.get(1) is not None


async def test_old_texts_are_emptied_by_and_by_and_nothing_else(town: Town) -> None:
    await town.say(f"answer {WRONG}")
    town.now += RETENTION - DAY
    await town.service.sweep()
    async with town.store.read() as work:
        old = await work.submissions.get(1)
        assert old is not None
        assert old.text
    await town.say("today", "Bob")
    await town.say(f"answer {RIGHT}", "Bob")
    town.now += 2 * DAY
    for _ in range(2):
        await town.service.sweep()
    async with town.store.read() as work:
        texts = [(await work.submissions.get(number)).text for number in (1, 2)]  # type: ignore[union-attr]
    assert (texts[0], bool(texts[1])) == ("", True)
    assert "wrong answer" in (await town.say("me")).last.lower()


async def test_an_old_answer_that_is_judged_only_then_is_emptied_the_next_time(town: Town) -> None:
    town.judge.available = False
    await town.say(f"answer {RIGHT}")
    await town.say(f"answer {RIGHT}", "Bob")
    town.now += RETENTION + DAY
    await town.service.sweep()
    town.judge.available = True
    assert await town.service.resume() == 2
    await town.service.sweep()
    async with town.store.read() as work:
        answers = [await work.submissions.get(number) for number in (1, 2)]
    assert [(answer.text, bool(answer.verdict)) for answer in answers if answer] == [("", True)] * 2


async def test_two_processes_purge_a_community_together_and_say_so_once(town: Town) -> None:
    await town.say(f"answer {RIGHT}")
    await town.service.left("terminal", "here")
    town.now += GRACE + DAY
    with capture_logs() as logs:
        await asyncio.gather(town.service.sweep(), town.restarted().sweep())
    assert [entry["event"] for entry in logs] == ["a community that removed the bot was purged"]
    async with town.store.read() as work:
        assert await work.postings.get(1) is None


def test_what_is_too_large_for_a_chat_leaves_out_the_oldest_texts_and_says_so() -> None:
    answers = [{"id": number, "text": "é" * 100_000, "verdict": None} for number in range(100)]
    told = json.loads(export_text({"what": "all"}, {"submission": answers, "award": [{"points": 1}]}))
    assert len(told["submission"]) == 100
    assert told["left_out"] > 0
    assert [("text" in answer) for answer in told["submission"]] == [
        number >= told["left_out"] for number in range(100)
    ]
    assert len(json.dumps(told, ensure_ascii=False, indent=1).encode()) <= MAX_EXPORT
    assert json.loads(export_text({}, {"submission": answers[:2]}))["submission"] == answers[:2]


def test_the_page_says_what_the_bot_does() -> None:
    words = set(re.findall(r"^\| `(privacy[^`]*)` \|", PAGE, re.MULTILINE))
    assert words == {"privacy", "privacy hide", "privacy export", "privacy delete"}
    assert VERBS["privacy"].argument == "[show|hide|export|delete]"
    assert f"deleted {GRACE.days} days later" in PAGE
    assert f"by default {RETENTION.days}" in PAGE
    assert Settings.model_fields["retention_days"].default == RETENTION.days
    assert str(Settings.model_fields["retention_days"].validation_alias) in PAGE
    assert timedelta(days=1) < GRACE < RETENTION


def test_every_kind_of_row_has_words_for_a_person() -> None:
    from bot.store.privacy import THEIRS

    assert NAMES.keys() == {table.name for table in THEIRS}


def shown_in(channel: Channel, kind: str) -> list[str]:
    return [read(show) for show in channel.shown if show.slot.startswith(kind)]


async def told_of_a_season(town: Town, channel: Channel) -> None:
    """Ada and Bob solved the last question of a season; its recap and a board are in the channel."""
    town.now = datetime(2025, 12, 31, 12, tzinfo=UTC)
    await town.say(f"answer {RIGHT}")
    await town.say(f"answer {RIGHT}", "Bob")
    town.now += DAY
    await town.say("today", "Bob")
    await town.say(f"answer {RIGHT}")
    await town.say("gradadmin settings board on", "Bob")
    await town.service.deliver_due(channel)
    town.now += timedelta(minutes=2)
    assert "Ada" in shown_in(channel, "board:")[-1]
    assert "Ada" in shown_in(channel, "recap:")[-1]
    channel.shown.clear()


@pytest.mark.parametrize("words", ["hide", "delete yes"])
async def test_whoever_goes_is_soon_off_what_everybody_sees(town: Town, words: str) -> None:
    channel = Channel()
    await told_of_a_season(town, channel)
    await town.say(f"privacy {words}")
    await town.service.deliver_due(channel)
    for kind in ("board:", "recap:"):
        (shown,) = shown_in(channel, kind)
        assert "Ada" not in shown


async def test_whoever_hides_and_comes_back_is_on_them_again(town: Town) -> None:
    channel = Channel()
    await told_of_a_season(town, channel)
    await town.say("privacy hide")
    await town.service.deliver_due(channel)
    rung = town.service._parts.bell.next
    await town.say("privacy hide off")
    assert rung.is_set(), "nobody waits for the outbox to be looked at by itself"
    town.now += timedelta(minutes=2)
    await town.service.deliver_due(channel)
    assert "Ada" in shown_in(channel, "board:")[-1]
    assert "Ada" in shown_in(channel, "recap:")[-1]


async def test_the_counters_of_everything_that_is_open_go_down(town: Town) -> None:
    server = Server(town.store.store)
    for channel in ("one", "two"):
        server.channel = channel
        await server.posts()
    for number in (1, 2):
        (effect,) = [effect async for effect in server.begin(f"answer {RIGHT}", "Bob", about=number)]
        await server.acknowledges(effect.slot)  # type: ignore[union-attr]
    server.now += timedelta(minutes=2)
    await server.delivers()
    assert "1 answered" in server.chat.read("new posting:1")
    server.now += timedelta(minutes=2)
    await server.say("privacy delete yes", "Bob")
    assert {"posting:1", "posting:2"} <= set(await server.delivers())
    for number in (1, 2):
        assert "1 answered" not in server.chat.read(f"new posting:{number}")
