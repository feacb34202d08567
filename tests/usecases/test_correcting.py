"""Taking a posting back."""

from bot.core.effects import Show
from bot.core.records import PostingState, Window
from bot.ports import Destination
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, Town


class Channel:
    """Where everybody reads; it remembers what was shown, and where."""

    platform = "terminal"

    def __init__(self) -> None:
        self.shown: list[Show] = []

    async def deliver(self, show: Show, to: Destination) -> str:
        self.shown.append(show)
        return to.address or f"message {len(self.shown)}"


async def points(town: Town, who: str = "Ada") -> int:
    async with town.store.begin() as work:
        here = await work.communities.community(town.platform, town.community, "This terminal")
        return await work.competition.points(await work.communities.learner(here, who.lower(), who))


async def audit(town: Town) -> list[tuple[str, str]]:
    async with town.store.begin() as work:
        here = await work.communities.community(town.platform, town.community, "This terminal")
        return [(entry.action, entry.detail) for entry in await work.administration.entries(here, 9)]


async def test_it_says_first_what_it_would_take_and_changes_nothing(town: Town) -> None:
    await town.asks(DOUBLE)
    for who in ("Ada", "Bob"):
        await town.say(f"answer {RIGHT}", who)
    asked = await town.say("gradadmin schedule void")
    assert "60 points of 2 learners go back" in asked.text
    assert asked.card.actions[0].argument == "1 yes"
    assert await points(town) == 30
    assert await audit(town) == []


async def test_points_go_back_the_board_follows_and_an_entry_says_who_did_it(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    await town.say(f"answer {RIGHT}", "Bob")
    assert "2 learners had their points corrected" in (await town.say("gradadmin schedule void 1 yes")).text
    assert (await points(town), await points(town, "Bob")) == (0, 0)
    assert "Nobody has earned points" in (await town.say("leaderboard")).text
    assert await audit(town) == [("schedule void", "posting 1")]
    async with town.store.begin() as work:
        here = await work.communities.community(town.platform, town.community, "This terminal")
        for window, key in ((Window.ALL, "all"), (Window.DAY, "2026-03-09")):
            assert await work.competition.board(here, window, key, 5) == ()


async def test_taking_it_back_twice_changes_nothing_more(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {RIGHT}")
    await town.say("gradadmin schedule void yes")
    assert "Taken back already" in (await town.say("gradadmin schedule void yes")).text
    assert await points(town) == 0
    assert len(await audit(town)) == 1


async def test_nobody_loses_a_streak_whether_they_answered_or_not(town: Town) -> None:
    await town.asks(SQUARE)
    for _ in range(3):
        await town.say("today")
        await town.say("answer [4, 6]")
        await town.say("answer [4, 6]", "Bob")
        town.now += DAY
    await town.say("today")
    await town.say("answer [2, 3]", "Bob")
    await town.say("gradadmin schedule void yes")
    town.now += DAY
    await town.say("today")
    await town.say("answer [4, 6]")
    await town.say("answer [4, 6]", "Bob")
    for who in ("Ada", "Bob"):
        assert "4 in a row (best 4)" in (await town.say("me", who)).text


async def test_what_is_sent_to_it_comes_back_and_the_day_goes_on_without_a_question(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    await town.say("gradadmin schedule void yes")
    for command in (f"answer {RIGHT}", "answer", "today", "hint", "solution"):
        said = (await town.say(command, about=None)).text
        assert "The question was taken back" in said
        assert ("2 * x" in said) == (command != "answer" and command.startswith("answer"))
    assert "The question was taken back" in (await town.say(f"answer {RIGHT}", about=1)).text
    assert await points(town) == 0
    town.now += DAY
    assert "Twice the number" in (await town.say("today")).text


async def test_the_public_message_says_so(town: Town) -> None:
    town.opens_day = False
    await town.asks(DOUBLE)
    await town.say("gradadmin post-now")
    channel = Channel()
    await town.service.deliver_due(channel)
    await town.say("gradadmin schedule void yes")
    await town.service.deliver_due(channel)
    show = channel.shown[-1]
    assert (show.slot, show.card.title) == ("posting:1", "Taken back: Twice the number")
    assert all(action.verb != "answer" for action in show.card.actions)
    assert "The question was taken back" in (await town.say("gradadmin post-now")).text


async def test_a_question_that_never_got_into_its_channel_does_not_appear_any_more(town: Town) -> None:
    town.opens_day = False
    await town.asks(DOUBLE)
    await town.say("gradadmin post-now")
    await town.say("gradadmin schedule void yes")
    await town.service.deliver_due(town)
    assert town.shown == []


async def test_a_verdict_that_comes_after_earns_nothing_and_says_so(town: Town) -> None:
    await town.asks(DOUBLE)

    async def taken_back() -> None:
        town.judge.before_judging = nothing
        await town.say("gradadmin schedule void 1 yes", "Admin")

    async def nothing() -> None: ...

    await town.say("today")
    town.judge.before_judging = taken_back
    said = (await town.say(f"answer {RIGHT}")).text
    assert "Accepted" in said
    assert "none, because this question was taken back" in said
    assert await points(town) == 0


async def test_only_an_admin_of_its_community_takes_it_back(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    assert "Only an admin" in (await town.say("gradadmin schedule void 1 yes", is_admin=False)).text
    town.community = "elsewhere"
    assert "no posting no. 1 here" in (await town.say("gradadmin schedule void 1 yes")).text
    async with town.store.begin() as work:
        posting = await work.postings.get(1)
    assert posting is not None
    assert posting.state is PostingState.POSTED


async def test_practice_and_words_that_name_no_posting_are_refused(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    practised = (await town.say("practice double")).posting
    assert "do not know that posting" in (await town.say(f"gradadmin schedule void {practised} yes")).text
    for said in ("seven", "7 no", "1; DROP TABLE award", "9" * 40, "²"):
        assert "do not understand which posting" in (await town.say(f"gradadmin schedule void {said}")).text
    assert "The id of a question is none" in (await town.say("gradadmin rejudge double")).text.replace("\n", " ")
    assert "Nothing has been posted here yet" in (await town_without_posting(town))


async def town_without_posting(town: Town) -> str:
    town.community = "a new one"
    town.opens_day = False
    return (await town.say("gradadmin schedule void")).text
