"""``python -m bench.slack_town``: the tests' stand-in for Slack, with a crowd."""

from __future__ import annotations

import asyncio
import copy
import time
from typing import Any

from bench.crowd import FORM, PATIENCE, PEOPLE, SUBMITTED, sent, serve
from tests.slack_stand_in import Message, StandIn
from tests.slack_stand_in.world import inputs

Json = dict[str, Any]


class SlackTown(StandIn):
    """The stand-in, which notes when it sends an envelope and when that is acknowledged."""

    def __init__(self) -> None:
        super().__init__(ack_seconds=PATIENCE)
        self._admin = self.person("root", is_admin=True)
        self._people = [self.person(f"learner{number}") for number in range(PEOPLE)]
        everybody = [person.user for person in (self._admin, *self._people)]
        self._channel = self.world.channel("daily", *everybody)
        self._posting: Message | None = None
        self._form: Json = {}

    async def opened(self) -> None:
        """Post, and look at the form once."""
        await self.connected()
        await self._admin.slash(self._channel, "/gradadmin", "post-now")
        self._posting = await self.until(lambda: next((m for m in self._channel.messages if not m.ephemeral_to), None))
        first = self._people[0]
        await first.press(self._posting, "Answer")
        view = await self.until(lambda: first.view if first.view and inputs(first.view.body) else None)
        self._form = copy.deepcopy(view.body)

    async def does(self, person: int, kind: str) -> None:
        who = self._people[person]
        if kind in SUBMITTED:
            # Opened without the bot, so that nothing but the submission is measured.
            self.world.new_view(who.user, copy.deepcopy(self._form), push=False)
            (field, *_) = (block["label"]["text"] for block in inputs(self._form))
            await who.submit({field: SUBMITTED[kind]})
        elif kind == FORM:
            assert self._posting is not None
            await who.press(self._posting, "Answer")
        else:
            await who.slash(self._channel, "/grad", kind)

    async def send(self, envelope: Json, copies: int = 1) -> list[Json | None]:
        event = sent.get(None)
        if event is None:
            return await super().send(envelope, copies)
        event.key = envelope["envelope_id"]
        event.place = (envelope["payload"].get("view") or {}).get("id", "")
        event.at = time.perf_counter()
        told = await super().send(envelope, copies)
        event.heard = time.perf_counter()
        return told


async def main() -> None:
    async with SlackTown() as town:
        await serve(town, town.api)


if __name__ == "__main__":
    asyncio.run(main())
