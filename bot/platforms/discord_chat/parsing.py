"""What Discord says of an event, in our own words: who, where, and which text."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import discord

from bot.core.commands import MAX_ARGUMENT
from bot.usecases.visiting import Caller, Reply

PLATFORM = "discord"
_TOKEN_LASTS = timedelta(minutes=14, seconds=30)  # Discord says 15 minutes; the rest is for the way
_READ_SECONDS = 1.5  # of the three in which it wants a first answer


class Unreadable(Exception):
    """A file that cannot be taken; the message says why and what to do."""


def caller(interaction: discord.Interaction[Any]) -> Caller:
    """Whoever caused the event, with the permissions Discord says they have in this very channel."""
    guild, user = interaction.guild, interaction.user
    may = interaction.permissions
    return Caller(
        platform=PLATFORM,
        community_id=str(interaction.guild_id),
        community_name=(guild.name if guild else "") or str(interaction.guild_id),
        learner_id=str(user.id),
        learner_name=user.display_name,
        channel=str(interaction.channel_id or ""),
        zone="UTC",
        is_admin=may.manage_guild or may.administrator,
    )


def reply(interaction: discord.Interaction[Any]) -> Reply:
    """Where the answer to this event can be written into later."""
    address = {"application": str(interaction.application_id), "token": interaction.token}
    return Reply(json.dumps(address), _TOKEN_LASTS)


async def read(file: discord.Attachment) -> str:
    """The text of a file, read at once: its address expires. Raises :class:`Unreadable`."""
    if file.size > MAX_ARGUMENT:
        raise Unreadable(f"That file is too large: at most {MAX_ARGUMENT // 1024} KiB are read. Send a shorter one.")
    try:
        async with asyncio.timeout(_READ_SECONDS):
            content = await file.read()
    except (discord.HTTPException, TimeoutError) as error:
        raise Unreadable("Discord did not hand over the file in time. Send it again, or paste its text.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("That file is not text in UTF-8. Save it as UTF-8 and send it again.") from error
