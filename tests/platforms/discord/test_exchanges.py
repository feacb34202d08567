"""What people do on Discord, and what they see of it: the real bot on a simulated Discord."""

import json

import pytest
from simcord import UserHandle

from bot.core.cards import Action, Card, Code, Plain, Tone
from bot.core.commands import Command
from bot.core.effects import Ask, Refuse, Show, To
from bot.core.sizes import MAX_QUESTION_FILE
from bot.platforms.discord_chat.messenger import DiscordMessenger
from tests.platforms.discord.conftest import Server, one_shard
from tests.platforms.discord.service import POSTING, STARTER, FakeService, form, to, verdict
from tests.players import Seen
from tests.players.discord import DiscordPlayer, plain, texts


def learner(server: Server) -> DiscordPlayer:
    return DiscordPlayer(server.env, server.ada, server.channel, server.env.settle)


def manager(server: Server) -> DiscordPlayer:
    return DiscordPlayer(server.env, server.admin, server.channel, server.env.settle)


async def post(server: Server) -> str:
    """The question of the day in the channel; its address."""
    show = Show(POSTING, To.PUBLIC, "posting:7")
    return await DiscordMessenger(server.bot).deliver(*to(show, channel=str(server.channel.id)))


async def judged(server: Server, code: str) -> None:
    """The verdict, the way the outbox shows it."""
    _, _, _, reply = server.service.handled[-1]
    show = Show(verdict(code), slot="verdict:91")
    messenger = DiscordMessenger(server.bot)
    await messenger.deliver(*to(show, learner=str(server.ada.id), address=reply.address))


def acknowledgement(server: Server) -> tuple[int, dict[str, object]]:
    """Kind and data of the last first response."""
    sent = [entry.json for entry in server.env.http_requests if entry.path.endswith("/callback")]
    return sent[-1]["type"], sent[-1].get("data") or {}


WORDS = [
    ("today", Command("today")),
    ("hint", Command("hint")),
    ("hint yes", Command("hint", "yes")),
    ("solution", Command("solution")),
    ("practice broadcasting", Command("practice", "broadcasting")),
    ("leaderboard", Command("leaderboard")),
    ("leaderboard week", Command("leaderboard", "week")),
    ("me", Command("me")),
    ("help", Command("help")),
    ("help answer", Command("help", "answer")),
    ("gradadmin post-now", Command("post-now")),
]


@pytest.mark.parametrize(("words", "command"), WORDS)
async def test_a_command_is_acknowledged_first_and_answered_in_private(
    server: Server, words: str, command: Command
) -> None:
    player = manager(server)
    await player.says(words)
    assert server.service.commands == [command]
    assert acknowledgement(server) == (5, {"flags": 64})
    assert {seen.audience for seen in await player.sees()} == {"private"}
    assert await learner(server).sees() == []


async def test_what_is_shown_says_who_asked_where(server: Server) -> None:
    await learner(server).says("today")
    (caller, _, event, reply) = server.service.handled[0]
    assert (caller.platform, caller.community_name, caller.learner_name) == ("discord", "Autograd", "Ada L.")
    assert (caller.community_id, caller.channel) == (str(server.env.guild.id), str(server.channel.id))
    assert (caller.learner_id, caller.zone, caller.opens_day) == (str(server.ada.id), "UTC", False)
    assert event.isdecimal()
    assert json.loads(reply.address).keys() == {"application", "token"}
    assert reply.lasts is not None
    assert 14 <= reply.lasts.total_seconds() / 60 < 15


async def test_several_cards_become_several_messages(server: Server) -> None:
    player = learner(server)
    await player.says("solution")
    assert [seen.text for seen in await player.sees()] == ["The solution", "And how it came to it"]


async def test_the_own_row_of_a_board_is_marked(server: Server) -> None:
    player = learner(server)
    await player.says("leaderboard")
    (seen,) = await player.sees()
    assert seen.text == "Season\n  #  learner  points\n  1  Ada          30\n▸ 2  you          15"


async def test_nothing_to_show_leaves_nothing_behind(server: Server) -> None:
    player = learner(server)
    await player.says("practice nothing")
    assert await player.sees() == []
    assert acknowledgement(server)[0] == 5
    assert server.env.http_requests[-1].method == "DELETE"


@pytest.mark.parametrize("verb", ["answer", "try"])
async def test_code_in_a_slash_command_or_in_its_file_is_sent_at_once(server: Server, verb: str) -> None:
    player = learner(server)
    await player.says(f"{verb} x = 1")
    await player.says(f"{verb} less", file="def f():\r\n\treturn 1\n")
    assert server.service.commands == [Command(verb, "x = 1"), Command(verb, "def f():\r\n\treturn 1\n")]
    assert acknowledgement(server)[0] == 4


async def test_an_answer_goes_from_the_posting_through_the_form_to_its_verdict(server: Server) -> None:
    player = learner(server)
    await post(server)
    (seen,) = await player.sees()
    assert seen.audience == "public"
    heading = "The gradient of a square\nlevel easy\nso far 0 answered, 0 solved\n\n"
    assert seen.text.startswith(f"{heading}What is x.grad after this?\ny = (x**2).sum()\n")
    assert seen.buttons == ("Answer", "Try", "Hint", "Board")
    await player.presses("Answer")
    shown = await player.form()
    assert (shown.title, shown.initial) == (POSTING.title, STARTER)
    assert "y.backward()" in shown.task
    await player.fills("return [4, 6]")
    assert server.service.commands == [Command("answer", "", 7), Command("answer", "return [4, 6]", 7)]
    assert await player.sees() == [Seen("private", "Running your code\nAnswer no. 91 is stored.")]
    assert server.service.taken == [("verdict:91", "discord", "")]
    await judged(server, "return [4, 6]")
    buttons = ("Fix and retry", "Hint")
    assert await player.sees() == [Seen("private", "✓ Accepted\nYou sent:\nreturn [4, 6]", buttons)]


async def test_fixing_and_retrying_happens_in_the_same_message(server: Server) -> None:
    player = learner(server)
    await post(server)
    await player.presses("Answer")
    await player.fills("wrong")
    await judged(server, "wrong")
    await player.sees()
    await player.presses("Fix and retry")
    await player.fills("better")
    assert await player.sees() == [Seen("private", "Running your code\nAnswer no. 91 is stored.")]
    await judged(server, "better [4, 6]")
    (seen,) = await player.sees()
    assert seen.text.startswith("✓ Accepted")
    assert len(server.env.backend.messages[server.channel.id]) == 2


def titles(player: DiscordPlayer) -> list[str]:
    """Of all there is to see, the oldest first."""
    return [plain("\n".join(texts(message.components))).split("\n")[0] for message in player._messages()]


async def test_an_answer_that_a_try_led_to_leaves_the_result_of_the_try_there(server: Server) -> None:
    player = learner(server)
    await player.says("try x")
    await player.presses("Fix and retry")
    await player.fills("y")
    await judged(server, "y")
    assert titles(player) == ["✗ Wrong answer", "✗ Wrong answer"]


async def test_a_try_that_is_retried_is_written_over_the_one_before(server: Server) -> None:
    server.service.answers["try"] = [Show(Card("It ran", actions=(Action("Again", "try"),)), slot="try:1")]
    player = learner(server)
    await player.says("try x")
    server.service.answers.clear()
    await player.presses("Again")
    await player.fills("y")
    assert titles(player) == ["✗ Wrong answer"]


@pytest.mark.parametrize(
    ("label", "leaves"),
    [("Fix and retry", ["Running your code"]), ("Try", ["Too long", "✗ Wrong answer"])],
)
async def test_a_refusal_gives_way_to_what_comes_of_the_same_thing_sent_again(
    server: Server, label: str, leaves: list[str]
) -> None:
    refusal = Card("Too long", actions=(Action("Fix and retry", "answer"), Action("Try", "try")), about=7)
    server.service.answers["answer"] = [Refuse("too long", refusal)]
    player = learner(server)
    await player.says("answer x")
    server.service.answers.clear()
    await player.presses(label)
    await player.fills("y")
    assert titles(player) == leaves


async def test_a_retry_whose_message_was_dismissed_is_answered_in_a_new_one(server: Server) -> None:
    player = learner(server)
    await player.says("answer x")
    await judged(server, "x")
    await player.presses("Fix and retry")
    await player.sees()
    server.env.inject_error("POST", "/interactions/*/callback", status=404, code=10008, times=1)
    await player.fills("y")
    assert [seen.text for seen in await player.sees()] == ["Running your code\nAnswer no. 91 is stored."]


async def test_an_answer_to_the_question_shown_in_private_leaves_the_question_there(server: Server) -> None:
    player = learner(server)
    await player.says("today")
    await player.sees()
    await player.presses("Answer")
    await player.fills("x")
    assert [seen.text.split("\n")[0] for seen in await player.sees()] == ["Running your code"]
    assert [message.components[0]["components"][0]["content"].split("\n")[0] for message in player._messages()] == [
        "## The gradient of a square",
        "## Running your code",
    ]


async def test_a_try_is_edited_into_its_result(server: Server) -> None:
    player = learner(server)
    await post(server)
    await player.sees()
    await player.presses("Try")
    await player.fills("x")
    assert [seen.text for seen in await player.sees()] == ["✗ Wrong answer\nYou sent:\nx"]
    assert acknowledgement(server)[1]["flags"] == 64 | 1 << 15


LONG = "x = 1\n" * 1_000
FILLED = [
    ("text", "", "text"),
    ("  indented\n\n", "", "  indented\n\n"),
    ("text", "a file wins", "a file wins"),
    ("", LONG, LONG),
    ("x" * 4_000, "", "x" * 4_000),
    ("\ufeffkept", "\ufeffdropped", "dropped"),
]


@pytest.mark.parametrize(("text", "file", "argument"), FILLED)
async def test_a_form_takes_text_or_a_file(server: Server, text: str, file: str, argument: str) -> None:
    player = learner(server)
    await post(server)
    await player.presses("Answer")
    await player.fills(text, file)
    assert server.service.commands[-1] == Command("answer", argument, 7)


async def test_4000_characters_of_code_come_back_whole_in_a_file(server: Server) -> None:
    code = "x = 1  # ```\n" * 307 + "ends here"
    assert len(code) == 4_000
    server.service.answers["answer"] = [Show(Card("Running", (Code(code),)), slot="verdict:91", working=True)]
    result = await server.ada.slash(server.channel, "grad answer", code="x")
    (file,) = result.response.attachments
    assert (await file.read()).decode() == f"{code}\n"
    await judged(server, "short")
    assert server.env.http_requests[-1].json["attachments"] == []


BAD_FILES = [
    (b"\xff\xfe", "not text in UTF-8"),
    (b" \n", "empty"),
    (b"x" * (64 * 1024 + 1), "larger than the 64 KiB"),
]


@pytest.mark.parametrize(("content", "says"), BAD_FILES)
async def test_a_file_that_cannot_be_read_is_refused_and_the_text_given_back(
    server: Server, content: bytes, says: str
) -> None:
    await post(server)
    opened = await server.ada.click(server.channel.last_message, label="Answer")
    await server.ada.submit_modal(opened, {"text": "mine", "file": ("a.bin", content)})
    (_, seen) = await learner(server).sees()
    assert says in seen.text
    assert "mine" in seen.text
    assert seen.buttons == ("Fix and retry",)
    assert server.service.commands == [Command("answer", "", 7)]


async def test_a_file_discord_does_not_hand_over_is_asked_for_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.env.backend.cdn, "get", lambda _url: None)
    player = learner(server)
    await player.says("answer", file="x")
    assert "Send it again, or paste its text." in (await player.sees())[0].text
    assert server.service.commands == []


async def test_a_command_of_another_version_answers_politely(server: Server) -> None:
    server.bot.tree.remove_command("grad")
    player = learner(server)
    await server.ada.slash(server.channel, "grad me")
    assert "too old" in (await player.sees())[0].text
    assert [type(error).__name__ for error in server.env.errors] == ["CommandNotFound"]


async def test_a_form_with_nothing_in_it_says_so_and_opens_again(server: Server) -> None:
    player = learner(server)
    await post(server)
    await player.presses("Answer")
    await player.fills(" \n")
    *_, seen = await player.sees()
    assert "Nothing arrived." in seen.text
    await player.presses("Fix and retry")
    assert (await player.form()).initial == STARTER


async def test_a_form_of_one_line_is_asked_and_sent(server: Server) -> None:
    server.service.answers["answer"] = [Ask(form("answer", "", multiline=False))]
    player = learner(server)
    await player.says("answer")
    server.service.answers.clear()
    await player.fills("[1, 2]")
    assert server.service.commands[-1] == Command("answer", "[1, 2]", 7)


OLD = ["0:answer:7:", "1:no-such-verb:7:", "1:answer:x7:", "made up", "1:answer:" + "9" * 40 + ":"]


@pytest.mark.parametrize("custom_id", OLD)
async def test_a_button_nobody_knows_any_more_answers_politely(server: Server, custom_id: str) -> None:
    await post(server)
    player = learner(server)
    await player.sees()
    (message,) = server.env.backend.messages[server.channel.id].values()
    message.components[0]["components"][1]["components"][0]["custom_id"] = custom_id
    await server.ada.click(server.channel.last_message, custom_id=custom_id)
    assert server.service.commands == []
    *_, seen = await player.sees()
    assert (seen.audience, seen.buttons) == ("private", ("Today's question",))
    assert "too old" in seen.text


async def test_buttons_and_open_forms_outlive_the_bot_that_made_them(server: Server) -> None:
    player = learner(server)
    await post(server)
    await player.presses("Answer")
    after = FakeService()
    await server.env.restart_bot(one_shard(after))
    await player.fills("kept", "and a file")
    assert after.commands == [Command("answer", "and a file", 7)]
    await player.presses("Hint")
    assert after.commands[-1] == Command("hint", "", 7)


async def test_no_message_is_kept_in_memory_for_its_buttons(server: Server) -> None:
    player = learner(server)
    await post(server)
    await player.says("try x")
    await player.says("me")
    await player.says("solution")
    await player.presses("Answer")
    assert not server.bot.persistent_views


async def test_the_verdict_on_an_answer_to_the_bot_before_comes_from_the_bot_after(server: Server) -> None:
    player = learner(server)
    await player.says("answer x")
    await player.sees()
    await server.env.restart_bot(one_shard(FakeService()))
    await judged(server, "x")
    assert [seen.text.split("\n")[0] for seen in await player.sees()] == ["✗ Wrong answer"]


async def test_who_may_not_run_the_server_is_not_shown_the_admin_commands_and_is_no_admin_if_they_say_them(
    server: Server,
) -> None:
    assert not [path for path in server.ada.available_commands(server.channel) if path.startswith("gradadmin")]
    player = learner(server)
    await player.says("gradadmin post-now")
    assert [caller.is_admin for caller, *_ in server.service.handled] == [False]
    assert "Only who runs this server" in (await player.sees())[0].text
    await manager(server).says("gradadmin post-now")
    assert server.service.handled[-1][0].is_admin


async def test_a_button_made_up_by_who_may_not_run_the_server_makes_them_no_admin(server: Server) -> None:
    await post(server)
    (message,) = server.env.backend.messages[server.channel.id].values()
    message.components[0]["components"][1]["components"][0]["custom_id"] = "1:publish::5"
    await server.ada.click(server.channel.last_message, custom_id="1:publish::5")
    ((caller, command, _, _),) = server.service.handled
    assert (command, caller.is_admin) == (Command("publish", "5"), False)


async def test_what_is_decided_about_a_question_is_written_where_the_buttons_were(server: Server) -> None:
    buttons = (Action("Publish", "publish", "5"), Action("Discard", "discard", "5"))
    server.service.answers["upload"] = [Show(Card("Proven", actions=buttons), slot="upload:5", working=True)]
    server.service.answers["publish"] = [Show(Card("Published"), slot="upload:5"), Show(Card("Besides"))]
    player = manager(server)
    await player.says("gradadmin question upload", file="x")
    await player.sees()
    await player.presses("Publish")
    assert [(seen.text, seen.buttons) for seen in await player.sees()] == [("Published", ()), ("Besides", ())]
    assert len(server.env.backend.messages[server.channel.id]) == 2


async def test_a_question_is_uploaded_as_a_file_or_in_the_form(server: Server) -> None:
    player = manager(server)
    await player.says("gradadmin question upload", file="---\nformat: 1\n---\n")
    assert server.service.commands == [Command("upload", "---\nformat: 1\n---\n")]
    assert server.service.taken == [("upload:5", "discord", "")]
    await player.says("gradadmin question upload")
    await player.fills("from the form")
    assert server.service.commands[-1] == Command("upload", "from the form", 7)


async def test_a_question_may_be_a_larger_file_than_an_answer(server: Server) -> None:
    player, large = manager(server), "#" * MAX_QUESTION_FILE
    await player.says("gradadmin question upload", file=large)
    assert server.service.commands == [Command("upload", large)]
    await player.says("gradadmin question upload", file=f"{large}#")
    assert "larger than the 256 KiB" in (await player.sees())[-1].text
    assert len(server.service.commands) == 1


FAULTS = [
    ("store is gone", "Make room on the disk."),
    ("no cell", "No cell could be started."),
    ("bug", "Something went wrong on our side"),
    ("refused", "Too long"),
]


@pytest.mark.parametrize("in_form", [True, False], ids=["form", "command"])
@pytest.mark.parametrize(("word", "says"), FAULTS)
async def test_what_was_not_taken_is_told_why_and_given_back_to_the_letter(
    server: Server, word: str, says: str, in_form: bool
) -> None:
    player, code = learner(server), f"def solve(x):  # {word} @everyone\n    return *x*, `x`"
    if in_form:
        await player.says("answer")
        await player.fills(code)
    else:
        await player.says("answer", file=code)
    (seen,) = await player.sees()
    assert (seen.audience, says in seen.text, code in seen.text) == ("private", True, True)
    assert server.service.taken == []


async def test_an_answer_that_came_too_late_for_discord_is_only_logged(server: Server) -> None:
    server.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction")
    player = learner(server)
    await player.says("answer x")
    assert server.service.taken == [("verdict:91", "discord", "")]
    assert await player.sees() == []
    assert server.env.errors == []
    await judged(server, "x")
    (seen,) = await player.sees()
    assert seen.text.startswith("✗ Wrong answer\nYou sent:\nx\nThis is a message from me to you alone")


HOSTILE = "@everyone <@1> `x` ``` **b** [l](https://evil.example)"


async def test_no_message_ever_mentions_anybody(server: Server) -> None:
    hostile = Card(HOSTILE, (Plain(HOSTILE), Code(HOSTILE)), Tone.BAD, (Action(HOSTILE[:40], "help"),), about=7)
    server.service.answers["today"] = [Show(hostile), Show(hostile, slot="task:7"), Show(hostile, slot="task:7")]
    server.service.answers["answer"] = [Show(hostile, slot="verdict:91", working=True)]
    player = learner(server)
    await player.says("today")
    await player.says(f"answer {HOSTILE}")
    await judged(server, HOSTILE)
    await DiscordMessenger(server.bot).deliver(*to(Show(hostile, slot="upload:5"), learner=str(server.ada.id)))
    bodies = [entry.json for entry in server.env.http_requests if isinstance(entry.json, dict)]
    sent = [body for body in (body.get("data", body) for body in bodies) if "components" in body]
    assert len(sent) >= 6
    assert all(body["allowed_mentions"] == {"parse": []} for body in sent)
    for message in await player.sees():
        assert HOSTILE in message.text


async def test_in_a_direct_message_it_says_where_it_works(server: Server) -> None:
    show = Show(Card("T", actions=(Action("Answer", "answer"),)), To.PUBLIC, "posting:7")
    user: UserHandle = server.ada.user
    await user.send_dm("hello")
    direct = user.dm_channel
    await DiscordMessenger(server.bot).deliver(*to(show, channel=str(direct.id)))
    await user.click(direct.last_message, label="Answer")
    assert server.service.commands == []
    assert "Use /grad there." in (await learner(server).sees())[-1].text
