"""Where something is shown in Slack, in the text the store keeps as its address."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class InView:
    """A modal in front of one person; ``channel`` is where they opened it, which Slack does not tell again.

    ``files`` is a digest of what was attached to it last.
    """

    view: str
    channel: str
    files: str = ""


@dataclass(frozen=True, slots=True)
class InChannel:
    """A message in a channel or among direct messages; ``files`` is a digest of what was attached to it last."""

    channel: str
    ts: str
    files: str = ""


Place: TypeAlias = InView | InChannel


def written(place: Place) -> str:
    """``place`` as an address."""
    return json.dumps(asdict(place))


def read(address: str) -> Place | None:
    """The place an address names; ``None`` for the empty one."""
    if not address:
        return None
    parts = json.loads(address)
    return InView(**parts) if "view" in parts else InChannel(**parts)
