"""Reporting what is wrong."""

from bot.core.administration import Notice
from bot.core.effects import Ask, Refuse
from bot.ports import Undeliverable
from tests.usecases.test_delivering import Server
from tests.usecases.town import DAY, DOUBLE, RIGHT, SQUARE, WRONG, Town


async def notices(town: Town) -> list[Notice]:
    found = []
    async with town.store.begin() as work:
        number = 1
        while (notice := await work.administration.notice(number)) is not None:
            found.append(notice)
            number += 1
    return found


async def test_it_reaches_an_admin_with_the_number_of_the_answer(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {WRONG}")
    said = await town.say("report It says x + x is wrong.")
    assert "your answer no. 1" in said.text
    (notice,) = await notices(town)
    assert notice.kind == "report"
    assert "Ada reports “Twice the number” (posting no. 1, answer no. 1): It says x + x is wrong." in notice.text


async def test_every_verdict_has_a_button_for_it(town: Town) -> None:
    await town.asks(DOUBLE)
    for answer in (WRONG, RIGHT):
        card = (await town.say(f"answer {answer}")).card
        assert "report" in [action.verb for action in card.actions]
        assert card.about == 1


async def test_without_words_it_asks_for_them(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say(f"answer {WRONG}")
    (asked,) = (await town.say("report", about=1)).effects
    assert isinstance(asked, Ask)
    assert (asked.form.verb, asked.form.about) == ("report", 1)
    assert await notices(town) == []


async def test_the_same_event_is_one_report(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    for _ in range(2):
        assert "Reported" in (await town.say("report No leaf.", event="the same")).text
    assert len(await notices(town)) == 1


async def test_a_closed_question_can_be_reported(town: Town) -> None:
    await town.asks(DOUBLE, SQUARE)
    await town.say("answer [2, 3]")
    town.now += DAY
    await town.say("today")
    assert "square" in (await town.say("report It was right.", about=1)).text
    assert "your answer no. 1" in (await town.say("report It was right.")).text


async def test_many_about_one_question_are_not_sent_and_come_back(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    for number in range(3):
        await town.say(f"report number {number}", event=f"e{number}")
    said = (await town.say("report number 4")).text
    assert "Not sent" in said
    assert "number 4" in said
    assert "Reported" in (await town.say("report number 2", event="e2")).text
    assert len(await notices(town)) == 3


async def test_words_meant_as_code_or_markup_stay_words(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    text = "'; DROP TABLE report; -- <@everyone> 🧮 \0 \ud800"
    await town.say(f"report {text}")
    (notice,) = await notices(town)
    assert "'; DROP TABLE report; -- <@everyone> 🧮 \ufffd \ufffd" in notice.text


async def test_where_nothing_was_asked_there_is_nothing_to_report(town: Town) -> None:
    town.opens_day = False
    said = (await town.say("report Hello?")).text
    assert "nothing to report yet" in said
    assert "Hello?" in said


async def test_a_database_that_is_away_gives_the_text_back(town: Town) -> None:
    await town.asks(DOUBLE)
    await town.say("today")
    town.store.refuses = True
    (refused,) = [effect async for effect in town.begin("report My long text.")]
    assert isinstance(refused, Refuse)
    assert "My long text." in str(refused.card)


async def test_without_a_keeper_it_is_kept_and_told_as_soon_as_there_is_one(town: Town) -> None:
    server = Server(town.store.store)
    await server.asks(DOUBLE)
    await server.posts()
    said = (await server.say("report Zwölf ist falsch.", "Bob", is_admin=False)).text
    assert "is kept for the admins" in said
    assert "An admin is told" not in said
    await server.say("report Elf auch.", "Cy", is_admin=False)
    assert await server.delivers() == []
    await server.say("gradadmin settings keeper me")
    assert await server.delivers() == ["notice:1", "notice:2"]
    assert {to.learner for _, to in server.chat.shows[-2:]} == {"ada"}
    assert "Zwölf ist falsch." in server.chat.read("new notice:1")
    assert "An admin is told" in (await server.say("report Und dies.", "Dan", is_admin=False)).text
    assert await server.delivers() == ["notice:3"]
    await server.say("gradadmin setup 09:00 Europe/Berlin", "Eve")
    assert await server.delivers() == [], "what was told is told once"


async def test_what_a_keeper_was_not_told_before_they_left_is_told_to_the_next(town: Town) -> None:
    server = Server(town.store.store)
    await server.asks(DOUBLE)
    await server.posts()
    await server.say("gradadmin settings keeper me")
    await server.say("report Zwölf ist falsch.", "Bob", is_admin=False)
    await server.say("privacy delete yes")
    assert await server.delivers() == []
    await server.say("gradadmin setup 09:00 Europe/Berlin", "Eve")
    assert await server.delivers() == ["notice:1"]
    assert server.chat.shows[-1][1].learner == "eve"


async def test_what_could_not_be_told_to_one_keeper_is_told_to_the_next(town: Town) -> None:
    server = Server(town.store.store)
    await server.asks(DOUBLE)
    await server.posts()
    await server.say("gradadmin settings keeper me")
    await server.say("report Zwölf ist falsch.", "Bob", is_admin=False)
    server.chat.faults = [Undeliverable("they take no messages")]
    assert await server.delivers() == []
    await server.say("gradadmin settings keeper me", "Eve")
    assert await server.delivers() == ["notice:1"]
    assert server.chat.shows[-1][1].learner == "eve"
