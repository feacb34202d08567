"""From the button to the verdict: the form, what it says while it runs, and where the verdict goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.core.cards import Code
from bot.core.commands import Command
from bot.core.effects import Show, To
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import connected, open_chat
from tests.platforms.slack.fake import ACCEPTED, POSTING, STARTER, WRONG, FakeService
from tests.slack_stand_in import Channel, Message, NotAcknowledged, Person, StandIn, WontSend
from tests.slack_stand_in.people import buttons, fields

pytestmark = pytest.mark.usefixtures("chat")
FIELD, FILE = "Your answer", "Or a file"


@pytest_asyncio.fixture
async def posting(chat: Chat, service: FakeService, ada: Person, general: Channel) -> AsyncIterator[Message]:
    await chat.messenger.deliver(Show(POSTING, To.PUBLIC, "posting:7"), service.destination("", "", general.id))
    yield await ada.sees(POSTING.title)


async def submitted(service: FakeService, slack: StandIn, count: int = 1) -> str:
    """The slot of the latest answer, once Slack has been told that it runs."""
    await slack.until(lambda: len(service.shown_at) >= count)
    return [*service.shown_at][-1]


async def verdict(chat: Chat, service: FakeService, ada: Person, show: Show) -> str:
    return await chat.messenger.deliver(show, service.destination(show.slot, ada.id))


async def test_a_form_repeats_the_task_and_opens_with_the_starter(ada: Person, posting: Message) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    assert fields(view) == {FIELD: STARTER, FILE: None}


async def test_an_answer_runs_in_the_form_and_its_verdict_takes_its_place(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "def solve(x):\n    return 2 * x"})
    assert "Running your answer" in view.reads()
    slot = await submitted(service, slack)
    assert service.commands[-1] == Command("answer", "def solve(x):\n    return 2 * x", 7)
    await verdict(chat, service, ada, Show(WRONG, slot=slot))
    assert "Off by 2." in view.reads()
    await ada.press(view, "Fix and retry")
    assert await ada.is_shown("of the squares") is view
    await ada.submit({FIELD: "better"})
    assert await submitted(service, slack, 2) != slot
    assert [*service.stored.values()] == ["def solve(x):\n    return 2 * x", "better"]


async def test_the_same_file_of_a_verdict_is_sent_once_however_often_the_verdict_is_shown(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    slot = await submitted(service, slack)
    long = Show(replace(WRONG, blocks=(Code("y = 2\n" * 4_000),)), slot=slot)
    for _ in range(2):
        service.shown_at[slot] = await verdict(chat, service, ada, long)
    assert len([file for message in ada.direct.messages for file in message.files]) == 1


async def test_the_verdict_on_a_closed_form_is_a_direct_message_that_stays_one(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    slot = await submitted(service, slack)
    await ada.close()
    service.shown_at[slot] = await verdict(chat, service, ada, Show(WRONG, slot=slot))
    assert "Off by 2." in ada.direct.messages[-1].reads()
    await verdict(chat, service, ada, Show(ACCEPTED, slot=slot))
    assert [message.reads().partition("\n")[0] for message in ada.direct.messages] == ["✓ Right"]
    await ada.press(ada.direct.messages[-1], "Board")
    await ada.sees("The board")


async def test_a_form_closed_before_anybody_heard_of_it_sends_the_verdict_to_the_direct_messages(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    slot = await submitted(service, slack)
    ada.user.stack.clear()  # Slack did not say so
    await verdict(chat, service, ada, Show(WRONG, slot=slot))
    assert "Off by 2." in ada.direct.messages[-1].reads()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unreadable", "I could not read that."),
        ("store gone", "The database cannot be written."),
        ("bug", "Something went wrong on our side"),
        ("", "Nothing arrived"),
    ],
)
async def test_what_cannot_be_taken_keeps_the_form_open_with_its_text(
    slack: StandIn, service: FakeService, ada: Person, posting: Message, text: str, said: str
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: text})
    assert said in view.errors["field"]
    assert (ada.view, fields(view)[FIELD]) == (view, text or None)
    await ada.submit({FIELD: "mended"})
    await submitted(service, slack)
    assert [*service.stored.values()] == ["mended"]


async def test_a_fault_while_reading_a_file_keeps_the_form_open(
    slack: StandIn, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.lookups.most_bytes", None)
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "kept"}, {"answer.py": b"x"})
    assert "Something went wrong on our side" in view.errors["field"]
    assert fields(view)[FIELD] == "kept"


async def test_a_form_asked_for_in_a_modal_that_was_closed_meanwhile_does_not_come(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    await verdict(chat, service, ada, Show(WRONG, slot=await submitted(service, slack)))
    service.pause = 0.05
    await ada.press(view, "Fix and retry")
    await ada.close()
    await chat.settle(5)
    assert (ada.view, ada.direct.messages) == (None, [])


async def test_a_text_mended_after_a_fault_is_an_answer_of_its_own(
    slack: StandIn, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    await ada.submit({FIELD: "half stored"})  # as when the database goes away while it says that it is done
    await ada.submit({FIELD: "whole"})
    await submitted(service, slack)
    assert [*service.stored.values()] == ["half stored", "whole"]


async def test_a_slow_store_keeps_the_form_open_and_then_counts_once(
    slack: StandIn, service: FakeService, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.app.ANSWER_SECONDS", 0.05)
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    service.pause = 0.3
    await ada.submit({FIELD: "slow"})
    assert "press Submit again" in view.errors["field"]
    service.pause = 0
    await ada.submit({FIELD: "slow"})
    await submitted(service, slack)
    assert "Running your answer" in (await ada.is_shown("Running")).reads()
    assert [*service.stored.values()] == ["slow"]


async def test_an_answer_that_slack_sends_twice_counts_once(
    slack: StandIn, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer", copies=2)
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"}, copies=2)
    await submitted(service, slack)
    assert (len(service.stored), "Running" in view.reads()) == (1, True)
    assert len(slack.called("views.open")) == 1


async def test_the_field_takes_3000_characters_and_a_file_takes_more(
    slack: StandIn, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    with pytest.raises(WontSend):
        await ada.submit({FIELD: "x" * 3_001})
    await ada.submit({FIELD: "x" * 3_000})
    await submitted(service, slack)
    await ada.close()
    await ada.press(posting, "Answer")
    await ada.is_shown("of the squares")
    await ada.submit({FIELD: STARTER}, {"answer.py": ("y" * 3_001).encode()})
    await submitted(service, slack, 2)
    assert [*service.stored.values()] == ["x" * 3_000, "y" * 3_001]


@pytest.mark.parametrize(("count", "kept"), [(3_000, True), (3_001, False)])
async def test_a_last_attempt_longer_than_the_field_says_to_send_a_file(
    service: FakeService, ada: Person, posting: Message, count: int, kept: bool
) -> None:
    service.form = service.form.__class__("Answer", service.form.task, "answer", "z" * count, about=7)
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    assert fields(view)[FIELD] == ("z" * count if kept else None)
    assert (f"Your last answer has {count} characters" in view.reads()) is not kept


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "not text in UTF-8"), (b"#" * 70_000, "larger than the 64 KiB"), (b"\n", "is empty")],
    ids=["binary", "long", "empty"],
)
async def test_a_file_that_cannot_be_taken_keeps_the_form_open(
    service: FakeService, ada: Person, posting: Message, content: bytes, said: str
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({}, {"answer.py": content})
    assert said in view.errors["file"]
    assert service.stored == {}


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 404}, {"delay": 2}])
async def test_a_file_that_slack_does_not_hand_over_keeps_the_form_open(
    slack: StandIn, ada: Person, posting: Message, trouble: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.lookups._FILE_SECONDS", 0.05)
    slack.trouble("download", **trouble)
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({}, {"answer.py": b"x"})
    assert "did not hand over" in view.errors["file"]


async def test_a_form_opened_before_a_restart_submits_after_it(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, chat: Chat, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await slack.hang_up()
    with pytest.raises(NotAcknowledged):
        await ada.submit({FIELD: "x"})
    assert fields(view)[FIELD] == "x"
    async with open_chat("xoxb-right", slack.api) as again, connected(service, again, "xapp-right"):
        await ada.submit()
        slot = await submitted(service, slack)
        await again.messenger.deliver(Show(WRONG, slot=slot), service.destination(slot, ada.id))
        assert "Off by 2." in view.reads()
        assert buttons(view.body["blocks"]) == ["Fix and retry", "Hint"]


async def test_a_form_that_takes_a_while_finds_one_opened_for_it(
    slack: StandIn, service: FakeService, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.surface.LOADING_SECONDS", 0.01)
    service.pause = 0.1
    await ada.press(posting, "Answer")
    view = await ada.is_shown("One moment")
    assert await ada.is_shown("of the squares") is view
    assert fields(view)[FIELD] == STARTER


async def test_no_form_is_opened_where_there_is_none(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.surface.LOADING_SECONDS", 0.05)
    service.is_closed = True
    await ada.press(posting, "Answer")
    await ada.sees("Nothing is open")
    await chat.settle(5)
    assert (ada.view, slack.called("views.open")) == (None, [])


async def test_a_trigger_that_ran_out_is_told(
    slack: StandIn, service: FakeService, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.surface.LOADING_SECONDS", 60)
    service.pause = 0.1
    await ada.press(posting, "Answer")
    slack.clock.advance(4)
    message = await ada.sees("The form did not open")
    assert (message.ephemeral_to, ada.view) == (ada.id, None)


async def test_a_late_verdict_leaves_the_next_form_alone(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    slot = await submitted(service, slack)
    await verdict(chat, service, ada, Show(WRONG, slot=slot))
    await ada.press(view, "Fix and retry")
    await ada.is_shown("of the squares")
    await verdict(chat, service, ada, Show(ACCEPTED, slot=slot))
    assert "of the squares" in view.reads()
    assert "All gradients agree." in ada.direct.messages[-1].reads()


@pytest.mark.parametrize("lag", [0, 0.1])
async def test_a_verdict_that_is_there_at_once_is_not_overtaken_by_the_acknowledgement(
    slack: StandIn,
    chat: Chat,
    service: FakeService,
    ada: Person,
    posting: Message,
    monkeypatch: pytest.MonkeyPatch,
    lag: float,
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.posting.UNSETTLED_SECONDS", 0.3 if lag else 60)

    async def deliver(slot: str) -> None:
        await verdict(chat, service, ada, Show(WRONG, slot=slot))

    service.on_shown = deliver
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"}, lag=lag)
    await ada.is_shown("Off by 2.")
    assert ("Running" in view.reads(), ada.direct.messages) == (False, [])


async def test_nor_is_one_that_another_process_shows(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.posting.UNSETTLED_SECONDS", 0.3)
    async with open_chat("xoxb-right", slack.api) as other:

        async def deliver(slot: str) -> None:
            await verdict(other, service, ada, Show(WRONG, slot=slot))

        service.on_shown = deliver
        await ada.press(posting, "Answer")
        view = await ada.is_shown("of the squares")
        await ada.submit({FIELD: "x"}, lag=0.1)
        await ada.is_shown("Off by 2.")
        assert ("Running" in view.reads(), ada.direct.messages) == (False, [])


async def test_a_form_that_one_process_opened_and_another_took_gets_its_verdict_from_either(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    async with open_chat("xoxb-right", slack.api) as other:
        await ada.press(posting, "Answer")
        view = await ada.is_shown("of the squares")
        other.views.holds(view.id, "")  # as if it had opened it
        await ada.submit({FIELD: "x"})
        slot = await submitted(service, slack)
        await verdict(other, service, ada, Show(WRONG, slot=slot))
        await ada.is_shown("Off by 2.")
        assert ada.direct.messages == []


async def test_help_asked_for_on_a_verdict_stands_above_it(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    below = await ada.is_shown("of the squares")
    await ada.submit({FIELD: "x"})
    slot = await submitted(service, slack)
    await verdict(chat, service, ada, Show(WRONG, slot=slot))
    await ada.press(below, "Hint")
    above = await ada.is_shown("Hint")
    await slack.until(lambda: ada.view is not below)
    above = await ada.is_shown("Show it")
    await ada.press(above, "Show it")
    assert await ada.is_shown("Hint yes") is above
    await ada.close()
    assert "Off by 2." in (ada.view or above).reads()


async def test_a_form_of_another_version_says_so_and_keeps_its_text(
    service: FakeService, ada: Person, posting: Message
) -> None:
    await ada.press(posting, "Answer")
    view = await ada.is_shown("of the squares")
    view.body["callback_id"] = "0:answer:7:"
    await ada.submit({FIELD: "kept"})
    assert "another version" in view.errors["field"]
    assert (fields(view)[FIELD], service.stored) == ("kept", {})
