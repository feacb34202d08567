"""One exchange, whatever the platform: what a person is told when things go wrong in its middle."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from bot.core.cards import Card, Form
from bot.core.commands import Command
from bot.core.effects import Effect, Refuse, Show
from bot.platforms.conversation import converse
from bot.ports import StoreUnavailable
from bot.usecases.visiting import NO_REPLY, Caller, Reply
from tests.platforms.fake_service import CALLER

CODE = "def f(x):\n    return x\n"
RUNNING = Show(Card("Running"), slot="verdict:1", working=True)


class Service:
    """Answers every command with ``effects``; remembers what was shown, and whether it was closed."""

    def __init__(self, effects: Callable[[], AsyncGenerator[Effect, None]], fault: Exception | None = None) -> None:
        self._effects = effects
        self._fault = fault
        self.closed = asyncio.Event()

    async def handle(
        self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY
    ) -> AsyncGenerator[Effect, None]:
        try:
            async for effect in self._effects():
                yield effect
        finally:
            self.closed.set()

    async def shown(self, slot: str, platform: str, address: str) -> None:
        if self._fault:
            raise self._fault


class Surface:
    """Keeps what a person is shown."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.given_back = ""

    async def show(self, show: Show) -> str:
        self.seen.append(show.card.title)
        return ""

    async def ask(self, form: Form) -> None:
        self.seen.append(form.title)

    async def refuse(self, refusal: Refuse) -> None:
        self.seen.append(refusal.message)
        self.given_back = str(refusal.card)


async def never() -> AsyncGenerator[Effect, None]:
    await asyncio.Event().wait()
    yield RUNNING


async def running() -> AsyncGenerator[Effect, None]:
    yield RUNNING


async def broken() -> AsyncGenerator[Effect, None]:
    raise ZeroDivisionError
    yield RUNNING


async def test_a_database_that_does_not_answer_in_time_gives_the_text_back() -> None:
    service, surface = Service(never), Surface()
    await converse(service, CALLER, Command("answer", CODE), "1", surface, patience=0.01)
    (said,) = surface.seen
    assert "did not answer in time" in said
    assert repr(CODE) in surface.given_back
    await asyncio.wait_for(service.closed.wait(), 10)


@pytest.mark.parametrize("fault", [StoreUnavailable("The disk is full."), ZeroDivisionError()])
async def test_what_was_taken_is_not_asked_for_again(fault: Exception) -> None:
    service, surface = Service(running, fault), Surface()
    await converse(service, CALLER, Command("answer", CODE), "1", surface)
    assert surface.seen == ["Running"]
    assert service.closed.is_set()


async def test_a_fault_before_anything_was_taken_gives_the_text_back() -> None:
    service, surface = Service(broken), Surface()
    await converse(service, CALLER, Command("answer", CODE), "1", surface)
    (said,) = surface.seen
    assert "Something went wrong on our side" in said
    assert repr(CODE) in surface.given_back
