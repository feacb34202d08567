"""A person on Slack: types, presses and looks by way of the stand-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bot.core.commands import ADMIN_ROOT
from tests.players import Seen, ShownForm
from tests.slack_stand_in import Channel, Message, Person, View
from tests.slack_stand_in.people import buttons, fields
from tests.slack_stand_in.world import inputs, reading


class SlackPlayer:
    """``person`` in ``channel``. ``settled`` waits until nothing is pending any more.

    A modal stands in front of everything else: it is closed before anything else is said or pressed.
    """

    def __init__(self, person: Person, channel: Channel, settled: Callable[[], Awaitable[Any]]) -> None:
        self._person, self._channel, self._settled = person, channel, settled
        self._seen: dict[str, Seen] = {}
        self._fresh: list[Seen] = []

    async def says(self, words: str, file: str = "") -> None:
        """Give a slash command. It takes no file: one goes into the form that it opens."""
        await self._close()
        root, _, rest = words.partition(" ")
        if root == ADMIN_ROOT:
            await self._person.slash(self._channel, f"/{ADMIN_ROOT}", rest)
        else:
            await self._person.slash(self._channel, "/grad", words)
        if file:
            await self.form()
            await self.fills("", file)

    async def presses(self, label: str) -> None:
        """Press a button of the open modal, else of the newest message that has one."""
        await self._settled()
        view = self._person.view
        if view is not None and (found := _label(view.body["blocks"], label)):
            await self._person.press(view, found)
            return
        await self._close()
        for message in reversed(self._person.messages()):
            if found := _label(message.blocks, label):
                await self._person.press(message, found)
                return
        raise AssertionError(f"no message this person can see has a button {label!r}")

    async def form(self) -> ShownForm:
        """The open form."""
        view = await self._person.slack.until(self._form)
        label, *_ = fields(view)
        task = [block for block in view.body["blocks"] if block["type"] not in ("input", "header")]
        return ShownForm(view.title, reading(task), fields(view)[label] or "")

    async def fills(self, text: str, file: str = "") -> None:
        """Submit the open form, with a file where it takes one."""
        view = await self._person.slack.until(self._form)
        label, *_ = fields(view)
        await self._person.submit({label: text}, {"file.txt": file.encode()} if file else {})
        if view.errors:  # what a form that stays open says is seen in it
            self._fresh.append(Seen("private", "\n".join(view.errors.values())))
        else:
            self._seen.pop(view.id, None)

    async def sees(self) -> list[Seen]:
        """What is new or changed, oldest first; modals come last."""
        await self._settled()
        fresh, self._fresh = self._fresh, []
        for name, shown in self._shown():
            if self._seen.get(name) != shown:
                self._seen[name] = shown
                fresh.append(shown)
        return fresh

    def _shown(self) -> Iterator[tuple[str, Seen]]:
        for message in self._person.messages():
            if message.blocks:
                yield message.ts, _seen(message.blocks, self._audience(message))
        for view in self._person.user.stack:
            if not inputs(view.body):
                yield view.id, _seen(view.body["blocks"], "private")

    def _audience(self, message: Message) -> str:
        own = message.ephemeral_to is not None or message.channel != self._channel.id
        return "private" if own else "public"

    def _form(self) -> View | None:
        view = self._person.view
        return view if view is not None and inputs(view.body) else None

    async def _close(self) -> None:
        while self._person.view is not None:
            await self._person.close()


def _seen(blocks: list[dict[str, Any]], audience: Any) -> Seen:
    words = reading([block for block in blocks if block["type"] != "actions"])
    return Seen(audience, words, tuple(buttons(blocks)))


def _label(blocks: list[dict[str, Any]], start: str) -> str:
    return next((label for label in buttons(blocks) if label.startswith(start)), "")
