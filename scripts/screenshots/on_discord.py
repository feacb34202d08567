"""The scenes on a simulated Discord, drawn by simcord."""

from __future__ import annotations

from typing import Any

import simcord

from bot.platforms.discord_chat.app import build
from bot.platforms.discord_chat.messenger import DiscordMessenger
from bot.usecases.judging import COUNTER_EVERY
from scripts.screenshots.pictures import SCALE, Studio
from scripts.screenshots.scenes import Play
from tests.players import Player
from tests.players.discord import DiscordPlayer
from tests.test_same_day import World

_TALLEST = 4_000
_SETTLE_SECONDS = 60
# A modal is shown without the scrolling it takes on a screen, and without the browser's focus.
_WHOLE_MODAL = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(".modal-dialog { max-height: none !important } .modal-close { outline: none !important }");
document.adoptedStyleSheets = [sheet];
"""


async def played(world: World, play: Play, studio: Studio) -> None:
    """``play`` with every picture taken by ``studio``."""
    bot = build(world.service)
    bot.shard_count = 1
    async with simcord.run(bot, settle_timeout=_SETTLE_SECONDS) as env:
        env.backend.bot_user.name = "Chainrule"
        await env.advance_time((world.now - env.now()).total_seconds())
        stage = _Stage(env, world, studio)
        async with env.preview(stage.channel, viewers=stage.members, presentation_time=world.now) as preview:
            # It would look for a browser of its own, and draw for a screen of few dots.
            preview._capture_manager._browser = _Sharp(studio.browser)
            stage.preview = preview
            await play(stage)


class _Person(DiscordPlayer):
    def __init__(self, env: simcord.Env, member: simcord.MemberActor, *rest: Any) -> None:
        super().__init__(env, member, *rest)
        self.member = member

    def in_front(self) -> Any:
        return self._open or list(self._messages())[-1]


class _Stage:
    preview: Any

    def __init__(self, env: simcord.Env, world: World, studio: Studio) -> None:
        owner = env.create_user("sofia", global_name="Sofia")
        guild = env.create_guild("Autograd", owner=owner)
        self.channel = guild.create_text_channel("daily-question")
        self._env, self._world, self._studio = env, world, studio
        names = ("Ada", "Grace", "Emmy")
        self.ada, *others = (
            self._person(guild.add_member(env.create_user(name.lower(), global_name=name))) for name in names
        )
        self.others = (others[0], others[1])
        self.admin = self._person(guild.add_member(owner))
        self.members = [person.member for person in (self.ada, *self.others, self.admin)]

    def _person(self, member: simcord.MemberActor) -> _Person:
        return _Person(self._env, member, self.channel, self._settled)

    async def _settled(self) -> None:
        await self._env.settle()
        await self._world.settled()
        await self._world.service.deliver_due(DiscordMessenger(self._env.bot))

    async def draw(self, name: str, who: Player) -> None:
        assert isinstance(who, _Person)
        shot = await self.preview.screenshot(
            viewer=who.member, target=who.in_front(), viewport=(self._studio.width, _TALLEST)
        )
        self._studio.keep(f"discord-{name}", shot.png)

    async def a_minute_later(self) -> None:
        self._world.now += COUNTER_EVERY
        await self._settled()


class _Sharp:
    """The studio's browser; whoever uses it neither sets the scale nor closes it."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self.version = browser.version

    async def new_context(self, **options: Any) -> Any:
        context = await self._browser.new_context(**{**options, "device_scale_factor": SCALE})
        await context.add_init_script(_WHOLE_MODAL)
        return context

    async def close(self) -> None: ...
