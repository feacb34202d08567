"""The outbox on Slack: each message once, where it belongs, and errors in the outbox's own words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.core.cards import Card, Code
from bot.core.effects import Show, To
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import open_chat
from bot.ports import Destination, OutcomeUnknown, TryLater, Undeliverable
from tests.platforms.slack.fake import ACCEPTED, POSTING, WRONG
from tests.slack_stand_in import Channel, Person, StandIn

PUBLIC, PRIVATE = Show(POSTING, To.PUBLIC, "posting:7"), Show(WRONG, slot="verdict:91")


@pytest_asyncio.fixture
async def chat(slack: StandIn) -> Chat:
    async with open_chat("xoxb-right", slack.api) as chat:
        yield chat


LONG = Show(Card("Long", (Code("y = 2\n" * 4_000),)), To.PUBLIC, "posting:8")


def to(
    channel: Channel | str = "", learner: Person | str = "", address: str = "", *, again: bool = False
) -> Destination:
    where = channel if isinstance(channel, str) else channel.id
    return Destination("T0001", where, learner if isinstance(learner, str) else learner.id, address, again)


async def test_a_posting_is_posted_and_its_counter_edited(chat: Chat, ada: Person, general: Channel) -> None:
    address = await chat.messenger.deliver(PUBLIC, to(general))
    counted = Show(Card("The gradient of a square, 1 answered"), To.PUBLIC, "posting:7")
    assert await chat.messenger.deliver(counted, to(general, address=address)) == address
    assert [message.reads() for message in general.messages] == ["The gradient of a square, 1 answered"]


@pytest.mark.parametrize("show", [PUBLIC, PRIVATE], ids=["public", "private"])
async def test_a_message_whose_answer_was_lost_is_not_posted_again(
    slack: StandIn, chat: Chat, ada: Person, general: Channel, show: Show
) -> None:
    slack.trouble("chat.postMessage", after_doing=True)
    with pytest.raises(TryLater):
        await chat.messenger.deliver(show, to(general, ada))
    place = json.loads(await chat.messenger.deliver(show, to(general, ada, again=True)))
    (message,) = ada.messages()
    assert (place["channel"], place["ts"]) == (message.channel, message.ts)


async def test_a_message_that_did_not_go_out_before_is_posted_when_it_comes_again(
    chat: Chat, ada: Person, general: Channel
) -> None:
    await chat.messenger.deliver(PUBLIC, to(general, again=True))
    await chat.messenger.deliver(PRIVATE, to(learner=ada, again=True))
    assert len(ada.messages()) == 2


async def test_the_first_time_nothing_is_looked_for(slack: StandIn, chat: Chat, ada: Person, general: Channel) -> None:
    slack.world.scopes -= {"channels:history", "im:history"}
    await chat.messenger.deliver(PUBLIC, to(general))
    await chat.messenger.deliver(PRIVATE, to(learner=ada))
    assert (len(ada.messages()), slack.called("conversations.history")) == (2, [])


@pytest.mark.parametrize("show", [PUBLIC, PRIVATE], ids=["public", "private"])
async def test_what_may_be_there_already_and_cannot_be_looked_for_is_not_posted_again(
    slack: StandIn, chat: Chat, ada: Person, general: Channel, show: Show
) -> None:
    slack.world.scopes -= {"channels:history", "im:history"}
    slack.trouble("chat.postMessage", after_doing=True)
    with pytest.raises(TryLater):
        await chat.messenger.deliver(show, to(general, ada))
    with pytest.raises(Undeliverable, match=r"nobody can tell whether it is there already.*missing_scope"):
        await chat.messenger.deliver(show, to(general, ada, again=True))
    assert len(ada.messages()) == 1


async def test_a_slack_that_cannot_be_asked_just_now_is_asked_later(
    slack: StandIn, chat: Chat, general: Channel
) -> None:
    slack.trouble("conversations.history", status=503)
    with pytest.raises(TryLater):
        await chat.messenger.deliver(PUBLIC, to(general, again=True))
    assert general.messages == []


CLOSING = Show(Card("Closed: the gradient of a square"), To.PUBLIC, "closing:7")


async def test_what_closes_a_posting_is_told_in_its_thread_and_edited_there(
    chat: Chat, ada: Person, general: Channel
) -> None:
    posting = await chat.messenger.deliver(PUBLIC, to(general))
    below = replace(to(general), below=posting)
    address = await chat.messenger.deliver(CLOSING, below)
    first, closing = general.messages
    assert (first.thread, closing.thread) == ("", first.ts)
    later = replace(CLOSING, card=Card("Closed, and all is judged"))
    assert await chat.messenger.deliver(later, replace(below, address=address)) == address
    assert [message.reads() for message in general.messages][1:] == ["Closed, and all is judged"]


async def test_what_may_be_in_the_thread_already_is_looked_for_there(
    slack: StandIn, chat: Chat, ada: Person, general: Channel
) -> None:
    below = replace(to(general), below=await chat.messenger.deliver(PUBLIC, to(general)))
    slack.trouble("chat.postMessage", after_doing=True)
    with pytest.raises(TryLater):
        await chat.messenger.deliver(CLOSING, below)
    await chat.messenger.deliver(CLOSING, replace(below, again=True))
    assert len(general.messages) == 2
    slack.world.scopes -= {"channels:history"}
    with pytest.raises(OutcomeUnknown):
        await chat.messenger.deliver(CLOSING, replace(below, again=True))


async def test_a_posting_that_was_shown_nowhere_is_closed_in_the_channel(chat: Chat, general: Channel) -> None:
    await chat.messenger.deliver(CLOSING, to(general))
    assert [message.thread for message in general.messages] == [""]


async def test_one_slot_is_not_taken_for_another(chat: Chat, ada: Person) -> None:
    await chat.messenger.deliver(PRIVATE, to(learner=ada))
    await chat.messenger.deliver(Show(ACCEPTED, slot="verdict:92"), to(learner=ada))
    assert len(ada.direct.messages) == 2


@pytest.mark.parametrize(
    "error", ["channel_not_found", "not_in_channel", "is_archived", "account_inactive", "missing_scope"]
)
async def test_what_is_out_of_reach_is_undeliverable(slack: StandIn, chat: Chat, general: Channel, error: str) -> None:
    slack.trouble("chat.postMessage", error=error)
    with pytest.raises(Undeliverable, match=error):
        await chat.messenger.deliver(PUBLIC, to(general))


async def test_a_channel_nobody_knows_an_archived_one_and_one_without_us_are_undeliverable(
    slack: StandIn, chat: Chat, general: Channel
) -> None:
    archived, foreign = slack.world.channel("old"), slack.world.channel("other", bot=False)
    archived.is_archived = True
    for channel in ("C404", archived, foreign):
        with pytest.raises(Undeliverable):
            await chat.messenger.deliver(PUBLIC, to(channel))


async def test_a_person_who_has_left_is_undeliverable(slack: StandIn, chat: Chat) -> None:
    gone = slack.person("gone", deleted=True)
    with pytest.raises(Undeliverable):
        await chat.messenger.deliver(PRIVATE, to(learner=gone))


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [({"retry_after": 17}, 17), ({"status": 503}, 1), ({"error": "internal_error"}, 1), ({"error": "ratelimited"}, 30)],
    ids=str,
)
async def test_what_passes_is_tried_later(
    slack: StandIn, chat: Chat, general: Channel, trouble: dict[str, int], seconds: float
) -> None:
    slack.trouble("chat.postMessage", **trouble)
    with pytest.raises(TryLater) as raised:
        await chat.messenger.deliver(PUBLIC, to(general))
    assert raised.value.seconds == seconds
    await chat.messenger.deliver(PUBLIC, to(general))
    assert len(general.messages) == 1


async def test_a_slack_that_hangs_until_we_give_up_shows_it_once(slack: StandIn, chat: Chat, general: Channel) -> None:
    slack.trouble("chat.postMessage", after_doing=True, delay=0.4)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await chat.messenger.deliver(PUBLIC, to(general))
    await slack.until(lambda: general.messages)
    await chat.messenger.deliver(PUBLIC, to(general, again=True))
    assert len(general.messages) == 1


async def test_slack_out_of_reach_is_tried_later(general: Channel) -> None:
    async with open_chat("xoxb-right", "http://127.0.0.1:9/api/") as chat:
        with pytest.raises(TryLater):
            await chat.messenger.deliver(PUBLIC, to(general))


async def test_a_posting_that_was_deleted_is_not_posted_again(chat: Chat, general: Channel) -> None:
    address = await chat.messenger.deliver(PUBLIC, to(general))
    general.messages.clear()
    with pytest.raises(Undeliverable, match="deleted"):
        await chat.messenger.deliver(PUBLIC, to(general, address=address))
    assert general.messages == []


async def test_a_verdict_whose_message_was_deleted_comes_anew(chat: Chat, ada: Person) -> None:
    address = await chat.messenger.deliver(PRIVATE, to(learner=ada))
    ada.direct.messages.clear()
    assert await chat.messenger.deliver(PRIVATE, to(learner=ada, address=address)) != address
    assert len(ada.direct.messages) == 1


async def test_what_does_not_fit_a_posting_is_a_file_in_its_thread(
    slack: StandIn, chat: Chat, general: Channel
) -> None:
    address = json.loads(await chat.messenger.deliver(LONG, to(general)))
    assert general.messages[-1].files[0].content == b"y = 2\n" * 4_000
    assert slack.called("files.completeUploadExternal")[0]["thread_ts"] == address["ts"]


async def test_the_same_file_is_not_attached_again_when_a_message_is_edited_even_after_a_restart(
    slack: StandIn, chat: Chat, general: Channel
) -> None:
    address = await chat.messenger.deliver(LONG, to(general))
    counted = Show(replace(LONG.card, title="Longer"), To.PUBLIC, "posting:8")
    assert await chat.messenger.deliver(counted, to(general, address=address)) == address
    async with open_chat("xoxb-right", slack.api) as after:
        assert await after.messenger.deliver(LONG, to(general, address=address)) == address
        short = Show(Card("Short"), To.PUBLIC, "posting:8")
        assert await after.messenger.deliver(short, to(general, address=address)) == address
    assert len(slack.called("files.completeUploadExternal")) == 1


async def test_another_file_is_attached_when_a_message_is_edited(slack: StandIn, chat: Chat, general: Channel) -> None:
    address = await chat.messenger.deliver(LONG, to(general))
    other = Show(Card("Long", (Code("z = 3\n" * 4_000),)), To.PUBLIC, "posting:8")
    assert await chat.messenger.deliver(other, to(general, address=address)) != address
    assert general.messages[-1].files[0].content == b"z = 3\n" * 4_000


async def test_an_address_from_before_files_were_remembered_is_still_one(chat: Chat, general: Channel) -> None:
    place = json.loads(await chat.messenger.deliver(PUBLIC, to(general)))
    before = json.dumps({"channel": place["channel"], "ts": place["ts"]})
    await chat.messenger.deliver(PUBLIC, to(general, address=before))
    assert len(general.messages) == 1
