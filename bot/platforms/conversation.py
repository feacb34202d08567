"""One exchange with a person, on any platform: ask the service, perform what it answers, tell it what was shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Protocol

import structlog

from bot.core.cards import Action, Card, Form, Plain, Tone
from bot.core.commands import Command
from bot.core.effects import Ask, Effect, Refuse, Show
from bot.core.presenting.troubles import fault_card
from bot.core.slots import KEPT, kind_of
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.usecases.visiting import NO_REPLY, Caller, Reply

_log = structlog.get_logger()
OUR_FAULT = "Something went wrong on our side; the log says what. Try again."
_BUSY = "The database did not answer in time, so nothing was stored. Try again in a moment."
_ending: set[asyncio.Future[None]] = set()
LEAVING = "I am being restarted, and took nothing. Send it again in half a minute."
"""What is said to whoever comes while this process ends what is under way."""
OUTDATED = Card(
    "That button is too old",
    (Plain("It is from another version of this bot, so nothing was done. Today's question has buttons that work."),),
    Tone.WARNING,
    (Action("Today's question", "today"),),
)
"""What a button or a form says that nobody knows any more."""


class WrongToken(Exception):
    """A platform refused a token; the message names the variable it came from, never the token."""


class Service(Protocol):
    """What a platform needs of the use cases."""

    def handle(
        self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY
    ) -> AsyncGenerator[Effect, None]:
        """What to do about ``command``, in order."""

    async def shown(self, slot: str, platform: str, address: str) -> None:
        """The platform has taken the message of ``slot``."""


class Tenants(Protocol):
    """What a platform tells the use cases of the communities that have the bot."""

    async def left(self, platform: str, community_id: str) -> None:
        """A community has removed the bot."""

    async def joined(self, platform: str, community_id: str) -> None:
        """A community has the bot, perhaps again."""

    async def present(self, platform: str, community_ids: frozenset[str], among: Callable[[str], bool] = ...) -> None:
        """These communities have the bot, and no others ``among`` those this process serves."""


class ChatService(Service, Tenants, Protocol):
    """What a chat of many communities needs of the use cases."""


class Surface(Protocol):
    """Where the answers to one event go."""

    async def show(self, show: Show) -> str:
        """Show a card to whoever caused the event; the second one for a slot edits the first.

        The address of the message, empty if that is where the event said replies go.
        """

    async def ask(self, form: Form) -> None:
        """Open a form."""

    async def refuse(self, refusal: Refuse) -> None:
        """Keep the form open and say why, else show the card."""


async def converse(
    service: Service,
    caller: Caller,
    command: Command,
    event_id: str,
    surface: Surface,
    reply: Reply = NO_REPLY,
    patience: float | None = None,
) -> None:
    """Perform everything ``service`` answers to ``command``. Our own faults refuse what was sent, and give it back.

    ``reply`` is where the verdict on an answer can be shown later; ``patience`` the seconds in which the platform wants
    the first response.
    """
    effects = service.handle(caller, command, event_id, reply)
    is_taken = False
    try:
        async with aclosing(_in_time(effects, patience)) as timely:
            async for effect in timely:
                is_taken |= isinstance(effect, Show) and effect.working
                await _perform(service, caller.platform, effect, surface)
    except (StoreUnavailable, JudgeUnavailable) as fault:
        _log.warning("a command failed", verb=command.verb, reason=str(fault))
        if not is_taken:
            await surface.refuse(Refuse(str(fault), fault_card(str(fault), command.argument)))
    except Exception:
        _log.exception("a command failed", verb=command.verb)
        # What has been taken shall not be sent again: the outbox will say what became of it.
        if not is_taken:
            await surface.refuse(Refuse(OUR_FAULT, fault_card(OUR_FAULT, command.argument)))


@contextlib.contextmanager
def noted(what: str) -> Iterator[None]:
    """Log that a database which is away did not hear of it; where the bot is, is looked up at the next start."""
    try:
        yield
    except StoreUnavailable as fault:
        _log.warning("a coming or going could not be noted", what=what, reason=str(fault))


async def _in_time(effects: AsyncGenerator[Effect, None], patience: float | None) -> AsyncGenerator[Effect, None]:
    """``effects``, closed at the end. Raises :class:`StoreUnavailable` when the first does not come in time."""
    first = asyncio.ensure_future(anext(effects, None))
    try:
        done, _ = await asyncio.wait({first}, timeout=patience)
    except asyncio.CancelledError:
        _abandon(first, effects)
        raise
    if not done:
        _abandon(first, effects)
        raise StoreUnavailable(_BUSY)
    async with aclosing(effects):
        if (effect := first.result()) is not None:
            yield effect
        async for effect in effects:
            yield effect


def _abandon(first: asyncio.Future[Effect | None], effects: AsyncGenerator[Effect, None]) -> None:
    """End it behind our back: a database that does not answer lets go of a transaction only after a while."""

    async def end() -> None:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await effects.aclose()

    task = asyncio.ensure_future(end())
    _ending.add(task)
    task.add_done_callback(_ending.discard)


async def _perform(service: Service, platform: str, effect: Effect, surface: Surface) -> None:
    match effect:
        case Ask(form):
            await surface.ask(form)
        case Refuse():
            await surface.refuse(effect)
        case Show(slot=slot, working=working):
            address = await surface.show(effect)
            if working and kind_of(slot) in KEPT:
                await service.shown(slot, platform, address)
