"""What comes later arrives once, where it belongs, whatever happened in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.core.cards import Card
from bot.core.effects import Ask, Refuse, Show, To
from bot.messaging import ACK_GRACE
from bot.ports import Destination, TryLater, Undeliverable
from bot.usecases.carrying import LEASE, LONGEST_WAIT
from bot.usecases.judging import COUNTER_EVERY
from bot.usecases.preparing import prepared
from bot.usecases.visiting import Reply
from tests.usecases.town import DAY, DOUBLE, RIGHT, WRONG, Town, nothing, read

FORM = Reply('{"token": "abc"}', timedelta(minutes=15))


class Chat:
    """A platform that keeps what it is shown: the newest card of each place."""

    platform = "discord"

    def __init__(self) -> None:
        self.places: dict[str, Card] = {}
        self.shows: list[tuple[Show, Destination]] = []
        self.faults: list[Exception] = []
        self.fails: Exception | None = None
        self.failed: list[str] = []

    async def deliver(self, show: Show, to: Destination) -> str:
        if self.fails:
            self.failed.append(show.slot)
            raise self.fails
        if self.faults:
            raise self.faults.pop(0)
        self.shows.append((show, to))
        place = to.address or f"new {show.slot}"
        self.places[place] = show.card
        return place

    def read(self, place: str) -> str:
        return read(Show(self.places[place]))


class Server(Town):
    """A Discord server: nobody opens a day, an admin posts; nothing is shown but through the outbox."""

    platform = "discord"

    def __init__(self, store: object) -> None:
        super().__init__(store)  # type: ignore[arg-type]
        self.chat = Chat()
        self.opens_day = False

    async def sends(self, text: str, event: str = "", reply: Reply = FORM) -> str:
        """An answer, stored and acknowledged; the slot of its verdict."""
        effects = self.begin(text, event=event, reply=reply)
        shown = [effect async for effect in effects]
        assert isinstance(shown[0], Show)
        assert shown[0].working
        return shown[0].slot

    async def acknowledges(self, slot: str) -> None:
        await self.service.shown(slot, self.platform, "")

    async def delivers(self) -> list[str]:
        """The slots shown now."""
        before = len(self.chat.shows)
        await self.settles()
        await self.service.deliver_due(self.chat)
        return [show.slot for show, _ in self.chat.shows[before:]]

    async def posts(self) -> None:
        before = len(self.chat.shows)
        await self.say("gradadmin post-now")
        await self.delivers()
        anew = [show.slot for show, to in self.chat.shows[before:] if not to.address]
        assert len([name for name in anew if name.startswith("posting:")]) == 1


@pytest.fixture
async def server(town: Town) -> Server:
    server = Server(town.store.store)
    await server.asks(DOUBLE, replace(DOUBLE, id="double-again", title="Twice the number, again"))
    return server


async def test_a_question_is_open_once_an_admin_has_posted_it(server: Server) -> None:
    assert "No question is open here yet" in (await server.say("today")).text
    refused = (await server.say(f"answer {RIGHT}")).effects[0]
    assert isinstance(refused, Refuse)
    assert "No question is open here yet" in refused.message
    assert "return 2 * x" in read(refused)
    assert "Only an admin can do that" in (await server.say("gradadmin post-now", who="Bob", is_admin=False)).text
    assert await server.delivers() == []
    assert "is today's question" in (await server.say("gradadmin post-now")).text
    assert await server.delivers() == ["posting:1"]
    ((show, to),) = server.chat.shows
    assert (show.to, to.channel, to.learner) == (To.PUBLIC, "general", "")
    assert "Twice the number" in (await server.say("today", who="Bob")).text


async def test_a_question_is_posted_once_a_day_however_often_an_admin_asks(server: Server) -> None:
    await server.posts()
    assert "posted already" in (await server.say("gradadmin post-now")).text
    assert await server.delivers() == []
    server.now += DAY
    await server.posts()
    assert [show.slot for show, _ in server.chat.shows] == ["posting:1", "closing:1", "posting:2"]
    closed = await server.say(f"answer {RIGHT}", about=1)
    assert "That question has closed" in closed.text


async def test_a_posting_stays_open_over_midnight_until_the_next_one(server: Server) -> None:
    await server.posts()
    server.now += DAY
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    assert slot in await server.delivers()
    assert "Accepted" in server.chat.read(FORM.address)


async def test_a_posting_whose_channel_is_gone_is_posted_when_an_admin_asks_again(server: Server) -> None:
    server.chat.faults = [Undeliverable("the channel is gone")]
    await server.say("gradadmin post-now")
    assert await server.delivers() == ["unposted:1"]
    ((show, to),) = server.chat.shows
    assert (show.to, to.learner) == (To.PRIVATE, "ada")
    assert "did not get into its channel: the channel is gone." in read(show)
    await server.posts()


async def test_a_posting_that_was_deleted_is_left_alone_until_an_admin_posts_it_again(server: Server) -> None:
    await server.posts()
    for who in ("Ada", "Bob"):
        await server.say(f"answer {RIGHT}", who)
        server.now += COUNTER_EVERY
        server.chat.faults = [Undeliverable("The message was deleted.")]
        assert await server.delivers() == []
    assert server.chat.faults, "nobody tried a second time"
    server.chat.faults.clear()
    await server.posts()
    assert "2 answered, 2 solved" in server.chat.read("new posting:1")


async def test_a_verdict_waits_for_the_acknowledgement_and_takes_its_place(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    assert await server.delivers() == []
    await server.acknowledges(slot)
    assert await server.delivers() == [slot]
    assert "Accepted" in server.chat.read(FORM.address)
    assert await server.delivers() == []


async def test_where_nobody_told_of_the_acknowledgement_the_verdict_comes_a_little_later(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.settles()
    server.now += ACK_GRACE
    assert await server.delivers() == [slot]


async def test_the_address_of_a_reply_is_sealed_in_the_database_and_gone_after_it_was_used(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    async with server.store.begin() as work:
        message = await work.messages.find(slot)
    assert message is not None
    assert message.address
    assert "abc" not in message.address
    await server.acknowledges(slot)
    await server.delivers()
    async with server.store.begin() as work:
        assert await work.messages.find(slot) is None


async def test_a_verdict_slower_than_the_reply_lasts_goes_to_the_learner_alone(server: Server) -> None:
    await server.posts()
    server.judge.available = False
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    assert await server.delivers() == [slot]
    assert "waits for its verdict" in server.chat.read(FORM.address)
    server.now += timedelta(minutes=16)
    server.judge.available = True
    assert await server.service.resume() == 1
    assert slot in await server.delivers()
    to = next(to for show, to in reversed(server.chat.shows) if show.slot == slot)
    assert (to.address, to.learner) == ("", "ada")
    assert "Accepted" in server.chat.read(f"new {slot}")


STEPS = ("stored", "acknowledged", "judged", "claimed")


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_tells_nothing_twice(server: Server, step: str) -> None:
    await server.posts()
    if step == "stored":
        await server.crashes_after(f"answer {RIGHT}", reply=FORM)
        slot = "verdict:1"
    else:
        slot = await server.sends(f"answer {RIGHT}")
        await server.acknowledges(slot)
    if step in ("judged", "claimed"):
        await server.settles()
    if step == "claimed":
        async with server.store.begin() as work:
            assert await work.outbox.claim("discord", server.now, server.now + LEASE, 10)
    await server.service.close()
    server.service = server.restarted()
    server.now += max(ACK_GRACE, LEASE)
    await server.service.resume()
    assert (await server.delivers()).count(slot) == 1
    assert "Accepted" in server.chat.read(FORM.address)
    assert slot not in await server.delivers()
    assert len(server.judge.judged) in (1, 2)
    assert "points    30" in (await server.say("today")).text


async def test_a_form_that_was_open_over_a_restart_still_submits(server: Server) -> None:
    await server.posts()
    assert isinstance((await server.say("answer", about=1)).effects[0], Ask)
    await server.service.close()
    server.service = server.restarted()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    assert slot in await server.delivers()


async def test_the_same_event_again_is_one_answer_with_one_verdict(server: Server) -> None:
    await server.posts()
    slots = {await server.sends(f"answer {RIGHT}", event="click") for _ in range(2)}
    (slot,) = slots
    await server.acknowledges(slot)
    assert await server.delivers() == [slot]
    again = await server.say(f"answer {RIGHT}", event="click")
    assert "judged once, and counts once" in again.last
    assert len(server.judge.judged) == 1


async def test_a_platform_that_asks_us_to_wait_is_asked_again_then(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    server.chat.faults = [TryLater("Too many requests.", 7)]
    assert await server.delivers() == []
    server.now += timedelta(seconds=6)
    assert await server.delivers() == []
    server.now += timedelta(seconds=1)
    assert await server.delivers() == [slot]


async def test_a_fault_of_ours_is_tried_again_more_and_more_rarely_then_kept(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    waits = await tries(server, slot, ZeroDivisionError(), 600)
    assert waits == [2, 4, 8, 16, 32, 64, 128]
    assert slot not in await server.delivers()
    assert "Accepted" in (await server.say("me")).last


async def test_a_platform_that_is_away_for_hours_gets_its_verdict_in_the_end(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    waits = await tries(server, slot, TryLater("It cannot be reached.", 3), 3 * 3600)
    assert waits[:9] == [3, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(waits[9:]) == {300}
    server.now += LONGEST_WAIT
    assert slot in await server.delivers()
    assert "Accepted" in server.chat.read(f"new {slot}"), "the address of the reply lasts 15 minutes"
    await server.say(f"answer {RIGHT}", "Bob")
    server.now += COUNTER_EVERY
    assert "posting:1" in await server.delivers(), "the posting was forgotten"


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - what is awaited has no other sign
            await asyncio.sleep(0.01)


async def tries(server: Server, slot: str, fault: Exception, seconds: int) -> list[int]:
    """The seconds between the attempts to show ``slot``, while each fails with ``fault``."""
    server.chat.fails = fault
    began, attempts = server.now, list[int]()
    while server.now - began < timedelta(seconds=seconds):
        before = len(server.chat.failed)
        await server.delivers()
        attempts += [round((server.now - began).total_seconds())] * (slot in server.chat.failed[before:])
        async with server.store.begin() as work:
            server.now = await work.outbox.next_due(server.platform) or server.now + timedelta(hours=1)
    server.chat.fails = None
    return [later - earlier for earlier, later in pairwise(attempts)]


async def test_a_verdict_shown_again_does_not_write_over_a_later_one(server: Server) -> None:
    await server.posts()
    first = await server.sends(f"answer {WRONG}")
    await server.acknowledges(first)
    server.chat.faults = [TryLater("The answer was lost on the way.", 1)]
    await server.delivers()
    second = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(second)
    server.now += timedelta(seconds=10)
    assert await server.delivers() == [second]
    assert "Accepted" in server.chat.read(FORM.address)


async def test_a_posting_that_never_got_into_its_channel_is_not_posted_beside_the_next_one(server: Server) -> None:
    server.chat.faults = [TryLater("It cannot be reached.", 3600)]
    await server.say("gradadmin post-now")
    assert await server.delivers() == []
    server.now += DAY
    await server.say("gradadmin post-now")
    assert await server.delivers() == ["posting:2"]


async def test_practice_is_open_before_anything_was_posted(server: Server) -> None:
    shown = await server.say("practice")
    assert "Write double(x)." in shown.text
    assert "Hint 1 of 3." in (await server.say("hint yes", about=shown.posting)).text
    assert "Accepted" in (await server.say(f"answer {RIGHT}", about=shown.posting)).last


async def test_no_address_is_kept_once_there_is_nothing_more_to_show(server: Server) -> None:
    await server.posts()
    for fault in (None, Undeliverable("Their messages are closed.")):
        slot = await server.sends(f"answer {RIGHT}", event=f"with {fault}")
        await server.acknowledges(slot)
        server.chat.faults = [fault] if fault else []
        await server.delivers()
        await server.say(f"answer {RIGHT}", event=f"with {fault}")
        await server.acknowledges(slot)
        await server.say("me")
        async with server.store.begin() as work:
            assert await work.messages.find(slot) is None


async def test_what_cannot_be_shown_anywhere_is_shown_when_its_learner_is_next_seen(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {WRONG}")
    await server.acknowledges(slot)
    server.chat.faults = [Undeliverable("Their messages are closed.")]
    assert await server.delivers() == []
    assert "Wrong answer" not in (await server.say("me", who="Bob")).text
    assert "Wrong answer: Twice the number" in (await server.say("leaderboard")).last
    assert "Wrong answer: Twice the number" not in (await server.say("leaderboard")).text


async def test_the_counter_on_the_posting_moves_at_most_once_a_minute(server: Server) -> None:
    await server.posts()
    for who in ("Ada", "Bob", "Cy"):
        await server.say(f"answer {RIGHT}", who)
    assert "posting:1" not in await server.delivers()
    server.now += COUNTER_EVERY
    assert await server.delivers() == ["posting:1"]
    assert "3 answered, 3 solved" in server.chat.read("new posting:1")
    await server.say(f"answer {RIGHT}", "Dee")
    assert await server.delivers() == []
    server.now += COUNTER_EVERY
    assert await server.delivers() == ["posting:1"]
    assert len(server.chat.places) == 1


async def test_the_pump_shows_what_comes_without_being_asked_and_survives_a_database_that_is_away(
    server: Server,
) -> None:
    await server.posts()
    pump = asyncio.create_task(server.service.deliver_forever(server.chat))
    server.store.refuses = True
    await asyncio.sleep(0)
    server.store.refuses = False
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    await until(lambda: FORM.address in server.chat.places)
    pump.cancel()
    assert "Accepted" in server.chat.read(FORM.address)


async def test_a_hint_bought_by_a_button_pressed_twice_is_one_hint(server: Server) -> None:
    await server.posts()
    offer = (await server.say("hint")).card.actions[-1]
    assert (offer.verb, offer.argument) == ("hint", "yes 1")
    for _ in range(2):
        assert "Hint 1 of 3." in (await server.say(f"hint {offer.argument}")).text
    assert "Hint 2 of 3." not in (await server.say("hint")).text


async def outage(server: Server, seconds: int) -> None:
    """The platform takes nothing for so long, and says to try again in a moment."""
    back = server.now + timedelta(seconds=seconds)
    while server.now < back:
        server.chat.faults = [TryLater("It is down.") for _ in range(9)]
        assert await server.delivers() == []
        server.now += timedelta(seconds=seconds / 16)
    server.chat.faults.clear()


async def test_an_outage_of_minutes_makes_a_verdict_late_and_no_more(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    await outage(server, 120)
    server.now += timedelta(minutes=2)
    assert slot in await server.delivers()
    assert "Accepted" in server.chat.read(FORM.address)


async def test_a_posting_whose_counter_could_not_be_moved_in_an_outage_stays_the_posting(server: Server) -> None:
    await server.posts()
    await server.say(f"answer {RIGHT}")
    server.now += COUNTER_EVERY
    await outage(server, 1_000)
    assert "is posted already" in (await server.say("gradadmin post-now")).text
    await server.say(f"answer {RIGHT}", "Bob")
    server.now += COUNTER_EVERY
    assert await server.delivers() == ["posting:1"]
    assert "2 answered, 2 solved" in server.chat.read("new posting:1")


class Slow(Chat):
    """A platform that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def deliver(self, show: Show, to: Destination) -> str:
        self.asked.set()
        await self.goes_on.wait()
        return await super().deliver(show, to)


async def test_a_process_that_has_its_hands_full_leaves_the_rest_to_another(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.couriers.AT_ONCE", 1)
    await server.posts()
    slots = [await server.sends(f"answer {WRONG}", f"event {number}") for number in "ab"]
    for slot in slots:
        await server.acknowledges(slot)
    await server.settles()
    slow = Slow()
    pump = asyncio.create_task(server.service.deliver_forever(slow))
    await slow.asked.wait()
    await server.restarted().deliver_due(server.chat)
    assert [show.slot for show, _ in server.chat.shows] == ["posting:1", slots[1]]
    slow.goes_on.set()
    await until(lambda: slow.shows)
    pump.cancel()
    assert [show.slot for show, _ in slow.shows] == [slots[0]]


@pytest.fixture
async def slow(server: Server) -> AsyncIterator[Slow]:
    """Shows what this process has to show, from the posting on; slowly."""
    await server.posts()
    slow = Slow()
    pump = asyncio.create_task(server.service.deliver_forever(slow))
    yield slow
    pump.cancel()


async def being_shown(server: Server, slow: Slow) -> str:
    """The slot of a verdict that is on its way."""
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    await slow.asked.wait()
    return slot


async def test_a_verdict_is_with_its_courier_before_anybody_else_can_take_it(server: Server, slow: Slow) -> None:
    slot = await being_shown(server, slow)
    await server.restarted().deliver_due(server.chat)
    assert [show.slot for show, _ in server.chat.shows] == ["posting:1"]
    slow.goes_on.set()
    await until(lambda: slow.shows)
    assert [show.slot for show, _ in slow.shows] == [slot]


async def test_a_verdict_whose_courier_has_its_hands_full_is_left_to_another_process(
    server: Server, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.couriers.AT_ONCE", 1)
    slots = []
    for number in "ab":
        slots.append(await server.sends(f"answer {WRONG}", f"event {number}"))
        await server.acknowledges(slots[-1])
        await server.settles()
        await slow.asked.wait()
    await server.restarted().deliver_due(server.chat)
    assert [show.slot for show, _ in server.chat.shows] == ["posting:1", slots[1]]


async def test_a_verdict_whose_courier_went_with_its_process_is_shown_when_the_lease_ends(
    server: Server, slow: Slow
) -> None:
    slot = await being_shown(server, slow)
    other = server.restarted()
    await other.deliver_due(server.chat)
    assert slot not in [show.slot for show, _ in server.chat.shows]
    server.now += LEASE
    await other.deliver_due(server.chat)
    assert [show.slot for show, _ in server.chat.shows].count(slot) == 1


async def test_whoever_comes_to_show_something_when_their_lease_is_about_over_leaves_it_to_another(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    await server.settles()

    async def prepared_late(*given: object) -> object:
        server.now += LEASE - timedelta(seconds=9)
        return await prepared(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("bot.usecases.carrying.prepared", prepared_late)
    await server.service.deliver_due(server.chat)
    monkeypatch.undo()
    assert slot not in [show.slot for show, _ in server.chat.shows]
    server.now += timedelta(seconds=9)
    assert await server.delivers() == [slot]


@pytest.mark.parametrize("is_told", ["before it was taken", "before it was acknowledged"])
async def test_an_answer_that_another_process_takes_for_under_way_as_it_is_told_is_told_once_more(
    server: Server, is_told: str
) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}", event="click")
    await server.acknowledges(slot)
    if is_told == "before it was taken":
        async with server.store.store.begin() as work:
            place = await work.messages.find(slot)
    assert await server.delivers() == [slot]
    if is_told == "before it was taken":
        # What the other process noted when it read "stored", just before the verdict came, and wrote just after.
        assert place is not None
        async with server.store.store.begin() as work:
            await work.messages.expect(replace(place, shown_at=None))
    server.chat.places[FORM.address] = Card("Running your code")
    await server.restarted().shown(slot, server.platform, FORM.address)
    assert await server.delivers() == [slot]
    assert "Accepted" in server.chat.read(FORM.address)
    assert await server.delivers() == []


async def test_an_answer_that_another_process_takes_for_under_way_while_it_is_told_is_told_once_more(
    server: Server, slow: Slow
) -> None:
    slot = await being_shown(server, slow)
    await server.restarted().shown(slot, server.platform, FORM.address)
    slow.goes_on.set()
    await until(lambda: len(slow.shows) == 2)
    assert [show.slot for show, _ in slow.shows] == [slot, slot]
    assert [to.address for _, to in slow.shows] == [FORM.address] * 2


async def test_of_somebody_who_was_deleted_nothing_is_told_once_more(server: Server) -> None:
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    assert await server.delivers() == [slot]
    await server.say("privacy delete yes")
    await server.restarted().shown(slot, server.platform, FORM.address)
    assert await server.delivers() == []


async def test_who_finds_no_cell_says_nothing_where_another_process_has_judged_and_told(server: Server) -> None:
    await server.posts()
    other = server.restarted()
    acknowledged = asyncio.Event()

    async def meanwhile() -> None:
        server.judge.before_judging = nothing
        await acknowledged.wait()
        await other.resume()
        await other.deliver_due(server.chat)
        server.judge.available = False

    server.judge.before_judging = meanwhile
    slot = await server.sends(f"answer {RIGHT}")
    await server.acknowledges(slot)
    acknowledged.set()
    await server.delivers()
    assert [show.slot for show, _ in server.chat.shows] == ["posting:1", slot]


class Breaking(Chat):
    """A platform after whose every message the database is away."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    async def deliver(self, show: Show, to: Destination) -> str:
        self._server.store.refuses = True
        return await super().deliver(show, to)


async def shown_as_the_database_goes(server: Server) -> tuple[str, Breaking, asyncio.Task[None]]:
    """A verdict's slot, the platform that has taken it, and what goes on carrying there."""
    await server.posts()
    slot = await server.sends(f"answer {RIGHT}")
    await server.settles()
    await server.acknowledges(slot)
    chat = Breaking(server)
    pump = asyncio.create_task(server.service.deliver_forever(chat))
    await until(lambda: chat.shows)
    return slot, chat, pump


async def test_what_was_shown_as_the_database_went_away_is_noted_when_it_is_back_and_not_shown_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.carrying.AGAIN_S", 0.2)
    slot, chat, pump = await shown_as_the_database_goes(server)
    server.now += 2 * LEASE
    server.store.refuses = False
    await asyncio.sleep(0)
    assert [show.slot for show, _ in chat.shows] == [slot]
    # Before it is noted its lease has run out, and the outbox is looked at.
    await server.service.deliver_due(server.chat)
    await asyncio.sleep(0.5)
    await server.delivers()
    pump.cancel()
    assert [show.slot for show, _ in chat.shows] == [slot]
    assert slot not in [show.slot for show, _ in server.chat.shows]


async def test_what_could_not_be_noted_in_time_is_shown_once_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.carrying.NOTED_WITHIN_S", 0.2)
    monkeypatch.setattr("bot.usecases.carrying.AGAIN_S", 0.1)
    slot, _, pump = await shown_as_the_database_goes(server)
    await asyncio.sleep(0.5)
    pump.cancel()
    server.store.refuses = False
    server.now += 2 * LEASE
    assert await server.delivers() == [slot]


async def test_what_came_before_it_was_noted_is_shown_without_waiting_for_a_lease(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.usecases.carrying.AGAIN_S", 0.1)
    slot, chat, pump = await shown_as_the_database_goes(server)
    server.store.refuses = False
    async with server.store.begin() as work:
        assert await work.outbox.again(slot, server.now)
    await until(lambda: len(chat.shows) == 2)
    pump.cancel()
    assert {show.slot for show, _ in chat.shows} == {slot}
