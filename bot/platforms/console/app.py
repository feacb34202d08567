"""The chat in a terminal: reads commands, performs what the service answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from bot.core.cards import Card, Facts, Form, Tone
from bot.core.commands import VERBS, Command, typed
from bot.core.effects import Refuse, Show
from bot.core.presenting.troubles import fault_card, unwritten_card
from bot.core.slots import SlotKind, kind_of, number_of
from bot.platforms import conversation
from bot.platforms.console.reading import Bare, Leave, Line, Reader, Refused, with_file
from bot.platforms.console.screen import Screen
from bot.ports import Destination, JudgeUnavailable, Messenger, StoreUnavailable
from bot.usecases.service import Caller

_log = structlog.get_logger("console")
_HELP = (
    "In this terminal: `answer FILE.py` sends a file; a line ``` begins code of several lines and another ends it; "
    "`quit` leaves."
)
_FILLING = {
    "upload": "the name of a file",
    "report": "what is wrong",
    "setup": "when to post",
    "schedule-set": "when to post",
}
"""What is written after a verb where it is no answer and no code."""
LOOK_SECONDS = 1.0
"""How often it is looked, while nobody says anything, whether something has come."""
BARE = "That looks like code; nothing was submitted."


class Service(conversation.Service, Protocol):
    """What the terminal needs of the use cases."""

    async def follow(self, messenger: Messenger, slot: str) -> None:
        """Wait until ``slot`` has something to show, and show it."""

    async def deliver_due(self, messenger: Messenger) -> None:
        """Show what is due now."""


class Session:
    """One person's conversation: every command gets an event id of its own.

    It is the surface of every command, and the messenger of what comes later: there is one place to show anything.
    ``question`` is the title of the posting shown last; commands are about that posting. Files named as answers are
    relative to ``folder``. What comes later is shown within ``aside``, which makes room for it.
    """

    def __init__(self, service: Service, caller: Caller, screen: Screen, folder: Path) -> None:
        self.screen = screen
        self.question = ""
        self.platform = caller.platform
        self.aside: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext
        self._posting: int | None = None
        self._form: Form | None = None
        self._service = service
        self._caller = caller
        self._folder = folder
        self._prefix = uuid.uuid4().hex
        self._numbers = itertools.count(1)

    async def perform(self, said: Command | Refused) -> Form | None:
        """Do what the service answers; the form it asks for, if any. Our own faults are told, not raised."""
        command = with_file(said, self._folder) if isinstance(said, Command) else said
        if isinstance(command, Refused):
            self.screen.say(command.message, Tone.WARNING)
            return None
        self._form = None
        try:
            await conversation.converse(self._service, self._caller, self._anchored(command), self._event(), self)
            await self._outcome()
        finally:
            self.screen.finish()
        if command.verb == "help" and command.argument.strip().lower() not in VERBS:
            self.screen.say(_HELP)
        return self._form

    async def _outcome(self) -> None:
        """Wait for what is still running, and show whatever else has come."""
        slot = self.screen.working
        try:
            if slot:
                await self._service.follow(self, slot)
            await self._service.deliver_due(self)
        except StoreUnavailable as fault:
            self.screen.card(unwritten_card(str(fault)) if slot else fault_card(str(fault), ""))
        except Exception:
            _log.exception("showing what came later failed")
            self.screen.card(fault_card(conversation.OUR_FAULT, ""))

    def _anchored(self, command: Command) -> Command:
        return replace(command, posting=self._posting)

    def _event(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    async def show(self, show: Show) -> str:
        """See :class:`bot.platforms.conversation.Surface`."""
        if kind_of(show.slot) in (SlotKind.POSTING, SlotKind.TASK):
            self.question, self._posting = show.card.title, number_of(show.slot)
        self.screen.show(show)
        return ""

    async def ask(self, form: Form) -> None:
        """See :class:`bot.platforms.conversation.Surface`."""
        self._form = form
        self.screen.card(Card(form.title, form.task))

    async def refuse(self, refusal: Refuse) -> None:
        """See :class:`bot.platforms.conversation.Surface`."""
        self.screen.card(refusal.card)

    async def deliver(self, show: Show, to: Destination) -> str:
        """See :class:`bot.ports.Messenger`."""
        async with self.aside():
            return await self.show(show)

    async def watch(self, until: asyncio.Event) -> None:
        """Show what comes later as it comes, ``until`` something else is to be done."""
        while not until.is_set():
            try:
                await self._service.deliver_due(self)
            except StoreUnavailable:
                pass  # the next command says what is wrong
            except Exception:
                _log.exception("showing what came later failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), LOOK_SECONDS)

    async def standing(self) -> tuple[str, ...]:
        """What the profile card says first about points and streak, for the toolbar; empty where it cannot say."""
        effects = self._service.handle(self._caller, self._anchored(Command("me")), self._event())
        try:
            profile = await anext(aiter(effects))
        except (StoreUnavailable, JudgeUnavailable):
            return ()  # the next command says what is wrong
        blocks = profile.card.blocks if isinstance(profile, Show) else ()
        facts = {label: value for block in blocks if isinstance(block, Facts) for label, value in block.pairs}
        return tuple(f"{label} {facts[label].partition(' (')[0]}" for label in ("points", "streak") if label in facts)


async def run_piped(session: Session, lines: AsyncIterator[Line]) -> int:
    """Perform the commands in ``lines`` one after the other, each repeated before its reply; the exit code."""
    reader = Reader()
    async for line in lines:
        if isinstance(line, str) and (line.strip() or reader.continues(line)):
            session.screen.echo(line, first=not reader.continues(line))
        said = reader.feed(line)
        if isinstance(said, Leave):
            return 0
        if isinstance(said, Bare):
            session.screen.say(f"{BARE} Write `answer` before it, or put it between ``` fences.", Tone.WARNING)
        elif said is not None and (form := await session.perform(said)):
            reader.form_verb = form.verb
            fences = ", or put code between ``` fences" if form.multiline and form.verb not in _FILLING else ""
            session.screen.say(
                f"Write `{typed(form.verb)}` and {_FILLING.get(form.verb, 'the answer')} after it{fences}."
            )
    if unclosed := reader.unclosed():
        session.screen.say(unclosed.complaint, Tone.WARNING)
    return 0
