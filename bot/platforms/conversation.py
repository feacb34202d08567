"""One exchange with a person, on any platform: ask the service, perform what it answers, tell it what was shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
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

    def handle(self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY) -> AsyncIterator[Effect]:
        """What to do about ``command``, in order."""

    async def shown(self, slot: str, platform: str, address: str) -> None:
        """The platform has taken the message of ``slot``."""


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
    service: Service, caller: Caller, command: Command, event_id: str, surface: Surface, reply: Reply = NO_REPLY
) -> None:
    """Perform everything ``service`` answers to ``command``. Our own faults refuse what was sent, and give it back.

    ``reply`` is where the verdict on an answer can be shown later.
    """
    try:
        async for effect in service.handle(caller, command, event_id, reply):
            await _perform(service, caller.platform, effect, surface)
    except (StoreUnavailable, JudgeUnavailable) as fault:
        await surface.refuse(Refuse(str(fault), fault_card(str(fault), command.argument)))
    except Exception:
        _log.exception("a command failed", verb=command.verb)
        await surface.refuse(Refuse(OUR_FAULT, fault_card(OUR_FAULT, command.argument)))


async def _perform(service: Service, platform: str, effect: Effect, surface: Surface) -> None:
    match effect:
        case Ask(form):
            await surface.ask(form)
        case Refuse():
            await surface.refuse(effect)
        case Show(slot=slot):
            address = await surface.show(effect)
            if kind_of(slot) in KEPT:
                await service.shown(slot, platform, address)
