"""What is typed and pressed outside a form: who sees the reply, and where."""

from __future__ import annotations

import pytest

from bot.core.cards import Action, Card, Code
from bot.core.commands import Command
from bot.core.effects import Show, To
from bot.platforms.buttons import encode
from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.lookups import Admins
from tests.platforms.slack.fake import ACCEPTED, POSTING, FakeService
from tests.slack_stand_in import Channel, Message, Person, StandIn

pytestmark = pytest.mark.usefixtures("chat")
CODE = "def solve(x):\n    y = x @ x if x.sum() < 1 and x.dim() > 0 else x & 1\n    return y  # see https://pytorch.org/docs"


@pytest.mark.parametrize(
    ("root", "text", "command"),
    [
        ("/grad", "", Command("help")),
        ("/grad", "leaderboard week", Command("leaderboard", "week")),
        ("/grad", f"answer {CODE}", Command("answer", CODE)),
        ("/grad", "answer mail me@example.org & <b>", Command("answer", "mail me@example.org & <b>")),
        ("/gradadmin", "post-now", Command("post-now")),
        ("/gradadmin", "publish", Command("unknown", "gradadmin publish")),
    ],
)
async def test_a_slash_command_is_understood_as_it_was_typed(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, root: str, text: str, command: Command
) -> None:
    await ada.slash(general, root, text)
    await slack.until(lambda: service.handled)
    caller, said, _ = service.handled[0]
    assert said == command
    assert (caller.community_id, caller.community_name) == ("T0001", "study-group")
    assert (caller.learner_id, caller.learner_name, caller.channel) == (ada.id, "ada", general.id)


async def test_private_replies_are_seen_by_the_caller_alone(slack: StandIn, ada: Person, general: Channel) -> None:
    bob = slack.person("bob")
    general.members.add(bob.id)
    await ada.slash(general, "/grad", "leaderboard")
    message = await ada.sees("The board")
    assert "▸ 2  Bob" in message.reads()
    assert bob.messages() == []


async def test_code_given_with_the_command_is_answered_by_direct_message(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    await ada.slash(general, "/grad", "answer [4, 6]", copies=2)
    message = await ada.sees("Running your answer")
    await slack.until(lambda: service.shown_at)
    ((slot, _),) = service.shown_at.items()
    assert message in ada.direct.messages
    await chat.messenger.deliver(Show(ACCEPTED, slot=slot), service.destination(slot, ada.id))
    assert "All gradients agree." in message.reads()
    assert len(ada.direct.messages) == 1


async def test_a_try_is_edited_into_what_came_of_it(ada: Person, general: Channel) -> None:
    await ada.slash(general, "/grad", "try x")
    message = await ada.sees("It ran")
    assert "Running on the example" in message.history[0]
    assert "[4., 6.]" in message.reads()


@pytest.mark.parametrize("trouble", [{"status": 404}, {"status": 500}])
async def test_a_response_url_that_is_used_up_is_made_up_for(
    slack: StandIn, ada: Person, general: Channel, trouble: dict[str, int]
) -> None:
    slack.trouble("response_url", **trouble)
    await ada.slash(general, "/grad", "leaderboard")
    assert (await ada.sees("The board")).ephemeral_to == ada.id


async def test_where_the_app_is_no_member_the_reply_comes_by_direct_message(slack: StandIn, ada: Person) -> None:
    elsewhere = slack.world.channel("elsewhere", ada.user, bot=False)
    slack.trouble("response_url", status=404)
    await ada.slash(elsewhere, "/grad", "leaderboard")
    assert await ada.sees("The board") in ada.direct.messages


@pytest.mark.parametrize(
    ("flags", "allowed"),
    [
        ({"is_admin": True}, True),
        ({"is_owner": True}, True),
        ({}, False),
        ({"is_admin": True, "is_restricted": True}, False),
        ({"is_admin": True, "is_ultra_restricted": True}, False),
    ],
    ids=str,
)
async def test_only_admins_who_are_no_guests_may_post(
    slack: StandIn, service: FakeService, general: Channel, flags: dict[str, bool], allowed: bool
) -> None:
    eve = slack.person("eve", **flags)
    general.members.add(eve.id)
    await eve.slash(general, "/gradadmin", "post-now")
    message = await eve.sees("Posting it here" if allowed else "Only admins")
    assert message.ephemeral_to == eve.id
    assert service.handled[0][0].is_admin is allowed


@pytest.mark.parametrize("is_admin", [True, False])
async def test_a_button_for_admins_asks_who_pressed_it(
    slack: StandIn, chat: Chat, service: FakeService, general: Channel, is_admin: bool
) -> None:
    eve = slack.person("eve", is_admin=is_admin)
    checked = Card("It is sound", actions=(Action("Publish", "publish"),), about=5)
    await chat.messenger.deliver(Show(checked, slot="upload:5"), service.destination("upload:5", eve.id))
    await eve.press(await eve.sees("It is sound"), "Publish")
    await slack.until(lambda: service.handled)
    assert service.handled[0][0].is_admin is is_admin


async def test_who_is_an_admin_is_remembered_for_a_minute(
    slack: StandIn, chat: Chat, service: FakeService, general: Channel
) -> None:
    seconds = 0.0
    admins = Admins(chat.client, lambda: seconds)
    eve = slack.person("eve", is_admin=True)
    assert await admins.includes(eve.id)
    eve.user.is_admin = False
    seconds = 59.0
    assert await admins.includes(eve.id)
    seconds = 61.0
    assert not await admins.includes(eve.id)


async def test_who_is_an_admin_is_asked_for_admin_verbs_alone(
    slack: StandIn, service: FakeService, ada: Person, general: Channel
) -> None:
    await ada.slash(general, "/grad", "leaderboard")
    await ada.sees("The board")
    assert slack.called("users.info") == []


@pytest.mark.parametrize("trouble", [{"error": "missing_scope"}, {"status": 500}, {"retry_after": 3}], ids=str)
async def test_where_slack_does_not_say_who_is_an_admin_nothing_is_done(
    slack: StandIn, service: FakeService, ada: Person, general: Channel, trouble: dict[str, int]
) -> None:
    slack.trouble("users.info", **trouble)
    await ada.slash(general, "/gradadmin", "post-now")
    await ada.sees("did not tell us whether you may")
    assert service.handled == []


async def test_a_press_that_slack_sends_twice_is_answered_once(
    slack: StandIn, service: FakeService, ada: Person, general: Channel
) -> None:
    await ada.slash(general, "/grad", "today")
    message = await ada.sees(POSTING.title)
    await ada.press(message, "Board", copies=2)
    await ada.sees("The board")
    assert [command.verb for command in service.commands] == ["today", "leaderboard"]


async def test_a_button_of_another_version_answers_politely(
    slack: StandIn, service: FakeService, ada: Person, general: Channel
) -> None:
    await ada.slash(general, "/grad", "today")
    message = await ada.sees(POSTING.title)
    message.blocks[-1]["elements"][0]["value"] = "0:answer:7:"
    await ada.press(message, "Answer")
    await ada.sees("That button is too old")
    assert [command.verb for command in service.commands] == ["today"]


async def test_a_private_card_that_is_shown_anew_takes_the_place_of_the_old_one(
    slack: StandIn, ada: Person, general: Channel
) -> None:
    await ada.slash(general, "/grad", "today")
    message = await ada.sees(POSTING.title)
    message.blocks[-1]["elements"][0]["value"] = encode("today", 7)
    await ada.press(message, "Answer")
    await slack.until(lambda: message.history)
    assert ada.messages() == [message]


async def test_what_a_button_does_to_its_own_message_edits_it(chat: Chat, service: FakeService, ada: Person) -> None:
    checked = Card("It is sound", actions=(Action("Publish", "publish"),), about=5)
    await chat.messenger.deliver(Show(checked, slot="upload:5"), service.destination("upload:5", ada.id))
    await ada.press(await ada.sees("It is sound"), "Publish")
    await ada.sees("Published")
    assert [message.reads() for message in ada.direct.messages] == ["Published"]


async def test_the_public_posting_is_never_edited_by_a_press(
    slack: StandIn, chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    await chat.messenger.deliver(Show(POSTING, To.PUBLIC, "posting:7"), service.destination("", "", general.id))
    posting = await ada.sees(POSTING.title)
    assert posting.blocks[-1]["block_id"].startswith("posting:7")
    for label in ("Board", "Hint"):
        await ada.press(posting, label)
        assert (await ada.sees({"Board": "The board", "Hint": "Show it"}[label])).ephemeral_to == ada.id
    assert posting.history == []


async def test_what_is_private_never_goes_into_a_public_message(
    chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    checked = Card("It is sound", actions=(Action("Publish", "publish"),), about=5)
    await chat.messenger.deliver(Show(checked, To.PUBLIC, "upload:5"), service.destination("", "", general.id))
    await ada.press(await ada.sees("It is sound"), "Publish")
    assert (await ada.sees("Published")).ephemeral_to == ada.id


async def test_text_too_long_for_a_reply_comes_as_a_file(
    slack: StandIn, service: FakeService, ada: Person, general: Channel
) -> None:
    service.card = Card("Long", (Code("x = 1\n" * 4_000),))
    await ada.slash(general, "/grad", "me")
    message: Message = await ada.sees("code.py")
    assert "in your direct messages" in message.reads()
    await slack.until(lambda: ada.direct.messages and ada.direct.messages[-1].files)
    assert ada.direct.messages[-1].files[0].content == b"x = 1\n" * 4_000


async def test_a_file_slack_does_not_take_is_told(
    slack: StandIn, service: FakeService, ada: Person, general: Channel
) -> None:
    service.card = Card("Long", (Code("x = 1\n" * 4_000),))
    slack.trouble("files.completeUploadExternal", error="internal_error")
    await ada.slash(general, "/grad", "me")
    await ada.sees("Slack did not take code.py")


def event(kind: str, **more: object) -> dict[str, object]:
    """What Slack says of the app itself."""
    return {"type": "event_callback", "team_id": "T0001", "event_id": "Ev1", "event": {"type": kind, **more}}


async def test_a_workspace_that_removed_the_app_is_told_of(slack: StandIn, chat: Chat, service: FakeService) -> None:
    await slack.dispatch("events_api", event("app_uninstalled"))
    await slack.until(lambda: service.tenants)
    assert service.tenants == [("left", "slack", "T0001")]


async def test_a_revoked_token_counts_only_if_it_was_the_bots(slack: StandIn, chat: Chat, service: FakeService) -> None:
    await slack.dispatch("events_api", event("tokens_revoked", tokens={"oauth": ["U1"]}))
    await slack.dispatch("events_api", event("tokens_revoked", tokens={"bot": ["B1"], "oauth": []}))
    await slack.until(lambda: service.tenants)
    assert service.tenants == [("left", "slack", "T0001")]
