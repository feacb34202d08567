"""A row as it is stored, and as JSON can hold it."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table, TableClause, Text, column, table
from sqlalchemy.types import TypeEngine

from bot.store.codec import PlainValue, UtcTime

_KINDS: dict[type[TypeEngine[Any]], tuple[TypeEngine[Any], type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    Integer: (Integer(), int, int, int),
    Boolean: (Boolean(), bool, bool, bool),
    Date: (Date(), str, date.isoformat, date.fromisoformat),
    UtcTime: (UtcTime(), str, datetime.isoformat, datetime.fromisoformat),
    PlainValue: (
        LargeBinary(),
        str,
        lambda value: base64.b64encode(value).decode(),
        lambda text: base64.b64decode(text, validate=True),
    ),
}
"""How each kind of column is selected, what it is in JSON, and the way there and back; whatever else is text."""
_TEXT = (Text(), str, str, str)


@functools.cache
def raw(of: Table) -> TableClause:
    """The table with its columns as they are stored: documents are texts, values are bytes."""
    return table(of.name, *(column(each.name, _kind(each)[0]) for each in of.c))


def packed(of: Table, row: Sequence[Any]) -> list[Any]:
    """A row of :func:`raw` as JSON can hold it."""
    return [None if value is None else _kind(each)[2](value) for each, value in zip(of.c, row, strict=True)]


def unpacked(of: Table, row: list[Any]) -> dict[str, Any]:
    """The values of :func:`raw` again. Raises ValueError or TypeError for what was never packed."""
    return {each.name: _value(each, value) for each, value in zip(of.c, row, strict=True)}


def _value(of: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    _, kind, _, back = _kind(of)
    if type(value) is not kind:
        raise TypeError(of.name)
    return back(value)


def _kind(of: Column[Any]) -> tuple[TypeEngine[Any], type, Callable[[Any], Any], Callable[[Any], Any]]:
    return _KINDS.get(type(of.type), _TEXT)
