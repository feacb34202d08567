"""From a form to a modal, and back to what was written into it."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.core.cards import Card, Form
from bot.core.sizes import DISCORD_FORM_TITLE, DISCORD_INPUT
from bot.platforms.buttons import encode
from bot.platforms.discord_chat.rendering import budget, size_of
from bot.platforms.discord_chat.text import spaced, write
from bot.platforms.layout import Quiet, cut, lay_out
from bot.platforms.visible import visible

_TEXT, _FILE = "text", "file"
_MAX_LABEL = 45
_TOO_LONG = Quiet("What you sent last is too long for this field: send the next one as a file.")
_ELSEWHERE = Quiet("The task is too long to be repeated here: /grad today shows it.")


def modal(form: Form) -> ui.Modal:
    """``form`` with its task above the field; ``multiline`` ones take a file as well."""
    dialog = ui.Modal(
        title=cut(visible(form.title, one_line=True), DISCORD_FORM_TITLE),
        timeout=None,
        custom_id=encode(form.verb, form.about),
    )
    fits = size_of(form.initial) <= DISCORD_INPUT
    if text := _task(form, fits=fits):
        dialog.add_item(ui.TextDisplay(text))
    # A file in its place must do; whether anything came at all is looked at when it comes.
    field: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=_TEXT,
        style=discord.TextStyle.paragraph if form.multiline else discord.TextStyle.short,
        default=form.initial if fits and form.initial else None,
        required=not form.multiline,
        max_length=DISCORD_INPUT,
    )
    dialog.add_item(ui.Label(text=cut(form.label, _MAX_LABEL), component=field))
    if form.multiline:
        upload: ui.FileUpload[ui.Modal] = ui.FileUpload(custom_id=_FILE, required=False, max_values=1)
        dialog.add_item(
            ui.Label(text="Or a text file", description="It counts instead of the field.", component=upload)
        )
    dialog.stop()  # submissions are read from their custom_id, also after a restart
    return dialog


def _task(form: Form, *, fits: bool) -> str:
    laid = lay_out(Card("", form.task), budget(""))
    # A modal carries no files.
    parts = (_ELSEWHERE,) if laid.attachments else laid.parts
    return spaced(map(write, parts if fits else (*parts, _TOO_LONG)))


def submitted(interaction: discord.Interaction[Any]) -> tuple[str, discord.Attachment | None]:
    """The text of the field and the file of a submitted form, however old the bot that opened it."""
    data: Any = interaction.data
    text, file = "", None
    for label in data["components"]:
        leaf = label.get("component") or {}
        if leaf.get("custom_id") == _TEXT:
            text = leaf.get("value") or ""
        elif leaf.get("custom_id") == _FILE and leaf.get("values"):
            payload = data["resolved"]["attachments"][leaf["values"][0]]
            file = discord.Attachment(data=payload, state=interaction._state)
    return text, file
