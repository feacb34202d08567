"""Values as people type them: a small tokenizer and a bounded parser. Nothing is ever evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.values import Value

MAX_NESTING = 8
MAX_DIGITS = 300


class NotAValue(ValueError):
    """Text that is no value; the message is a sentence for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value as it was typed: numbers, booleans, names (as str), ``None``, or nested lists of these.

    ``units`` mirrors ``value``: for a number the unit of its last typed place (0.001 for ``0.333``, 0 for a fraction,
    which is exact), 0 for anything that is no number.
    """

    value: Value
    units: Value


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    spaced: bool  # whether white space stands before it


_TOKEN = re.compile(
    r"""
    (?P<space> \s++ )
    | (?P<number> [+-]?(?:[0-9][0-9_]*+(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?(?![\w.]) )
    | (?P<object> <[^<>]*+> )
    | (?P<string> "[^"]*+" | '[^']*+' )
    | (?P<name> [+-]?[A-Za-z_][\w.]*+ )
    | (?P<mark> [\[\](),;/=&] )
    """,
    re.VERBOSE | re.ASCII,
)
_WORDS: dict[str, Value] = {
    "none": None,
    "null": None,
    "true": True,
    "false": False,
    "nan": math.nan,
    "inf": math.inf,
    "infinity": math.inf,
}
_WRAPPERS = frozenset({"tensor", "array", "asarray", "parameter", "size", "list", "tuple", "float", "int", "bool"})
_CLOSERS = {"[": "]", "(": ")"}
_OBJECT = re.compile(r"<\s*(?:class\s+)?['\"]?([A-Za-z_][\w.]*+)", re.ASCII)


def parse_typed(text: str) -> Answer:
    """The value ``text`` spells: one value, or several, which make a list. Raises :class:`NotAValue`."""
    parser = _Parser(_tokens(text))
    items = parser.items("", 0)
    if not items:
        raise NotAValue("There is no value in it.")
    if len(items) > 1:
        parser.refuse_prose()
    return items[0] if len(items) == 1 else _listed(items)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, spaced = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            seen = "".join(filter(str.isprintable, text[position : position + 20].split()[0]))
            raise NotAValue(f"I read values, not expressions or sentences, and stopped at {seen!r}.")
        if match.lastgroup == "space":
            spaced = True
        else:
            tokens.append(_Token(str(match.lastgroup), match[0], spaced))
            spaced = False
        position = match.end()
    return tokens


def _listed(items: Sequence[Answer]) -> Answer:
    return Answer([item.value for item in items], [item.units for item in items])


class _Parser:
    def __init__(self, tokens: Sequence[_Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.loose_words = 0  # bare names that stand next to something without a comma

    def refuse_prose(self) -> None:
        if self.loose_words:
            raise NotAValue("It reads like a sentence; I can only compare a value.")

    def peek(self) -> _Token:
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return _Token("end", "", False)

    def take(self) -> _Token:
        token = self.peek()
        self.position += 1
        return token

    def items(self, closer: str, depth: int) -> list[Answer]:
        """Values up to ``closer`` (which is taken), separated by commas, white space or "and"."""
        if depth > MAX_NESTING:
            raise NotAValue(f"It nests deeper than {MAX_NESTING} brackets.")
        found: list[Answer] = []
        separated = True
        while (token := self.peek()).text != closer or token.kind == "string":
            if token.kind == "end":
                raise NotAValue(f"A closing {closer} is missing.")
            if self.separator():
                separated = True
                continue
            if not separated and not token.spaced and token.text not in {")", "]"}:
                raise NotAValue("Two values stand side by side; put a comma between them.")
            self.loose_words += token.kind == "name" and token.text.lower() not in _WORDS and not separated
            if not self.keyword_argument(depth):
                found.append(self.value(depth))
            separated = False
        self.position += 1
        return found

    def separator(self) -> bool:
        token = self.peek()
        if token.text in {",", ";", "&", "and"} and token.kind != "string":
            self.position += 1
            return True
        return False

    def keyword_argument(self, depth: int) -> bool:
        # tensor(..., grad_fn=<MulBackward0>): what follows the value says nothing about it.
        following = self.tokens[self.position + 1 : self.position + 2]
        if depth and self.peek().kind == "name" and following and following[0].text == "=":
            self.position += 2
            self.value(depth)
            return True
        return False

    def value(self, depth: int) -> Answer:
        token = self.take()
        match token.kind:
            case "number":
                return self.fraction(_number(token.text))
            case "object" if name := _OBJECT.match(token.text):
                return Answer(name[1], 0.0)
            case "string":
                return Answer(token.text[1:-1], 0.0)
            case "name" if self.peek().text == "(" and not self.peek().spaced:
                return self.wrapped(token.text, depth)
            case "name":
                return _name(token.text)
            case "mark" if token.text in _CLOSERS:
                return self.bracket(token.text, depth)
        raise NotAValue(
            f"A value is missing before {token.text!r}." if token.text else "A value is missing at the end."
        )

    def bracket(self, opener: str, depth: int) -> Answer:
        items = self.items(_CLOSERS[opener], depth + 1)
        # (4) is a number in brackets, (4,) is a tuple.
        single = opener == "(" and len(items) == 1 and self.tokens[self.position - 2].text != ","
        return items[0] if single else _listed(items)

    def wrapped(self, name: str, depth: int) -> Answer:
        kind = name.rpartition(".")[2].lower()
        if kind not in _WRAPPERS:
            raise NotAValue(f"I do not evaluate calls such as {name[:40]}(...); type the value it gives.")
        self.position += 1
        items = self.items(")", depth + 1)
        if len(items) > 1 and kind == "tensor":
            raise NotAValue("tensor(...) takes one value; put the numbers into [ ].")
        if not items:
            return Answer([], [])
        first = items[0] if len(items) == 1 else _listed(items)
        return _name(first.value) if kind == "float" and isinstance(first.value, str) else first

    def fraction(self, numerator: Answer) -> Answer:
        if self.peek().text != "/":
            return numerator
        self.position += 1
        token = self.take()
        if token.kind != "number":
            raise NotAValue("After / I expect a number.")
        top, bottom = numerator.value, _number(token.text).value
        assert isinstance(top, int | float)
        assert isinstance(bottom, int | float)
        if not bottom:
            raise NotAValue("That fraction divides by zero; type nan or inf if that is what you mean.")
        return Answer(float(top) / float(bottom), 0.0)


def _number(text: str) -> Answer:
    mantissa, _, exponent = text.lower().replace("_", "").partition("e")
    whole, point, decimals = mantissa.partition(".")
    if len(mantissa) > MAX_DIGITS or len(exponent) > MAX_DIGITS or math.isinf(float(text.replace("_", ""))):
        raise NotAValue("One of the numbers is too large or has too many digits.")
    unit = float(f"1e{int(exponent or 0) - len(decimals)}")
    if point or exponent:
        return Answer(float(text.replace("_", "")), unit)
    return Answer(int(whole), unit)


def _name(text: str) -> Answer:
    sign, bare = (text[0], text[1:]) if text[:1] in {"+", "-"} else ("", text)
    bare = bare.rstrip(".")
    word = bare.rpartition(".")[2].lower()
    if word not in _WORDS:
        if sign:
            raise NotAValue(f"{text[:40]} is not a number I know.")
        return Answer(bare, 0.0)
    value = _WORDS[word]
    if sign == "-" and isinstance(value, float):
        value = -value
    return Answer(value, 0.0)
