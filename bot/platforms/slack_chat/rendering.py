"""A laid-out card as Slack's blocks, in plain dicts: the SDK's own classes drop what is newer than they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.core.cards import Action, Card
from bot.core.sizes import SLACK_HEADER, SLACK_MESSAGE
from bot.platforms.buttons import MAIN, encode
from bot.platforms.layout import Attachment, Budget, Laid, Part, Quiet, cut, lay_out
from bot.platforms.slack_chat.rich_text import Json, elements

MESSAGE_BLOCKS = 50
BUTTON = "chainrule-"
"""What the action ids of our buttons begin with."""
_BUTTONS, _BUTTON_TEXT = 25, 75
_CONTEXT = 2_000
_JSON_PER_CHARACTER = 18
_RESERVED = 1_500
"""Characters kept for buttons, and for what a surface adds."""


def laid_out(card: Card) -> Laid:
    """``card`` within what a message or a modal takes."""
    return lay_out(card, BUDGET)


def rendered(laid: Laid, slot: str = "") -> list[Json]:
    """The blocks of a card; its buttons remember the ``slot`` they stand in."""
    buttons = list(_buttons(laid, slot))
    return [_header(laid.title), *part_blocks(laid.parts, MESSAGE_BLOCKS - 2 - len(buttons)), *buttons]


def slot_of(block_id: str) -> str:
    """The slot a button remembers by the id of its block."""
    return block_id.partition("#")[0] if "#" in block_id else ""


def fallback(laid: Laid) -> str:
    """What a notification says, where Slack does read markup."""
    return escaped(laid.title)


def escaped(text: str) -> str:
    """``text`` without any meaning to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> Json:
    """A text object in which nothing is markup."""
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def context(text: str) -> Json:
    """A quiet line."""
    return {"type": "context", "elements": [plain(cut(text, _CONTEXT))]}


def files_note(attachments: Sequence[Attachment]) -> list[Json]:
    """Says where files are that cannot go along with what is shown."""
    return [context("Attached files are in your direct messages with this app.")] if attachments else []


def part_blocks(parts: Sequence[Part], most: int) -> list[Json]:
    """A block a part, at most ``most``; too many parts share one."""
    if len(parts) > most:
        return [{"type": "rich_text", "elements": [element for part in parts for element in elements(part)]}]
    return [_block(part) for part in parts]


def _block(part: Part) -> Json:
    if isinstance(part, Quiet) and len(part.text) <= _CONTEXT:
        return context(part.text)
    return {"type": "rich_text", "elements": list(elements(part))}


def _header(title: str) -> Json:
    return {"type": "header", "text": plain(title)}


def _buttons(laid: Laid, slot: str) -> Iterator[Json]:
    for start in range(0, len(laid.actions), _BUTTONS):
        some = laid.actions[start : start + _BUTTONS]
        told = [_button(action, laid.about, start + index) for index, action in enumerate(some)]
        yield {"type": "actions", "block_id": f"{slot}#{start}", "elements": told}


def _button(action: Action, about: int | None, index: int) -> Json:
    told: Json = {
        "type": "button",
        "action_id": f"{BUTTON}{index}",
        "text": plain(cut(action.label, _BUTTON_TEXT)),
        "value": encode(action.verb, about, action.argument),
    }
    return told | ({"style": "primary"} if action.verb in MAIN else {})


def size(part: Part) -> int:
    """The characters of a part's text, as Slack counts them over all blocks; more where it is all markup.

    A modal may be 250 kB of JSON, some twenty times what its text may be.
    """
    block = _block(part)
    return max(_letters(block), len(json.dumps(block)) // _JSON_PER_CHARACTER)


def _letters(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_letters, node))
    if isinstance(node, dict):
        return sum(
            len(value) if name in ("text", "url") and isinstance(value, str) else _letters(value)
            for name, value in node.items()
        )
    return 0


BUDGET = Budget(message=SLACK_MESSAGE - _RESERVED, part=SLACK_MESSAGE, title=SLACK_HEADER, size=size)
