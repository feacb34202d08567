"""The chat with a person at the terminal: prompt, forms, Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import termios
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path

from prompt_toolkit.application import in_terminal

from bot.core.cards import Form, Tone
from bot.core.commands import Command
from bot.platforms.console.app import BARE, Session
from bot.platforms.console.prompt import Interrupted, Prompt, editor_help, history_in
from bot.platforms.console.reading import Bare, Leave, Reader, Refused, Said, Unclosed, pasted, submitted
from bot.platforms.signals import Signals
from bot.platforms.visible import shortened

_GREETING = "Chainrule: an autograd question a day. Say help for what you can say, quit to leave."
_STORED = "Your answer is stored and will be judged. Ctrl-C again leaves; it is then judged when you come back."
_STORING = "Your answer is being stored. Ctrl-C again leaves without waiting for it."


class Chat:
    """Asks, performs, and asks again; ``history`` is the file that remembers commands."""

    def __init__(self, session: Session, signals: Signals, history: Path) -> None:
        self._session = session
        self._screen = session.screen
        self._signals = signals
        self._standing: Sequence[str] = ()
        self._prompt = Prompt(history_in(history), self._toolbar)
        session.aside = in_terminal
        self._drafts: dict[tuple[str, str], str] = {}
        self._interrupts = 0  # in a row, without anything done in between
        self._leaving = False
        self._stopped = False

    async def run(self) -> int:
        """Chat until the person leaves; the exit code."""
        self._screen.say(_GREETING)
        self._screen.part("")
        await self._perform(Command("today"))
        while not self._leaving:
            self._standing = await self._session.standing()
            for said in await self._ask():
                await self._answer(said)
        return 0

    def _toolbar(self) -> Sequence[str]:
        parts = (self._session.question, *self._standing, self._screen.status)
        return [shortened(part, 60) for part in parts if part]

    async def _ask(self) -> Sequence[Said | Unclosed]:
        try:
            async with self._watching():
                text = await self._prompt.command()
        except EOFError:
            return [Leave()]
        except Interrupted:
            self._interrupts += 1
            if self._interrupts > 1:
                return [Leave()]
            self._screen.say("Ctrl-C again leaves.")
            return []
        self._interrupts = 0
        reader = Reader()
        heard: list[Said | Unclosed] = [said for line in pasted(text) if (said := reader.feed(line)) is not None]
        unclosed = reader.unclosed()
        return [*heard, unclosed] if unclosed else heard

    @contextlib.asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        """What comes meanwhile, a verdict from before a restart, say, is shown above the prompt."""
        until = asyncio.Event()
        watching = asyncio.ensure_future(self._session.watch(until))
        try:
            yield
        finally:
            until.set()
            await watching  # not cancelled: what it has begun to show would come twice

    async def _answer(self, said: Said | Unclosed) -> None:
        if self._leaving:
            return
        if isinstance(said, Leave):
            self._leaving = True
        elif isinstance(said, Unclosed):
            await self._fill(Form("", (), said.verb), said.text)
        elif isinstance(said, Bare):
            self._drafts["answer", ""] = said.text
            self._screen.say(f"{BARE} Say answer: the form opens with it.", Tone.WARNING)
        elif form := await self._perform(said):
            await self._fill(form, form.initial)

    async def _fill(self, form: Form, initial: str) -> None:
        keys = (form.verb, form.title), (form.verb, "")
        draft = next((self._drafts.pop(key) for key in keys if key in self._drafts), initial)
        self._screen.say(editor_help(form), quiet=True)
        try:
            text = await self._prompt.fill(form, draft)
        except EOFError:
            return
        except Interrupted as interrupted:
            self._drafts[keys[0]] = interrupted.text
            self._screen.say(f"Cancelled. {form.verb} opens it again with what you had written.")
            return
        said = submitted(form.verb, text)
        if isinstance(said, Refused):
            self._drafts[keys[0]] = text
        await self._answer(said)

    async def _perform(self, said: Command | Refused) -> Form | None:
        task = asyncio.ensure_future(self._session.perform(said))
        verb = said.verb if isinstance(said, Command) else ""
        with _keys_unseen(), self._signals.interruptible(partial(self._interrupt, verb, task)):
            try:
                return await task
            except asyncio.CancelledError:
                if not self._stopped:  # it is we who are being ended
                    raise
                self._stopped = False
                return None
            finally:
                self._interrupts = 0

    def _interrupt(self, verb: str, task: asyncio.Task[Form | None]) -> None:
        self._interrupts += 1
        if verb == "answer" and self._interrupts == 1:
            self._screen.say(_STORED if self._screen.working else _STORING, Tone.WARNING)
            return
        self._leaving = verb == "answer"
        self._stopped = task.cancel()
        if not self._leaving:
            self._screen.say("Stopped.")


@contextlib.contextmanager
def _keys_unseen() -> Iterator[None]:
    """What is typed ahead while something runs must not break up its card; the next prompt reads it."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    unseen = [*before]
    unseen[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, unseen)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
