"""Reading dataclasses from JSON, without a word of it in what is said of one that cannot be read."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from sandbox.values import FrameError

_Kind = TypeVar("_Kind")
_MOST_SAID = 200


def read_json(adapter: TypeAdapter[_Kind], text: str) -> _Kind:
    """The dataclass. Raises :class:`FrameError`, which goes into logs: so it says where ``text`` is wrong, and how.

    What pydantic says of it quotes what it found there, which may be a solution, or a learner's code.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
    said = ", ".join(f"{'.'.join(map(str, each['loc'])) or 'all of it'} ({each['type']})" for each in wrong)
    raise FrameError(f"of another shape: {said[:_MOST_SAID]}")
