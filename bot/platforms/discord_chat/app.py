"""The bot on Discord: takes events in, has the service answer them, and performs what it says."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.core.cards import Action, Card, Plain, Tone
from bot.core.commands import VERBS, Command
from bot.core.effects import Refuse, Show
from bot.core.presenting.troubles import fault_card
from bot.platforms.buttons import Outdated, decode
from bot.platforms.conversation import LEAVING, OUTDATED, ChatService, WrongToken, converse, noted
from bot.platforms.discord_chat import parsing
from bot.platforms.discord_chat.forms import submitted
from bot.platforms.discord_chat.slash import roots
from bot.platforms.discord_chat.surface import InteractionSurface
from bot.platforms.files import NOTHING_ARRIVED, Unreadable
from bot.platforms.under_way import UnderWay

_log = structlog.get_logger()
_UNAUTHENTICATED = 4004
_PATIENCE = 2.0  # seconds; Discord takes a first response within three
_LONGEST_WAIT = 30.0  # seconds; whoever would have to wait longer is told so, and tries later

_TOKEN = re.compile(r"[!-~]+")
_REFUSED = (
    "Discord refused the token in DISCORD_TOKEN. "
    "Copy it anew from the Bot page of your application at https://discord.com/developers/applications."
)
_NOT_HERE = Card(
    "That works in a server",
    (Plain("Questions belong to a server, and here I cannot tell which one you mean. Use /grad there."),),
    Tone.WARNING,
)


async def _nothing() -> None: ...


def build(service: ChatService, shard_count: int | None = None, shards: Sequence[int] = ()) -> Bot:
    """The bot, not yet connected. Without ``shards`` it serves all; without a count Discord says how many those are."""
    return Bot(service, shard_count, shards)


async def run(
    bot: Bot, token: str, on_login: Callable[[], None] = lambda: None, leave: Callable[[], Awaitable[None]] = _nothing
) -> None:
    """Connect, and answer until cancelled; then ``leave``, and close what was opened.

    Raises :class:`bot.platforms.conversation.WrongToken`.
    """
    library = logging.getLogger("discord")
    # Finer lines hold whole addresses and events, and with them the tokens that let one answer in our name.
    library.setLevel(max(logging.INFO, library.getEffectiveLevel()))
    if not _TOKEN.fullmatch(token.strip()):
        raise WrongToken(_REFUSED)  # before a library that cannot send it says so, and repeats it
    async with bot:
        try:
            await bot.login(token)
        except discord.LoginFailure:
            raise WrongToken(_REFUSED) from None
        on_login()
        try:
            await bot.connect()
        except discord.ConnectionClosed as closed:
            if closed.code == _UNAUTHENTICATED:
                raise WrongToken(_REFUSED) from None  # it was good at login, and has been reset since
            raise
        except discord.PrivilegedIntentsRequired:
            raise WrongToken(
                "Discord refused the intents of this bot, although it asks for none that are privileged. "
                "Check the application that DISCORD_TOKEN belongs to."
            ) from None
        finally:
            await leave()


class Bot(discord.AutoShardedClient):
    """One connection for all servers. It reads no messages, and keeps neither members nor messages."""

    def __init__(self, service: ChatService, shard_count: int | None = None, shards: Sequence[int] = ()) -> None:
        # It speaks to nobody, so that what voice would need is not missing.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            max_ratelimit_timeout=_LONGEST_WAIT,
            shard_count=shard_count,
        )
        self.shard_ids = list(shards) or None
        self._service = service
        self._exchanges = UnderWay()
        self._is_leaving = False
        self.tree = _Tree(self)
        for root in roots(self._invoked):
            self.tree.add_command(root)

    async def setup_hook(self) -> None:
        """Tell Discord which commands there are.

        Once a start: one that is there already under its name counts as no creation, of which 200 a day are allowed.
        """
        await self.tree.sync()

    @property
    def is_connected(self) -> bool:
        """Whether every shard of this process is."""
        return self.is_ready() and not any(shard.is_closed() for shard in self.shards.values())

    async def leave(self, seconds: float) -> None:
        """Take nothing new, and wait until what was taken is answered, at most so long."""
        self._is_leaving = True
        await self._exchanges.over(seconds)

    async def on_ready(self) -> None:
        """Who removed the bot while it was away is no longer among its servers."""
        with noted("servers"):
            ids = frozenset(str(guild.id) for guild in self.guilds)
            await self._service.present(parsing.PLATFORM, ids, self._serves)

    def _serves(self, guild_id: str) -> bool:
        """Whether a server is one of our shards': of the others we are told nothing."""
        return not self.shard_ids or (int(guild_id) >> 22) % (self.shard_count or 1) in self.shard_ids

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """A server added the bot."""
        with noted("a server came"):
            await self._service.joined(parsing.PLATFORM, str(guild.id))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A server removed the bot."""
        with noted("a server went"):
            await self._service.left(parsing.PLATFORM, str(guild.id))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Presses and submitted forms, read from their custom_id alone, so that they outlive the bot that made them."""
        kind = discord.InteractionType
        if interaction.type not in {kind.component, kind.modal_submit}:
            return
        try:
            command = decode(str(interaction.custom_id or ""))
        except Outdated:
            await InteractionSurface(interaction).show(Show(OUTDATED))
            return
        if interaction.type is kind.component:
            await self._exchange(interaction, command)
            return
        text, file = submitted(interaction)
        if not text.strip() and file is None:
            await _give_back(interaction, command, NOTHING_ARRIVED)
            return
        await self._invoked(interaction, replace(command, argument=text), file)

    async def _invoked(
        self, interaction: discord.Interaction[Any], command: Command, file: discord.Attachment | None
    ) -> None:
        """A command with the text of its file, if there is one, in place of any other."""
        if file is not None:
            try:
                command = replace(command, argument=await parsing.read(file, command.verb))
            except Unreadable as error:
                await _give_back(interaction, command, str(error))
                return
        await self._exchange(interaction, command)

    async def _exchange(self, interaction: discord.Interaction[Any], command: Command) -> None:
        if self._is_leaving:
            # The connection is kept up to the end: without one a form that is sent would take its text along.
            if command.argument and VERBS[command.verb].opens_form:
                await _give_back(interaction, command, LEAVING)
            else:
                await InteractionSurface(interaction, command.verb).show(Show(fault_card(LEAVING, "")))
            return
        with self._exchanges:
            await self._answered(interaction, command)

    async def _answered(self, interaction: discord.Interaction[Any], command: Command) -> None:
        surface = InteractionSurface(interaction, command.verb)
        if interaction.guild_id is None:
            await surface.show(Show(_NOT_HERE))
            return
        verb = VERBS[command.verb]
        # A form must come first, and what would be written into it is stored first; the rest may take its time.
        if verb.hidden:
            await surface.defer_in_place()
        elif not verb.opens_form:
            await surface.defer()
        caller, reply = parsing.caller(interaction), parsing.reply(interaction)
        try:
            patience = _PATIENCE if verb.opens_form else None
            await converse(self._service, caller, command, str(interaction.id), surface, reply, patience)
        finally:
            await surface.finish()


async def _give_back(interaction: discord.Interaction[Any], command: Command, sentence: str) -> None:
    """Say why a form could not be taken, with what was written into it."""
    card = fault_card(sentence, command.argument)
    card = replace(card, actions=(Action("Fix and retry", command.verb),), about=command.posting)
    await InteractionSurface(interaction, command.verb).refuse(Refuse(sentence, card))


class _Tree(app_commands.CommandTree[Bot]):
    async def on_error(self, interaction: discord.Interaction[Bot], error: app_commands.AppCommandError, /) -> None:
        """A command of an older or newer version, which Discord still shows for a while after an update."""
        _log.warning("a slash command could not be called", error=type(error).__name__, exc_info=error)
        if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            await InteractionSurface(interaction).show(Show(OUTDATED))
