"""Forms and cards as modals."""

from __future__ import annotations

from bot.core.cards import Form
from bot.core.sizes import SLACK_INPUT
from bot.platforms.buttons import encode
from bot.platforms.layout import Attachment, Laid, Quiet, Verbatim, cut, fit, lay_out_block
from bot.platforms.slack_chat.rendering import BUDGET, context, files_note, part_blocks, plain, rendered
from bot.platforms.slack_chat.rich_text import Json
from bot.platforms.visible import visible

FIELD, FILE = "field", "file"
"""Ids of the text field and of the file field, of their blocks as of their elements."""
CARD = "card"
"""The callback id of a modal that only shows something."""
_TITLE = 24
_MOST_BLOCKS = 90
_LABEL = 45
_TOO_LONG = (
    "Your last answer has {count} characters and the field takes {limit}. "
    "Send the whole of it as a file; what you type here is sent if there is no file."
)


def form_view(form: Form, channel: str) -> tuple[Json, tuple[Attachment, ...]]:
    """The modal that asks, and the files that hold what it has no room for.

    ``channel`` is where it was opened; a modal's later events do not say.
    """
    parts = [part for block in form.task for part in lay_out_block(block)]
    title = visible(form.title, one_line=True)
    head = cut(title, _TITLE)
    parts = [*([] if head == title else [Verbatim(title)]), *parts]
    if not _fits(form.initial):
        parts.append(Quiet(_TOO_LONG.format(count=len(form.initial), limit=SLACK_INPUT)))
    kept, attachments = fit(parts, BUDGET, BUDGET.message - SLACK_INPUT)
    blocks = [*part_blocks(kept, _MOST_BLOCKS), *files_note(attachments), _field(form), *_file(form)]
    view = _modal(head, blocks, channel, encode(form.verb, form.about))
    return view | {"submit": plain("Submit")}, attachments


def card_view(laid: Laid, slot: str, channel: str) -> Json:
    """The modal that shows a card."""
    return _modal("Chainrule", [*rendered(laid, slot), *files_note(laid.attachments)], channel, CARD)


def loading_view(channel: str) -> Json:
    """The modal that stands in for a form that takes a moment."""
    return _modal("Chainrule", [context("One moment, the form is coming…")], channel, CARD)


def _modal(title: str, blocks: list[Json], channel: str, callback: str) -> Json:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": channel,
        "notify_on_close": True,
        "title": plain(title),
        "close": plain("Close"),
        "blocks": blocks,
    }


def _field(form: Form) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "action_id": FIELD,
        "multiline": form.multiline,
        "max_length": SLACK_INPUT,
    }
    if form.initial and _fits(form.initial):
        element["initial_value"] = form.initial
    label = plain(cut(visible(form.label, one_line=True), _LABEL))
    return {"type": "input", "block_id": FIELD, "label": label, "element": element, "optional": form.multiline}


def _fits(text: str) -> bool:
    # A browser counts in units of UTF-16, and so may whoever else checks the length.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 <= SLACK_INPUT


def _file(form: Form) -> list[Json]:
    if not form.multiline:
        return []
    element = {"type": "file_input", "action_id": FILE, "max_files": 1}
    return [{"type": "input", "block_id": FILE, "label": plain("Or a file"), "element": element, "optional": True}]
