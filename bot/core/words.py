"""Words that several sentences share."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """``1 point``, ``2 points``, ``3 tries``."""
    if count == 1:
        return f"1 {thing}"
    return f"{count} {thing[:-1]}ies" if thing.endswith("ry") else f"{count} {thing}s"
