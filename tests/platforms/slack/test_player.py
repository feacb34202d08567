"""The person on Slack that scripted days are played with."""

from bot.core.effects import Show, To
from bot.platforms.slack_chat.app import Chat
from tests.platforms.slack.fake import POSTING, STARTER, WRONG, FakeService
from tests.players import Player, Seen
from tests.players.slack import SlackPlayer
from tests.slack_stand_in import Channel, Person


async def test_a_player_does_and_sees_what_a_person_does(
    chat: Chat, service: FakeService, ada: Person, general: Channel
) -> None:
    async def settled() -> None:
        await chat.settle(5)
        for slot in [slot for slot in service.shown_at if slot.startswith("verdict:")]:
            await chat.messenger.deliver(Show(WRONG, slot=slot), service.destination(slot, ada.id))
            del service.shown_at[slot]

    player: Player = SlackPlayer(ada, general, settled)
    await chat.messenger.deliver(Show(POSTING, To.PUBLIC, "posting:7"), service.destination("", "", general.id))
    (posting,) = await player.sees()
    assert (posting.audience, posting.buttons) == ("public", ("Answer", "Try", "Hint", "Board"))
    await player.presses("Ans")
    form = await player.form()
    assert (form.title, form.initial, "of the squares" in form.task) == ("Answer", STARTER, True)
    await player.fills("unreadable")
    assert await player.sees() == [Seen("private", "I could not read that.")]
    await player.fills("x")
    wrong = Seen("private", "✗ Not yet\nOff by 2.", ("Fix and retry", "Hint"))
    assert await player.sees() == [wrong]
    await player.presses("Fix")
    await player.fills("", file="y")
    assert await player.sees() == [wrong]
    await player.presses("Board")
    (board,) = await player.sees()
    assert (board.audience, board.text.partition("\n")[0]) == ("private", "The board")
    await player.says("gradadmin question upload", file="question")
    assert [seen.text.partition("\n")[0] for seen in await player.sees()] == ["Running your answer"]
    assert [*service.stored.values()] == ["x", "y", "question"]
