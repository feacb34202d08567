"""Column types: what a row holds, and the value of the core it stands for."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Dialect, Enum, LargeBinary, Text, TypeDecorator

from bot.shapes import read_json
from sandbox.values import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, Bounds, Value, decode, encode

# More room than a cell has: the mistakes of one trial are what several runs observed.
_BOUNDS = Bounds(bytes=4 * MAX_BYTES, text=MAX_BYTES, items=8 * MAX_ITEMS, depth=MAX_DEPTH + 4)


class PlainText(TypeDecorator[str]):
    """Text from anyone. A NUL and a lone surrogate, which no database can hold, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it is stored and looked up."""
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class UtcTime(TypeDecorator[datetime]):
    """An instant: stored as UTC, returned aware. Raises ValueError for a naive time, whose zone nobody knows."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant, aware; SQLite hands back what it stored without the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A frozen dataclass as JSON, validated when it is read; fields added since then take their defaults.

    The last ``kept`` are kept as they were read: for what is read again and again, by everybody.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Any], kept: int = 0) -> None:
        super().__init__()
        self.kind = kind
        self.kept = kept
        self._read = functools.lru_cache(kept)(functools.partial(read_json, TypeAdapter(kind)))

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The JSON text of a dataclass of :attr:`kind`."""
        if value is None:
            return None
        text = json.dumps(dataclasses.asdict(value), ensure_ascii=False)
        return PlainText().process_bind_param(text, dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The dataclass. Raises :class:`sandbox.values.FrameError` for JSON of another shape."""
        return None if value is None else self._read(value)


class PlainValue(TypeDecorator[Value]):
    """A value as it crosses the wall of a cell, in the same bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Value, dialect: Dialect) -> bytes:
        """The byte form. Raises :class:`sandbox.values.FrameError` for what is not a plain value."""
        return encode(value, _BOUNDS)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Value:
        """The value. Raises :class:`sandbox.values.FrameError` for damaged bytes."""
        assert value is not None, "these columns are never NULL"
        return decode(value, _BOUNDS)


def words(kind: type[enum.StrEnum]) -> Enum:
    """A column holding the value, not the name, of a member of ``kind``."""
    return Enum(
        kind, native_enum=False, length=16, values_callable=lambda members: [member.value for member in members]
    )
