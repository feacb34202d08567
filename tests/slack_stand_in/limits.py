"""What Slack refuses about blocks and views, with the codes it refuses it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.slack_stand_in.world import Json, Refused

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_TEXT, BLOCKS_TEXT = 40_000, 13_200
VIEW_BYTES = 250_000
_RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}


def check_message(text: str, blocks: list[Json]) -> None:
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > MESSAGE_TEXT:
        raise Refused("msg_too_long")
    _check_blocks(blocks, MESSAGE_BLOCKS)
    for block in blocks:
        if block["type"] == "input":
            raise Refused("invalid_blocks", "input in a message")
    if _letters(blocks) > BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")


def check_view(view: Json) -> None:
    if view.get("type") != "modal":
        raise Refused("invalid_arguments", "type")
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    _plain(view.get("title"), 24, "title")
    for name in ("submit", "close"):
        if name in view:
            _plain(view[name], 24, name)
    _at_most(view.get("private_metadata", ""), 3_000, "private_metadata")
    _at_most(view.get("callback_id", ""), 255, "callback_id")
    _at_most(view.get("external_id", ""), 255, "external_id")
    _check_blocks(view.get("blocks"), VIEW_BLOCKS)
    if any(block["type"] == "input" for block in view["blocks"]) and "submit" not in view:
        raise Refused("invalid_arguments", "submit is required with inputs")


def _check_blocks(blocks: Any, most: int) -> None:
    if not isinstance(blocks, list) or len(blocks) > most:
        raise Refused("invalid_blocks", f"no more than {most} items allowed")
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        raise Refused("invalid_blocks", "duplicate block_id")
    for block in blocks:
        check = _CHECKS.get(block.get("type", ""))
        if check is None:
            raise Refused("invalid_blocks", f"unsupported type: {block.get('type')}")
        _at_most(block.get("block_id", ""), 255, "block_id")
        check(block)


def _section(block: Json) -> None:
    if "text" not in block and not block.get("fields"):
        raise Refused("invalid_blocks", "section without text")
    if "text" in block:
        _text(block["text"], 3_000, "section")
    if len(block.get("fields", [])) > 10:
        raise Refused("invalid_blocks", "fields")
    for field in block.get("fields", []):
        _text(field, 2_000, "field")


def _context(block: Json) -> None:
    if not 1 <= len(block["elements"]) <= 10:
        raise Refused("invalid_blocks", "context")
    for element in block["elements"]:
        _text(element, 3_000, "context")


def _actions(block: Json) -> None:
    elements = block["elements"]
    if not 1 <= len(elements) <= 25:
        raise Refused("invalid_blocks", "actions")
    names = [element.get("action_id") for element in elements]
    if len(names) != len(set(names)):
        raise Refused("invalid_blocks", "action_id is not unique in its block")
    for element in elements:
        if element["type"] != "button":
            raise Refused("invalid_blocks", f"unsupported element {element['type']}")
        _plain(element["text"], 75, "button")
        _at_most(element.get("action_id", ""), 255, "action_id")
        _at_most(element.get("value", ""), 2_000, "value")
        if element.get("style", "primary") not in ("primary", "danger"):
            raise Refused("invalid_blocks", "style")


def _input(block: Json) -> None:
    _plain(block["label"], 2_000, "label")
    if "hint" in block:
        _plain(block["hint"], 2_000, "hint")
    element = block["element"]
    if element["type"] == "plain_text_input":
        _at_most(element.get("initial_value", ""), element.get("max_length", 3_000), "initial_value")
        if element.get("max_length", 3_000) > 3_000:
            raise Refused("invalid_blocks", "max_length")
        if "placeholder" in element:
            _plain(element["placeholder"], 150, "placeholder")
    elif element["type"] == "file_input":
        if not 1 <= element.get("max_files", 10) <= 10:
            raise Refused("invalid_blocks", "max_files")
    else:
        raise Refused("invalid_blocks", f"unsupported element {element['type']}")


def _rich_text(block: Json) -> None:
    if not block["elements"]:
        raise Refused("invalid_blocks", "empty rich_text")
    for element in block["elements"]:
        _rich_element(element)


def _rich_element(element: Json) -> None:
    if element.get("type") not in _RICH or not element.get("elements"):
        raise Refused("invalid_blocks", f"rich_text: {element.get('type')}")
    if element["type"] == "rich_text_list":
        if element.get("style") not in ("bullet", "ordered"):
            raise Refused("invalid_blocks", "list style")
        for item in element["elements"]:
            if item["type"] != "rich_text_section":
                raise Refused("invalid_blocks", "list item")
            _rich_element(item)
        return
    allowed = {"text", "link"} if element["type"] == "rich_text_preformatted" else {"text", "link", "emoji"}
    for part in element["elements"]:
        if part.get("type") not in allowed:
            raise Refused("invalid_blocks", f"rich_text: {part.get('type')}")
        if part["type"] == "text" and not (isinstance(part["text"], str) and part["text"]):
            raise Refused("invalid_blocks", "empty text")


def _text(text: Any, most: int, where: str) -> None:
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        raise Refused("invalid_blocks", where)
    said = text.get("text")
    if not isinstance(said, str) or not 1 <= len(said) <= most:
        raise Refused("invalid_blocks", f"{where}: must be between 1 and {most} characters")


def _plain(text: Any, most: int, where: str) -> None:
    _text(text, most, where)
    if text["type"] != "plain_text":
        raise Refused("invalid_blocks", f"{where} must be plain_text")


def _at_most(text: str, most: int, where: str) -> None:
    if not isinstance(text, str) or len(text) > most:
        raise Refused("invalid_arguments", f"{where}: must be no longer than {most} characters")


def _letters(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_letters, node))
    if isinstance(node, dict):
        own = node.get("text")
        inner = sum(_letters(value) for value in node.values() if isinstance(value, dict | list))
        return inner + (len(own) if isinstance(own, str) else 0)
    return 0


_CHECKS: dict[str, Callable[[Json], None]] = {
    "header": lambda block: _plain(block["text"], 150, "header"),
    "section": _section,
    "context": _context,
    "divider": lambda block: None,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
}
