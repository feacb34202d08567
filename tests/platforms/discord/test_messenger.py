import json
from collections.abc import Callable

import aiohttp
import discord
import pytest

from bot.core.cards import Action, Card, Plain
from bot.core.effects import Show, To
from bot.platforms.discord_chat.app import build
from bot.platforms.discord_chat.faults import translated
from bot.platforms.discord_chat.messenger import DiscordMessenger
from bot.ports import Destination, OutcomeUnknown, TryLater, Undeliverable
from tests.platforms.discord.conftest import Server
from tests.platforms.discord.service import POSTING, FakeService, to, verdict
from tests.players.discord import buttons, plain, texts

VERDICT = Show(verdict("x"), slot="verdict:91")
PUBLIC = Show(POSTING, To.PUBLIC, "posting:7")


async def deliver(
    server: Server, show: Show, *, channel: str = "", learner: str = "", address: str = "", again: bool = False
) -> str:
    destination = to(show, channel=channel, learner=learner, address=address, again=again)
    return await DiscordMessenger(server.bot).deliver(*destination)


async def answered(server: Server) -> str:
    """The address of the reply to an answer."""
    await server.ada.slash(server.channel, "grad answer", code="x")
    return server.service.handled[-1][3].address


def shown(server: Server, channel_id: int) -> list[str]:
    messages = server.env.backend.messages[channel_id].values()
    return [plain("\n".join(texts(message.components))).split("\n")[0] for message in messages]


def direct(server: Server) -> int:
    return server.ada.user.dm_channel.id


def posted_bodies(server: Server) -> list[dict[str, object]]:
    return [
        entry.json
        for entry in server.env.http_requests
        if (entry.method, entry.path.split("/")[1], entry.path.split("/")[-1]) == ("POST", "channels", "messages")
    ]


async def test_a_verdict_takes_the_place_of_the_reply_as_often_as_it_comes(server: Server) -> None:
    address = await answered(server)
    assert await deliver(server, VERDICT, address=address) == address
    assert await deliver(server, VERDICT, address=address) == address
    assert shown(server, server.channel.id) == ["✗ Wrong answer"]


async def test_a_reply_that_was_no_first_response_is_found_by_its_id(server: Server) -> None:
    server.service.answers["me"] = [Show(Card("One")), Show(Card("Two"), slot="upload:5", working=True)]
    await server.ada.slash(server.channel, "grad me")
    ((_, _, address),) = server.service.taken
    await deliver(server, Show(Card("Done"), slot="upload:5"), address=address)
    assert shown(server, server.channel.id) == ["One", "Done"]


async def test_after_fifteen_minutes_the_verdict_comes_as_a_direct_message(server: Server) -> None:
    address = await answered(server)
    await server.env.advance_time(16 * 60)
    now_at = json.loads(await deliver(server, VERDICT, learner=str(server.ada.id), address=address))
    assert int(now_at["channel"]) == direct(server)
    assert shown(server, direct(server)) == ["✗ Wrong answer"]
    assert shown(server, server.channel.id) == ["Running your code"]


async def test_a_reply_whose_message_is_gone_comes_as_a_direct_message(server: Server) -> None:
    address = await answered(server)
    server.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008, message="Unknown Message")
    assert "message" in json.loads(await deliver(server, VERDICT, learner=str(server.ada.id), address=address))


async def test_a_direct_message_has_no_buttons_and_says_where_to_go_on(server: Server) -> None:
    await deliver(server, VERDICT, learner=str(server.ada.id))
    (message,) = server.env.backend.messages[direct(server)].values()
    assert list(buttons(message.components)) == []
    assert "/grad in the server goes on from here." in plain("\n".join(texts(message.components)))


async def test_a_direct_message_is_edited_where_it_is(server: Server) -> None:
    address = await deliver(server, VERDICT, learner=str(server.ada.id))
    again = Show(Card("Accepted", actions=(Action("Go", "help"),)), slot="verdict:91")
    assert await deliver(server, again, learner=str(server.ada.id), address=address) == address
    assert shown(server, direct(server)) == ["Accepted"]
    (message,) = server.env.backend.messages[direct(server)].values()
    assert list(buttons(message.components)) == []


async def test_whoever_takes_no_direct_messages_is_out_of_reach(server: Server) -> None:
    server.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, message="Cannot send messages")
    with pytest.raises(Undeliverable, match="50007"):
        await deliver(server, VERDICT, learner=str(server.ada.id))


async def test_a_posting_is_sent_once_with_a_nonce_and_edited_from_then_on(server: Server) -> None:
    address = await deliver(server, PUBLIC, channel=str(server.channel.id))
    counted = Show(Card("Counted", actions=POSTING.actions, about=7), To.PUBLIC, "posting:7")
    assert await deliver(server, counted, channel=str(server.channel.id), address=address) == address
    assert shown(server, server.channel.id) == ["Counted"]
    (body,) = posted_bodies(server)
    assert body["enforce_nonce"] is True
    assert len(str(body["nonce"])) == 25
    assert body["allowed_mentions"] == {"parse": []}


async def test_a_posting_that_may_have_gone_out_is_looked_for_before_it_is_sent_again(server: Server) -> None:
    other = Show(Card("Other", actions=POSTING.actions, about=8), To.PUBLIC, "posting:8")
    address = await deliver(server, PUBLIC, channel=str(server.channel.id))
    await deliver(server, other, channel=str(server.channel.id))
    await server.admin.send(server.channel, "1:answer:7:")
    assert await deliver(server, PUBLIC, channel=str(server.channel.id), again=True) == address
    assert shown(server, server.channel.id) == ["The gradient of a square", "Other", ""]


async def test_a_posting_that_did_not_go_out_before_is_sent_when_it_comes_again(server: Server) -> None:
    await deliver(server, PUBLIC, channel=str(server.channel.id), again=True)
    assert shown(server, server.channel.id) == ["The gradient of a square"]


CLOSING = Show(Card("Closed: the gradient of a square", about=7), To.PUBLIC, "closing:7")


async def closes(server: Server, posting: str, *, again: bool = False, address: str = "") -> str:
    to = Destination("1", str(server.channel.id), "", address, again, posting)
    return await DiscordMessenger(server.bot).deliver(CLOSING, to)


def replies(server: Server) -> list[int | None]:
    """Which messages those in the channel answer."""
    bodies = posted_bodies(server)
    references = [body.get("message_reference") for body in bodies]
    return [int(reference["message_id"]) if isinstance(reference, dict) else None for reference in references]


async def test_what_closes_a_posting_answers_it_and_is_edited_from_then_on(server: Server) -> None:
    posting = await deliver(server, PUBLIC, channel=str(server.channel.id))
    address = await closes(server, posting)
    assert replies(server) == [None, int(json.loads(posting)["message"])]
    assert posted_bodies(server)[1]["message_reference"]["fail_if_not_exists"] is False  # type: ignore[index]
    assert await closes(server, posting, address=address) == address
    assert shown(server, server.channel.id) == ["The gradient of a square", "Closed: the gradient of a square"]


async def test_what_may_have_closed_a_posting_already_is_looked_for_below_it(server: Server) -> None:
    posting = await deliver(server, PUBLIC, channel=str(server.channel.id))
    address = await closes(server, posting)
    assert await closes(server, posting, again=True) == address
    assert shown(server, server.channel.id) == ["The gradient of a square", "Closed: the gradient of a square"]


async def test_what_did_not_close_a_posting_before_does_when_it_comes_again(server: Server) -> None:
    posting = await deliver(server, PUBLIC, channel=str(server.channel.id))
    await closes(server, posting, again=True)
    assert shown(server, server.channel.id) == ["The gradient of a square", "Closed: the gradient of a square"]
    server.env.inject_error("GET", "/channels/*/messages", status=403, code=50001, message="Missing Access")
    with pytest.raises(OutcomeUnknown):
        await closes(server, posting, again=True)


async def test_each_slot_has_a_nonce_of_its_own_that_stays_the_same(server: Server) -> None:
    for show in (VERDICT, VERDICT, Show(VERDICT.card, slot="verdict:92")):
        await deliver(server, show, learner=str(server.ada.id))
    first, again, other = (body["nonce"] for body in posted_bodies(server))
    assert first == again != other


async def test_where_no_history_may_be_read_what_may_be_there_already_is_not_sent_again(server: Server) -> None:
    server.env.inject_error("GET", "/channels/*/messages", status=403, code=50001, message="Missing Access")
    await deliver(server, PUBLIC, channel=str(server.channel.id))
    with pytest.raises(Undeliverable, match="nobody can tell whether it is there already"):
        await deliver(server, PUBLIC, channel=str(server.channel.id), again=True)
    assert shown(server, server.channel.id) == ["The gradient of a square"]


async def test_the_first_time_nothing_is_looked_for(server: Server) -> None:
    await deliver(server, PUBLIC, channel=str(server.channel.id))
    assert [entry.path for entry in server.env.http_requests if entry.path.startswith("/channels/")] == [
        f"/channels/{server.channel.id}/messages"
    ]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [
        (403, 50001, Undeliverable),
        (404, 10003, Undeliverable),
        (404, 10008, Undeliverable),
        (429, 0, TryLater),
        (500, 0, TryLater),
        (503, 0, TryLater),
        (400, 30046, TryLater),
        (400, 50083, Undeliverable),
        (400, 200000, Undeliverable),
        (400, 50035, discord.HTTPException),
    ],
)
async def test_what_discord_answers_is_said_in_our_own_words(
    server: Server, method: str, status: int, code: int, raised: type[Exception]
) -> None:
    address = await deliver(server, PUBLIC, channel=str(server.channel.id)) if method == "PATCH" else ""
    server.env.inject_error(method, "/channels/*/messages*", status=status, code=code)
    with pytest.raises(raised):
        await deliver(server, PUBLIC, channel=str(server.channel.id), address=address)


RAISED: list[tuple[Callable[[], Exception], float]] = [
    (lambda: discord.RateLimited(42.0), 42.0),
    (lambda: aiohttp.ServerDisconnectedError("https://discord.com/webhooks/1/secret"), 1.0),
    (lambda: TimeoutError(), 1.0),
    (lambda: ConnectionResetError(), 1.0),
]


@pytest.mark.parametrize(("error", "seconds"), RAISED)
def test_a_connection_that_fails_is_tried_later_and_its_address_not_repeated(
    error: Callable[[], Exception], seconds: float
) -> None:
    with pytest.raises(TryLater) as later, translated():
        raise error()
    assert later.value.seconds == seconds
    assert "secret" not in str(later.value)


@pytest.mark.parametrize("name", ["", "general", "²"])
async def test_a_destination_that_is_none_is_out_of_reach(server: Server, name: str) -> None:
    for show in (PUBLIC, VERDICT):
        with pytest.raises(Undeliverable):
            await DiscordMessenger(server.bot).deliver(show, Destination("1", name, name, ""))


async def test_before_discord_let_us_in_everything_is_tried_later() -> None:
    with pytest.raises(TryLater):
        await DiscordMessenger(build(FakeService())).deliver(*to(Show(Card("T", (Plain("x"),))), learner="1"))
