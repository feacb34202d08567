"""The scenes in a small Slack of our own; its blocks are drawn by slack-blocks-to-jsx, its modals framed by us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.platforms.slack_chat.app import Chat
from bot.platforms.slack_chat.running import connected, open_chat
from bot.usecases.judging import COUNTER_EVERY
from scripts.screenshots.pictures import Studio
from scripts.screenshots.scenes import Play
from scripts.steps import run
from tests.players import Player
from tests.players.slack import SlackPlayer
from tests.slack_stand_in import StandIn
from tests.test_same_day import World

PAGE = Path(__file__).with_name("slack.cjs")


async def played(world: World, play: Play, studio: Studio) -> None:
    """``play`` with every picture taken by ``studio``."""
    async with (
        StandIn() as slack,
        open_chat("xoxb-right", slack.api) as chat,
        connected(world.service, chat, "xapp-right"),
    ):
        await slack.connected()
        await play(_Stage(slack, chat, world, studio))


class _Stage:
    def __init__(self, slack: StandIn, chat: Chat, world: World, studio: Studio) -> None:
        self._chat, self._world, self._studio = chat, world, studio
        people = [slack.person(name, is_admin=name == "Sofia") for name in ("Ada", "Grace", "Emmy", "Sofia")]
        self._channel = slack.world.channel("daily-question", *(person.user for person in people))
        self.ada, *others, self.admin = (SlackPlayer(person, self._channel, self._settled) for person in people)
        self.others = (others[0], others[1])

    async def _settled(self) -> None:
        await self._chat.settle(5)
        await self._world.settled()
        await self._world.service.deliver_due(self._chat.messenger)

    async def draw(self, name: str, who: Player) -> None:
        assert isinstance(who, SlackPlayer)
        page = self._studio.folder / "slack.html"
        shown = self._studio.folder / "slack.json"
        shown.write_text(json.dumps(self._in_front(who._person)), encoding="utf-8")
        page.write_text(run("drawing Slack's blocks", ("node", PAGE, shown), log="screenshots.log"), encoding="utf-8")
        self._studio.keep(f"slack-{name}", await self._studio.photograph(page))

    def _in_front(self, person: Any) -> dict[str, Any]:
        if person.view is not None:
            return {"modal": person.view.body}
        message = person.messages()[-1]
        return {"blocks": message.blocks, "private": message.ephemeral_to is not None}

    async def a_minute_later(self) -> None:
        self._world.now += COUNTER_EVERY
        await self._settled()
