"""The verbs as slash commands: ``/grad`` for learners, ``/gradadmin`` for who may run the community."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.core.commands import VERBS, Command, Verb

Interaction: TypeAlias = discord.Interaction[Any]
Invoked: TypeAlias = Callable[[Interaction, Command, discord.Attachment | None], Awaitable[None]]
_Spoken: TypeAlias = "app_commands.Command[Any, ..., None]"

_CHOICES = re.compile(r"\[(\w+(?:\|\w+)*)\]")
_SUMMARIES = {"grad": "The question of the day", "gradadmin": "Run the question of the day"}
_MAX_DESCRIPTION = 100
_CHOSEN = {"leaderboard": "span"}
"""What one of several words is called, where ``what`` would say less."""


def roots(invoked: Invoked) -> tuple[app_commands.Group, app_commands.Group]:
    """Both roots with a subcommand for every verb that is not hidden; each calls ``invoked``.

    Discord shows the second one to whoever may manage the server. That is only what it shows: the service asks again.
    """
    learners = app_commands.Group(name="grad", description=_SUMMARIES["grad"], guild_only=True)
    admins = app_commands.Group(
        name="gradadmin",
        description=_SUMMARIES["gradadmin"],
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )
    for verb in VERBS.values():
        if not verb.hidden:
            _add(admins if verb.admin else learners, verb, invoked)
    return learners, admins


def _add(root: app_commands.Group, verb: Verb, invoked: Invoked) -> None:
    *groups, name = (verb.words or verb.name).split()
    for group in groups:
        inner = root.get_command(group)
        if not isinstance(inner, app_commands.Group):
            inner = app_commands.Group(name=group, description=f"{group.capitalize()}s of your own", parent=root)
        root = inner
    root.add_command(_command(verb, name, invoked))


def _command(verb: Verb, name: str, invoked: Invoked) -> _Spoken:
    choices = _CHOICES.fullmatch(verb.argument)
    if verb.argument == "[file]":
        callback: Any = _with_file(verb, invoked)
    elif verb.opens_form and "code" in verb.argument:
        callback = _with_text_or_file(verb, invoked)
    elif choices:
        callback = _with_choice(verb, choices[1].split("|"), invoked)
    elif verb.argument or verb.name == "help":
        callback = _with_words(verb, invoked)
    else:
        callback = _bare(verb, invoked)
    return app_commands.Command(name=name, description=verb.summary[:_MAX_DESCRIPTION], callback=callback)


def _bare(verb: Verb, invoked: Invoked) -> Any:
    async def callback(interaction: Interaction) -> None:
        await invoked(interaction, Command(verb.name), None)

    return callback


def _with_file(verb: Verb, invoked: Invoked) -> Any:
    @app_commands.describe(file="A Markdown file; without one, a form opens")
    async def callback(interaction: Interaction, file: discord.Attachment | None = None) -> None:
        await invoked(interaction, Command(verb.name), file)

    return callback


def _with_text_or_file(verb: Verb, invoked: Invoked) -> Any:
    @app_commands.rename(code="text" if verb.argument == "[text]" else "code")
    @app_commands.describe(code="On one line; without it, a form opens", file="A text file, in its place")
    async def callback(interaction: Interaction, code: str = "", file: discord.Attachment | None = None) -> None:
        await invoked(interaction, Command(verb.name, code), file)

    return callback


def _with_choice(verb: Verb, choices: list[str], invoked: Invoked) -> Any:
    @app_commands.rename(choice="confirm" if len(choices) == 1 else _CHOSEN.get(verb.name, "what"))
    @app_commands.describe(choice=verb.summary[:_MAX_DESCRIPTION])
    @app_commands.choices(choice=[app_commands.Choice(name=choice, value=choice) for choice in choices])
    async def callback(interaction: Interaction, choice: str = "") -> None:
        await invoked(interaction, Command(verb.name, choice), None)

    return callback


def _with_words(verb: Verb, invoked: Invoked) -> Any:
    @app_commands.describe(about=verb.argument.strip("[]") or "a word you can say")
    async def callback(interaction: Interaction, about: str = "") -> None:
        await invoked(interaction, Command(verb.name, about), None)

    return callback
