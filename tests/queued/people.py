"""People on the Slack stand-in who, as people do, send again what was not taken, and wait for their verdict."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.queued.watching import Watch
from tests.slack_stand_in import Channel, Message, NotAcknowledged, Person, StandIn, View
from tests.slack_stand_in.people import fields
from tests.slack_stand_in.world import TRIGGER_SECONDS, inputs

CODE, VALUE = "square-gradient-code", "square-gradient"
ANSWERS = {
    (CODE, True): "def gradient(x):\n    return 2 * x\n",
    (CODE, False): "def gradient(x):\n    return x\n",
    (VALUE, True): "[4, 6]",
    (VALUE, False): "[2, 3]",
}
VERDICTS = {True: "Accepted", False: "Wrong answer"}
AGAIN_SECONDS = 0.3
FORM_SECONDS = 6.0
VERDICT_SECONDS = 120.0
POST_SECONDS = 6.0


@dataclass
class Answered:
    """One answer that was taken, with what became of it."""

    person: Person
    channel: Channel
    view: View
    is_right: bool
    card: str
    """What stood there once it was taken."""
    waited: float
    """Seconds from then until its verdict was there."""


def posted(channel: Channel) -> list[Message]:
    """The questions in a channel, as everybody sees them."""
    return [message for message in channel.messages if message.ephemeral_to is None and "posting:" in _slot(message)]


def _slot(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("slot", ""))


def kind_of(channel: Channel) -> str:
    """Which question was posted there."""
    return CODE if "gradient(x)" in posted(channel)[0].reads() else VALUE


async def posts(admin: Person, channel: Channel, question: str) -> None:
    """Have a question posted in a channel, however often that has to be said."""

    async def says(words: str, done: Callable[[], object]) -> None:
        while not done():
            with contextlib.suppress(NotAcknowledged, TimeoutError):
                await admin.slash(channel, "/gradadmin", words)
                await admin.slack.until(done, POST_SECONDS)
                return
            await asyncio.sleep(AGAIN_SECONDS)

    if question != VALUE:  # which comes first by itself
        hour = (datetime.now(UTC).hour + 12) % 24  # nothing shall be posted by itself
        await says(f"setup {hour:02}:30 UTC", lambda: any("UTC" in each.reads() for each in channel.messages))
        await says(f"schedule queue {question}", lambda: any(question in each.reads() for each in channel.messages))
    await says("post-now", lambda: posted(channel))


async def answers(
    person: Person, channel: Channel, watch: Watch, *, is_right: bool, gate: asyncio.Semaphore | None = None
) -> Answered:
    """Answer the question of a channel, and wait until everything about it was told.

    ``gate``: no more people than it lets through are at it until their answers were taken.
    """
    async with gate or asyncio.Semaphore():
        view = await _form(person, channel)
        await _send(person, view, ANSWERS[kind_of(channel), is_right])
    taken, card = time.monotonic(), view.reads()
    try:
        await person.slack.until(lambda: _verdict(view), VERDICT_SECONDS)
    except TimeoutError:
        seen = [message.reads() for message in person.direct.messages]
        raise AssertionError(
            f"{person.user.name} still sees {view.reads()!r} in {view.id}, and directly {seen}; "
            f"the database has {await watch.state_of(person.id)}"
        ) from None
    answered = Answered(person, channel, view, is_right, card, time.monotonic() - taken)
    # Whoever closes it sooner may be told a second time, by direct message: where a bot died just after it had told
    # them, nobody knows that it had.
    await watch.until_told(person.id)
    with contextlib.suppress(NotAcknowledged):
        await person.close()
    return answered


async def _form(person: Person, channel: Channel) -> View:
    while (view := _open(person)) is None:
        began = time.monotonic()
        with contextlib.suppress(NotAcknowledged, TimeoutError):
            await person.slash(channel, "/grad", "answer")
            await person.slack.until(lambda: _open(person), FORM_SECONDS)
            continue
        # Until then a form may open for it all the same, and one that opens later takes its place.
        await asyncio.sleep(max(AGAIN_SECONDS, began + TRIGGER_SECONDS + AGAIN_SECONDS - time.monotonic()))
    return view


def _open(person: Person) -> View | None:
    return person.view if person.view is not None and inputs(person.view.body) else None


async def _send(person: Person, view: View, text: str) -> None:
    # Once it is stored the card of the answer comes into the form, whether or not its acknowledgement did.
    while inputs(view.body):
        label, *_ = fields(view)  # code may also come as a file
        with contextlib.suppress(NotAcknowledged):
            await person.submit({label: text})
        if inputs(view.body):
            await asyncio.sleep(AGAIN_SECONDS)


def _verdict(view: View) -> bool:
    return any(view.title.startswith(said) or said in view.reads() for said in VERDICTS.values())


def check_told(slack: StandIn, told: list[Answered]) -> None:
    """Every answer has the right verdict where it was sent, and nowhere else."""
    for each in told:
        said = each.view.reads()
        assert VERDICTS[each.is_right] in said, said
        assert VERDICTS[not each.is_right] not in said, said
        assert each.view.user == each.person.id
    # The views are all different ones, so nobody's verdict stands in for another's.
    assert len({each.view.id for each in told}) == len(told)
    for channel in slack.world.channels.values():
        if channel.with_user:
            again = [message.reads() for message in channel.messages if "verdict:" in _slot(message)]
            assert not again, again
