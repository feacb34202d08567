"""The chat in a terminal: reads commands, performs what the service answers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from bot.core.cards import Block, Card, Code, Facts, Form, Plain, Tone
from bot.core.commands import VERBS, Command
from bot.core.effects import Ask, Effect, Show
from bot.platforms.console.reading import Bare, Leave, Line, Reader, Refused, with_file
from bot.platforms.console.screen import Screen
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.usecases.service import Caller

_log = structlog.get_logger("console")
_HELP = (
    "In this terminal: `answer FILE.py` sends a file; a line ``` begins code of several lines and another ends it; "
    "`quit` leaves."
)
BARE = "That looks like code; nothing was submitted."


class Service(Protocol):
    """What the terminal needs of the use cases."""

    def handle(self, caller: Caller, command: Command, event_id: str) -> AsyncIterator[Effect]:
        """What to do about ``command``, in order."""


class Session:
    """One person's conversation: every command gets an event id of its own.

    ``question`` is the title of the posting shown last; commands are about that posting. Files named as answers are
    relative to ``folder``.
    """

    def __init__(self, service: Service, caller: Caller, screen: Screen, folder: Path) -> None:
        self.screen = screen
        self.question = ""
        self._posting: int | None = None
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
        try:
            return await self._perform(command)
        except JudgeUnavailable as fault:
            stored = " Your answer is stored and will be judged later." if command.verb == "answer" else ""
            self.screen.say(f"{fault}{stored}", Tone.WARNING)
        except StoreUnavailable as fault:
            self._give_back(str(fault), command.argument)
        except Exception:
            _log.exception("a command failed", verb=command.verb)
            self._give_back("Something went wrong on our side; the log file says what. Try again.", command.argument)
        finally:
            self.screen.finish()
        return None

    async def _perform(self, command: Command) -> Form | None:
        form: Form | None = None
        async for effect in self._effects(command):
            if isinstance(effect, Ask):
                form = effect.form
                self.screen.card(Card(form.title, form.task))
                continue
            kind, _, number = effect.slot.partition(":")
            if kind == "posting":
                self.question, self._posting = effect.card.title, int(number)
            self.screen.show(effect)
        if command.verb == "help" and command.argument.strip().lower() not in VERBS:
            self.screen.say(_HELP)
        return form

    def _effects(self, command: Command) -> AsyncIterator[Effect]:
        command = replace(command, posting=self._posting)
        return self._service.handle(self._caller, command, f"{self._prefix}-{next(self._numbers)}")

    async def standing(self) -> tuple[str, ...]:
        """What the profile card says first about points and streak, for the toolbar; empty where it cannot say."""
        try:
            shown = [effect.card async for effect in self._effects(Command("me")) if isinstance(effect, Show)]
        except (StoreUnavailable, JudgeUnavailable):
            return ()  # the next command says what is wrong
        blocks = [block for card in shown for block in card.blocks if isinstance(block, Facts)]
        facts = {label: value for block in blocks for label, value in block.pairs}
        return tuple(f"{label} {facts[label].partition(' (')[0]}" for label in ("points", "streak") if label in facts)

    def _give_back(self, sentence: str, text: str) -> None:
        blocks: tuple[Block, ...] = (Plain(sentence),)
        if text:
            blocks += (Code(text, "text", "What you sent, so that nothing is lost:"),)
        self.screen.card(Card("That did not work", blocks, Tone.WARNING))


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
            fences = ", or put code between ``` fences" if form.multiline else ""
            session.screen.say(f"Write `{form.verb}` and the answer after it{fences}.")
    if unclosed := reader.unclosed():
        session.screen.say(unclosed.complaint, Tone.WARNING)
    return 0
