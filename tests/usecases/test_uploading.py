"""Uploaded questions: checked behind their author's back, published by a click, and never lost on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from bot.authoring.parsing import parse
from bot.authoring.template import template
from bot.core.cards import Card
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.core.questions import Question
from bot.core.records import Upload, UploadState
from bot.core.sizes import DISCORD_INPUT, MAX_QUESTION_FILE, SLACK_INPUT
from bot.core.slots import number_of
from bot.usecases.service import Service
from tests.usecases.town import SQUARE, Town, read

SOUND = template("my-mean", "value")
UNREADABLE = SOUND.replace("kind: value", "kind: valu")


@dataclass
class Sent:
    """What was answered to an upload, and then shown in its place."""

    effects: list[Effect]
    shown: list[Show]

    @property
    def card(self) -> Card:
        return self.shown[-1].card

    @property
    def slot(self) -> str:
        effect = self.effects[0]
        assert isinstance(effect, Show)
        return effect.slot

    @property
    def id(self) -> str:
        return str(number_of(self.slot))

    @property
    def text(self) -> str:
        return read(self.shown[-1])


async def effects_of(town: Town, verb: str, argument: str, who: str = "Ada", event: str = "e1") -> list[Effect]:
    return [effect async for effect in town.service.handle(town.caller(who), Command(verb, argument), event)]


async def sends(town: Town, text: str, who: str = "Ada", event: str = "e1") -> Sent:
    effects = await effects_of(town, "upload", text, who, event)
    (effect,) = effects
    assert isinstance(effect, Show)
    before = len(town.shown)
    if effect.working:
        await town.service.shown(effect.slot, town.platform, "")
        await town.service.follow(town, effect.slot)
    return Sent(effects, [effect, *(show for show, _ in town.shown[before:])])


async def clicks(town: Town, verb: str, argument: str, who: str = "Ada") -> Show:
    (effect,) = await effects_of(town, verb, argument, who)
    assert isinstance(effect, Show)
    return effect


async def stored(town: Town, number: str) -> Upload:
    async with town.store.begin() as work:
        upload = await work.uploads.get(int(number))
    assert upload is not None
    return upload


async def asked_in(town: Town, community: str) -> list[str]:
    """Ids of the questions that can be asked in a community."""
    async with town.store.begin() as work:
        found = await work.communities.community(town.platform, community, community)
        return [version.question.id for version in await work.questions.current(found)]


# --- asking for a file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["", " \n\t"])
async def test_without_a_file_it_asks_for_one_beginning_with_a_question_that_is_complete(
    town: Town, argument: str
) -> None:
    (ask,) = await effects_of(town, "upload", argument)
    assert isinstance(ask, Ask)
    assert (ask.form.verb, ask.form.multiline) == ("upload", True)
    assert "docs/questions.md" in read(ask)
    assert len(ask.form.initial) <= min(SLACK_INPUT, DISCORD_INPUT)
    assert isinstance(parse(ask.form.initial, ""), Question)


# --- checking ----------------------------------------------------------------------------------------------


async def test_a_sound_question_is_stored_then_proven_and_offered_for_publishing(town: Town) -> None:
    sent = await sends(town, SOUND)
    assert isinstance(first := sent.effects[0], Show)
    assert first.working
    assert first.slot == sent.shown[-1].slot
    assert "Checking" in first.card.title
    assert [(action.verb, action.argument) for action in sent.card.actions] == [
        ("publish", sent.id),
        ("discard", sent.id),
    ]
    assert "The gradient of a mean" in sent.text
    assert "✓ solution" in sent.text
    assert (await stored(town, sent.id)).state is UploadState.PROVEN
    assert await asked_in(town, "here") == []


async def test_an_unsound_question_is_refused_with_what_is_wrong_at_its_line(town: Town) -> None:
    town.judge.sound = False
    sent = await sends(town, SOUND)
    line = SOUND[: SOUND.index("[0.5, 0.5]")].count("\n") + 1
    assert f"✗ solution: line {line}: the solution never ends" in sent.text
    assert "→ mend it" in sent.text
    assert "✓ format" in sent.text
    assert [action.verb for action in sent.card.actions] == ["upload"]
    assert (await stored(town, sent.id)).state is UploadState.REFUSED


HOSTILE = {
    "no question at all": ("hello", "line 1"),
    "a key that is wrong": (UNREADABLE, "`kind` is `valu`"),
    "deep nesting": (SOUND.replace("## Hints", ">" * 60_000 + "\n\n## Hints"), "✗ line"),
    "deep YAML": (SOUND.replace("topics: [", "topics: [" + "[" * 10_000, 1), "✗ line"),
    "mere lines": ("-\n" * 100_000, "✗ line"),
    "hidden characters": (SOUND.replace("After", "\u202eAfter", 1), "✗ line"),
    "just small enough": ("a" * MAX_QUESTION_FILE, "✗ line"),
}


@pytest.mark.parametrize(("text", "told"), HOSTILE.values(), ids=HOSTILE)
async def test_a_file_that_cannot_be_read_is_told_at_its_line_and_runs_nowhere(
    town: Town, text: str, told: str
) -> None:
    sent = await sends(town, text)
    assert told in sent.text
    assert (await stored(town, sent.id)).state is UploadState.REFUSED
    assert town.judge.proven == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\x7fELF\0\1\2", "not a text file"),
        ("caf\udce9", "not a text file"),
        ("a" * 300 * 1024, "at most 256 KiB, and this has 300"),
        ("é" * (MAX_QUESTION_FILE // 2 + 1), "at most 256 KiB"),
    ],
    ids=["binary", "broken UTF-8", "300 KiB", "too many bytes"],
)
async def test_what_cannot_be_a_question_file_is_not_taken_and_the_form_stays_open(
    town: Town, text: str, reason: str
) -> None:
    (refusal,) = await effects_of(town, "upload", text)
    assert isinstance(refusal, Refuse)
    assert reason in refusal.message
    assert reason in read(refusal)
    async with town.store.begin() as work:
        assert await work.uploads.unchecked() == ()


async def test_a_database_that_is_away_gives_the_whole_text_back(town: Town) -> None:
    town.store.refuses = True
    (refusal,) = await effects_of(town, "upload", SOUND)
    assert isinstance(refusal, Refuse)
    assert "disk is full" in refusal.message
    assert SOUND.rstrip() in "\n".join(getattr(block, "text", "") for block in refusal.card.blocks)


async def test_an_event_that_comes_again_finds_the_upload_of_the_first(town: Town) -> None:
    first = await sends(town, SOUND, event="again")
    second = await sends(town, SOUND, event="again")
    assert (second.slot, second.card) == (first.slot, first.card)
    assert town.judge.proven == ["my-mean"]


async def test_an_event_that_comes_again_while_it_is_checked_does_not_have_it_checked_twice(town: Town) -> None:
    may_prove = asyncio.Event()
    town.judge.before_judging = lambda: _until(may_prove)
    first, second = await effects_of(town, "upload", SOUND), await effects_of(town, "upload", SOUND)
    assert first == second
    (effect,) = first
    assert isinstance(effect, Show)
    await town.service.shown(effect.slot, town.platform, "")
    may_prove.set()
    await town.service.follow(town, effect.slot)
    assert [show.card.title for show, _ in town.shown] == ["Proven"]
    assert town.judge.proven == ["my-mean"]


async def _until(event: asyncio.Event) -> None:
    await event.wait()


# --- what is away comes back -------------------------------------------------------------------------------


async def test_a_restart_between_stored_and_checked_loses_nothing(town: Town) -> None:
    never = asyncio.Event()
    town.judge.before_judging = lambda: _until(never)
    (effect,) = await effects_of(town, "upload", SOUND)
    assert isinstance(effect, Show)
    await town.service.shown(effect.slot, town.platform, "where it is")
    await town.service.close()

    never.set()
    town.service = town.restarted()
    await town.service.resume()
    await town.service.follow(town, effect.slot)
    ((show, to),) = town.shown
    assert (show.card.title, to.address) == ("Proven", "where it is")
    assert town.judge.proven == ["my-mean"]


async def test_while_the_sandbox_is_away_an_upload_waits_says_so_once_and_is_proven_later(town: Town) -> None:
    town.judge.available = False
    sent = await sends(town, SOUND)
    assert "waits" in sent.card.title
    assert "No cell could be started." in sent.text
    assert sent.card.actions == ()
    assert (await stored(town, sent.id)).state is UploadState.CHECKING

    await _looks_again(town)
    assert len(town.shown) == 1
    town.judge.available = True
    await _looks_again(town)
    assert [show.card.title for show, _ in town.shown[1:]] == ["Proven"]


async def _looks_again(town: Town) -> None:
    """As a process does now and then, and when it starts; until all of that has ended."""
    await town.service.resume()
    await town.settles()
    await town.service.deliver_due(town)


async def test_one_that_takes_for_ever_holds_up_no_other(town: Town) -> None:
    never = asyncio.Event()
    town.judge.before_judging = lambda: _until(never)
    (stuck,) = await effects_of(town, "upload", SOUND, event="stuck")
    sent = await sends(town, UNREADABLE, event="other")
    assert "Not proven" in sent.card.title
    assert isinstance(stuck, Show)
    assert (await stored(town, str(number_of(stuck.slot)))).state is UploadState.CHECKING
    await town.service.close()


# --- publishing --------------------------------------------------------------------------------------------


async def test_a_published_question_can_be_asked_in_its_community_and_nowhere_else(town: Town) -> None:
    sent = await sends(town, SOUND)
    show = await clicks(town, "publish", sent.id)
    assert (show.slot, show.card.title, show.card.actions) == (sent.slot, "Published", ())
    assert await asked_in(town, "here") == ["my-mean"]
    assert await asked_in(town, "elsewhere") == []
    await town.asks(SQUARE)
    assert await asked_in(town, "here") == ["my-mean", "square-gradient"]


async def test_of_two_clicks_at_once_one_publishes_and_both_are_told_that_it_is(town: Town) -> None:
    sent = await sends(town, SOUND)
    shows = await asyncio.gather(*(clicks(town, "publish", sent.id, who) for who in ("Ada", "Bob", "Ada")))
    assert [show.card.title for show in shows] == ["Published"] * 3
    assert await asked_in(town, "here") == ["my-mean"]


async def test_of_publish_and_discard_at_once_one_holds_and_both_are_told_which(town: Town) -> None:
    sent = await sends(town, SOUND)
    shows = await asyncio.gather(clicks(town, "publish", sent.id), clicks(town, "discard", sent.id, "Bob"))
    (title,) = {show.card.title for show in shows}
    assert await asked_in(town, "here") == (["my-mean"] if title == "Published" else [])


async def test_a_mended_question_takes_the_place_of_the_one_published_before(town: Town) -> None:
    await clicks(town, "publish", (await sends(town, SOUND)).id)
    mended = SOUND.replace("The gradient of a mean", "The gradient of the mean", 1)
    await clicks(town, "publish", (await sends(town, mended, event="e2")).id)
    async with town.store.begin() as work:
        (version,) = await work.questions.current()
    assert version.question.title == "The gradient of the mean"


async def test_a_discarded_upload_is_never_published(town: Town) -> None:
    sent = await sends(town, SOUND)
    assert (await clicks(town, "discard", sent.id)).card.title == "Thrown away"
    assert (await clicks(town, "publish", sent.id)).card.title == "Thrown away"
    assert await asked_in(town, "here") == []


async def test_a_published_question_is_not_discarded_by_a_button_of_before(town: Town) -> None:
    sent = await sends(town, SOUND)
    await clicks(town, "publish", sent.id)
    assert (await clicks(town, "discard", sent.id)).card.title == "Published"
    assert await asked_in(town, "here") == ["my-mean"]


async def test_what_is_not_proven_is_not_published(town: Town) -> None:
    town.judge.sound = False
    refused = await sends(town, SOUND, event="refused")
    town.judge.available = False
    waiting = await sends(town, SOUND, event="waiting")
    assert "not proven" in read(await clicks(town, "publish", refused.id))
    assert "still being checked" in read(await clicks(town, "publish", waiting.id))
    assert await asked_in(town, "here") == []


UNKNOWN = ["", "999", "0", "-1", "1.0", "one", "9" * 40, "१", "1; drop table upload", "<@everyone> `x`"]


@pytest.mark.parametrize("verb", ["publish", "discard"])
@pytest.mark.parametrize("argument", UNKNOWN)
async def test_an_upload_that_is_none_gets_a_polite_card_and_repeats_nothing(
    town: Town, verb: str, argument: str
) -> None:
    show = await clicks(town, verb, argument)
    assert show.card.title == "I do not know that upload"
    assert "everyone" not in read(show)


@pytest.mark.parametrize("verb", ["publish", "discard"])
async def test_an_admin_of_another_community_can_do_nothing_with_an_upload(town: Town, verb: str) -> None:
    sent = await sends(town, SOUND)
    town.community = "elsewhere"
    assert (await clicks(town, verb, sent.id, "Eve")).card.title == "I do not know that upload"
    assert (await stored(town, sent.id)).state is UploadState.PROVEN
    assert await asked_in(town, "elsewhere") == []


async def test_an_id_that_is_somebody_elses_is_not_taken_over(town: Town) -> None:
    await town.asks(SQUARE)
    sent = await sends(town, SOUND.replace("my-mean", SQUARE.id, 1))
    show = await clicks(town, "publish", sent.id)
    assert "id is taken" in show.card.title
    assert SQUARE.id in read(show)
    assert (await stored(town, sent.id)).state is UploadState.PROVEN
    async with town.store.begin() as work:
        assert [version.question for version in await work.questions.current()] == [SQUARE]


async def test_what_a_newer_parser_refuses_is_not_published_though_it_was_proven_before(town: Town) -> None:
    town.judge.available = False
    sent = await sends(town, UNREADABLE.replace("valu", "value", 1))
    upload = await stored(town, sent.id)
    async with town.store.begin() as work:
        learner = await work.communities.learner_with(upload.learner_id)
        old = await work.uploads.add(learner, "of before", UNREADABLE, town.now)
        await work.uploads.move(old, UploadState.PROVEN, upload.findings)
    show = await clicks(town, "publish", str(old.id))
    assert "`kind` is `valu`" in read(show)
    assert await asked_in(town, "here") == []


@pytest.mark.parametrize("verb", ["upload", "publish", "discard"])
async def test_whoever_is_no_admin_can_do_nothing_of_this(town: Town, verb: str) -> None:
    sent = await sends(town, SOUND)
    service: Service = town.service
    caller = replace(town.caller("Eve"), is_admin=False)
    argument = SOUND if verb == "upload" else sent.id
    (effect,) = [effect async for effect in service.handle(caller, Command(verb, argument), "e9")]
    assert "admin" in read(effect)
    assert (await stored(town, sent.id)).state is UploadState.PROVEN
    assert town.judge.proven == ["my-mean"]
