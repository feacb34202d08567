"""Reads what a learner sent: source code, a value, or a choice. Kind to the format, never to the content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core import code_text
from bot.core.questions import Option
from bot.core.typed import Answer, NotAValue, parse_typed
from sandbox.protocol import MAX_SOURCE
from sandbox.values import Value

__all__ = ["LETTERS", "MAX_VALUE", "Answer", "Unreadable", "read_choice", "read_code", "read_value"]

LETTERS = "ABCDEF"
"""What the options of a choice are called, in the order a learner sees them."""

MAX_VALUE = 4096
"""Bytes of a typed value; a longer one is refused before it is looked at."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing that could be judged. ``message`` tells the learner why and what to do; it may quote them."""

    message: str


_HOW_TO_SEND_CODE = "Send the whole function, such as: def f(x): return x * 2"
_ONE_LINE = "The line breaks of your code are gone, as they are in a slash command. Press Answer for a form."
_STATEMENT = re.compile(r"(?:import|from|def|class|@|async)\b")
_INDENTED = re.compile(r"(?<! ) {2,}(?=[^ ])")
_HOW_TO_TYPE_A_VALUE = "Type it like [4, 6], 0.333, None, True or RuntimeError."


def read_code(raw: str | bytes) -> str | Unreadable:
    """The Python source in ``raw`` (chat text or a file); at most :data:`MAX_SOURCE` bytes are looked at.

    Fences, prompts, stray indentation, curled quotes, escapes and sentences around the code are taken away. Code that
    is broken is still code: the cell reports its line.
    """
    if len(raw) > MAX_SOURCE:
        return _too_large(len(raw.encode("utf-8", "replace")) if isinstance(raw, str) else len(raw))
    text = _decoded(raw)
    if isinstance(text, Unreadable):
        return text
    text = code_text.clean(text)
    if not text.strip():
        return Unreadable(f"Your answer is empty. {_HOW_TO_SEND_CODE}")
    source = _source(text)
    if source is None:
        return Unreadable(f"I found no code in your answer. {_HOW_TO_SEND_CODE}")
    if _has_lost_breaks(source):
        return Unreadable(_ONE_LINE)
    size = len(source.encode())
    return _too_large(size) if size > MAX_SOURCE else source


def _has_lost_breaks(source: str) -> bool:
    """Whether ``source`` is several lines on one: what was indentation stands between the statements."""
    line = source.strip()
    return "\n" not in line and bool(_STATEMENT.match(line)) and len(_INDENTED.findall(line.partition(":")[2])) > 1


def _decoded(raw: str | bytes) -> str | Unreadable:
    if isinstance(raw, str):
        # A lone surrogate cannot be stored or sent on; as "?" it is reported like any other misplaced character.
        text = raw.encode("utf-8", "replace").decode()
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return Unreadable("Your file is not UTF-8 text. Save it as UTF-8 and send it again.")
    if "\0" in text:
        return Unreadable("Your answer holds NUL bytes, so it is not UTF-8 text. Save it as UTF-8 and send it again.")
    return text


def _source(text: str) -> str | None:
    blocks = code_text.blocks(text)
    if blocks is None:
        source = code_text.without_prose(code_text.plain(code_text.without_wrapping(text)))
        source = source if code_text.looks_like_code(source) else ""
    else:
        source = "\n".join(code_text.plain(block).strip("\n") for block in blocks)
        source = code_text.without_wrapping(source)
    return source.strip("\n") + "\n" if source.strip() else None


def _too_large(size: int) -> Unreadable:
    limit = _in_words(MAX_SOURCE)
    return Unreadable(
        f"Your answer is {_in_words(size)}; at most {limit} fit. Send only the code the question asks for."
    )


def _in_words(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{size / 1024:.1f} kB"


# --- values ------------------------------------------------------------------------------------------------

_PLAIN_SIGNS = str.maketrans("“”„‟‘’‚‛−–‑", "\"\"\"\"''''---") | {ord("∞"): "inf"}
_LABEL = re.compile(r"(?=[^\W\d])[\w./∂' \[\]₀-₉]{1,60}?(?:==?|:|\b(?:is|are|equals|gives|prints)\b)\s*")
_LEAD_IN = frozenset(
    {"a", "an", "it", "the", "raises", "raise", "throws", "gives", "error", "is", "with", "you", "get"}
)
_TORCHS = re.compile(
    r"<?(\w+Backward\d*|AccumulateGrad)\b.*"
    r"|torch\.\w+|b?float\d+\w*|u?int\d+|complex\d+|bool|half|double|long|short|strided|sparse\w*|cpu|cuda|meta",
    re.DOTALL,
)
_EXCEPTION_ENDS = ("Error", "Exception", "Warning", "StopIteration", "KeyboardInterrupt")


def read_value(raw: str) -> Answer | Unreadable:
    """The value ``raw`` spells, at most :data:`MAX_VALUE` bytes of it: what Python, torch or a person would write."""
    if len(raw) > MAX_VALUE or len(raw.encode("utf-8", "replace")) > MAX_VALUE:
        return Unreadable(f"Your answer is longer than {MAX_VALUE} bytes; a value is shorter. {_HOW_TO_TYPE_A_VALUE}")
    text = _bare(raw)
    if not text:
        return Unreadable(f"Your answer is empty. {_HOW_TO_TYPE_A_VALUE}")
    if name := _exception_name(text):
        return Answer(name, 0.0)
    label = _LABEL.match(text)
    try:
        return _parsed(text[label.end() :].strip() if label and text[label.end() :].strip() else text)
    except NotAValue as error:
        return Unreadable(f"I could not read a value in your answer. {error} {_HOW_TO_TYPE_A_VALUE}")


def read_answer(raw: str, solution: str) -> Answer | Unreadable:
    """As :func:`read_value`, but a word that names nothing of Python's or torch's is a slip, and no attempt.

    Unless the right value, ``solution``, is another such word. Whether it is a known name, a refusal does not tell.
    """
    read, right = read_value(raw), read_value(solution)
    if (
        isinstance(read, Unreadable)
        or _is_known(read.value)
        or (isinstance(right, Answer) and not _is_known(right.value))
    ):
        return read
    return Unreadable(f"“{str(read.value)[:40]}” names no value I know of. {_HOW_TO_TYPE_A_VALUE}")


def _is_known(value: Value) -> bool:
    """Whether it is no word at all, or one of Python's or torch's."""
    return not isinstance(value, str) or value.endswith(_EXCEPTION_ENDS) or bool(_TORCHS.fullmatch(value))


def _bare(raw: str) -> str:
    text = code_text.clean(raw)
    blocks = code_text.blocks(text)
    text = "\n".join(blocks) if blocks else text
    return _unended(text.translate(_PLAIN_SIGNS).replace("`", " ").removeprefix(">>> "))


def _unended(text: str) -> str:
    text = text.strip().lstrip("≈~ ").removeprefix("Parameter containing:").strip()
    # "[4, 6]." ends a sentence; "4." is a number.
    return text[:-1].rstrip() if text[-2:-1] in {"]", ")", "}", '"', "'"} and text.endswith((".", "!")) else text


def _exception_name(text: str) -> str:
    """The exception in ``RuntimeError``, ``raises a RuntimeError``, ``RuntimeError: element 0 ...`` or a traceback."""
    line = text.rsplit("\n", 1)[-1] if text.startswith("Traceback") else text
    for word in re.findall(r"[\w.]+", line, re.ASCII):
        if word.rstrip(".").endswith(_EXCEPTION_ENDS):
            return "" if line.startswith(("[", "(")) else word.rstrip(".")
        if word.lower() not in _LEAD_IN:
            return ""
    return ""


def _parsed(text: str) -> Answer:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        try:
            return parse_typed(text[1:-1])
        except NotAValue:
            return Answer(text[1:-1], 0.0)
    return parse_typed(text)


# --- choices -----------------------------------------------------------------------------------------------

_LETTER = re.compile(
    r"(?:(?:the )?(?:option|answer|choice)(?: is)?[\s:]*)?"  # said before it
    r"[([*`]*([a-z])[])*`.:!]*"
    r"(?:\s*·)?(?:\s+(.*))?",  # its text after it
    re.DOTALL,
)


def read_choice(raw: str, options: Sequence[Option]) -> Option | Unreadable:
    """The option ``raw`` names by its letter (``B``, ``(b)``, ``option B``), by its text, or by both.

    ``options`` are in the order the learner sees. A lone letter that is also the text of another option is ambiguous.
    """
    if len(raw) > MAX_VALUE:
        return Unreadable(f"Your answer is longer than {MAX_VALUE} characters. {_how_to_choose(options)}")
    said = comparable(raw)
    if not said:
        return Unreadable(f"Your answer is empty. {_how_to_choose(options)}")
    alike = [option for option in options if comparable(option.text) == said]
    named = alike[0] if len(alike) == 1 else None
    lettered = _by_letter(_spaced(raw), options)
    if named is None or lettered is None or named == lettered:
        return named or lettered or Unreadable(f"I could not find that among the options. {_how_to_choose(options)}")
    if len(said) > 1:
        return named
    letter, other = LETTERS[options.index(lettered)], LETTERS[options.index(named)]
    return Unreadable(
        f"{said} could be the option with the letter {letter} or the one that reads {said}, which is {other}. "
        f"Write “option {letter}” or “option {other}”."
    )


def _by_letter(said: str, options: Sequence[Option]) -> Option | None:
    match = _LETTER.fullmatch(said)
    index = LETTERS.find(match[1].upper()) if match else -1
    if match is None or not 0 <= index < len(options):
        return None
    rest = comparable(match[2] or "")
    return options[index] if not rest or rest == comparable(options[index].text) else None


def _how_to_choose(options: Sequence[Option]) -> str:
    letters = LETTERS[: len(options)]
    return f"Answer with one of the letters {', '.join(letters[:-1])} and {letters[-1]}."


def _spaced(text: str) -> str:
    """``text`` on one line, in lower case, with plain quotes."""
    return " ".join(code_text.clean(text).translate(_PLAIN_SIGNS).casefold().split())


def comparable(text: str) -> str:
    """``text`` as a person may type it: without the signs around code and quotations, and without a full stop."""
    return re.sub(r"[`\\\"']", "", _spaced(text)).strip().rstrip(".!")
