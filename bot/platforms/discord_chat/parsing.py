"""What Discord says of an event, in our own words: who, where, and which text."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import aiohttp
import discord

from bot.platforms import files
from bot.usecases.visiting import Caller, Reply

PLATFORM = "discord"
_TOKEN_LASTS = timedelta(minutes=14, seconds=30)  # Discord says 15 minutes; the rest is for the way
_NOT_HANDED_OVER = "Discord did not hand over the file in time. Send it again, or paste its text."
_READ_SECONDS = 1.5  # of the three in which it wants a first answer


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


async def read(file: discord.Attachment, verb: str) -> str:
    """The text of a file sent with ``verb``, read at once: its address expires.

    Raises :class:`bot.platforms.files.Unreadable`.
    """
    files.refuse_larger(file.size, verb)
    try:
        async with asyncio.timeout(_READ_SECONDS):
            content = await file.read()
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise files.Unreadable(_NOT_HANDED_OVER) from error
    return files.text_in(content, verb)
