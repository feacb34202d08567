"""From what was typed or piped in to a :class:`Command`, without touching the terminal."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.core.code_text import looks_like_code
from bot.core.commands import MAX_ARGUMENT, VERBS, Command, most_bytes, parse, reads_as_answer, suggestion
from bot.platforms.files import Unreadable, not_utf8, refuse_larger, text_in, too_large

MAX_LINE = MAX_ARGUMENT + 1024  # a whole answer on one line, with its verb
NOT_UTF8 = not_utf8("That")
TOO_LONG = too_large("That", "answer")
_LEAVING = frozenset({"quit", "exit", "/quit", "/exit", ":q"})
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})([^`]*)")
_FILE_NAME = re.compile(r"\S.*\.(py|txt|md)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refused:
    """Input that cannot become a command; ``message`` says why and what to do. Nothing was submitted."""

    message: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The person wants to go."""


@dataclass(frozen=True, slots=True)
class Bare:
    """Code without a verb before it: ``text`` was not submitted."""

    text: str


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A block whose closing fence has not come: ``text`` so far, meant for ``verb``."""

    verb: str
    fence: str
    text: str

    @property
    def complaint(self) -> str:
        """What to say where no more input can come."""
        return (
            f"The fence {self.fence} was never closed, so nothing was submitted. End the code with a line {self.fence}"
        )


Said: TypeAlias = Command | Refused | Leave | Bare
Line: TypeAlias = str | Refused


class LineSplitter:
    """Bytes in, lines out; keeps at most :data:`MAX_LINE` bytes of any line, whatever arrives."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._overlong = False

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that ``chunk`` completes, without their ends."""
        *complete, rest = chunk.split(b"\n")
        for part in complete:
            self._keep(part)
            yield self._take()
        self._keep(rest)

    def end(self) -> Iterator[Line]:
        """The last line, if it has no end."""
        if self._kept or self._overlong:
            yield self._take()

    def _keep(self, part: bytes) -> None:
        room = MAX_LINE - len(self._kept)
        self._overlong |= len(part) > room
        self._kept += part[:room]

    def _take(self) -> Line:
        raw, overlong = bytes(self._kept), self._overlong
        self._kept.clear()
        self._overlong = False
        if overlong:
            return Refused(TOO_LONG)
        try:
            return raw.decode("utf-8").removesuffix("\r").removeprefix("\ufeff")
        except UnicodeDecodeError:
            return Refused(NOT_UTF8)


class Reader:
    """Lines in, commands out; a fence makes several lines one command.

    ``form_verb`` is what a fence without a verb means: the verb of the last form, ``answer`` at first.
    """

    def __init__(self) -> None:
        self.form_verb = "answer"
        self._block: _Block | None = None
        self._bare = False

    def continues(self, line: Line) -> bool:
        """Whether ``line`` belongs to what came before: to an open fence, or to code without a verb."""
        if self._block is not None:
            return True
        return self._bare and isinstance(line, str) and isinstance(_heard(line, more=True), Bare)

    def feed(self, line: Line) -> Said | None:
        """What ``line`` says, or None for a blank line, or where it only goes on with what came before."""
        if self._block is not None:
            if not self._block.closes(line):
                return None
            said, self._block = self._block.said(), None
            return said
        if isinstance(line, Refused) or not line.strip():
            return line if isinstance(line, Refused) else None
        if self.continues(line):
            return None
        self._bare = False
        if self._opens(line):
            return None
        said = _heard(line)
        self._bare = isinstance(said, Bare)
        return said

    def unclosed(self) -> Unclosed | None:
        """The block whose fence is still open at the end of input, if any; the reader lets go of it."""
        block, self._block = self._block, None
        return Unclosed(block.verb, block.fence, block.text) if block else None

    def _opens(self, line: str) -> bool:
        command = parse(line)
        asks = command.verb in VERBS and VERBS[command.verb].opens_form
        fence = _FENCE.fullmatch(command.argument if asks else line)
        if fence is None:
            return False
        self._block = _Block(command.verb if asks else self.form_verb, fence[1])
        # One word after a fence names the language; more than that is the first line of code.
        if len(fence[2].split()) > 1:
            self._block.closes(fence[2].strip())
        return True


class _Block:
    """The lines between two fences, as many bytes of them as the verb takes."""

    def __init__(self, verb: str, fence: str) -> None:
        self.verb = verb
        self.fence = fence
        self._lines: list[str] = []
        self._size = 0
        self._fault: Refused | None = None

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def closes(self, line: Line) -> bool:
        """Whether ``line`` is the closing fence; any other line is kept."""
        if isinstance(line, Refused):
            self._fault = self._fault or line
            return False
        bare = line.strip()
        if bare.startswith(self.fence) and not bare.strip(self.fence[0]):
            return True
        self._size += len(line.encode("utf-8", "surrogatepass")) + 1
        if self._size > most_bytes(self.verb):
            self._fault = self._fault or Refused(too_large("That", self.verb))
            self._lines.clear()
        else:
            self._lines.append(line)
        return False

    def said(self) -> Said:
        if self._fault is None and not self.text.strip():
            return Refused("There is nothing between the fences, so nothing was submitted.")
        return self._fault or _checked(Command(self.verb, self.text))


def _heard(text: str, *, more: bool = False) -> Said:
    """What a complete text says; with ``more`` it may be the next line of code. No file is read yet."""
    if text.strip().lower() in _LEAVING:
        return Leave()
    said = _checked(parse(text))
    is_unknown = isinstance(said, Command) and said.verb == "unknown" and not _FENCE.fullmatch(text)
    if is_unknown and ((more and text[0].isspace()) or _is_code(text)):
        return Bare(text)
    return said


def _is_code(text: str) -> bool:
    return not suggestion(text) and not reads_as_answer(text) and looks_like_code(text)


def pasted(text: str) -> list[str]:
    """The lines to feed for a text that arrived in one go: code stays in one piece, after a verb or without one."""
    lines = text.split("\n")
    command = parse(text.lstrip().partition("\n")[0])
    takes_code = command.verb in VERBS and VERBS[command.verb].opens_form
    if takes_code and not _FENCE.fullmatch(command.argument):
        return [text]
    fenced = any(_FENCE.fullmatch(line) for line in lines)
    return [text] if not fenced and isinstance(_heard(text), Bare) else lines


def submitted(verb: str, text: str) -> Said:
    """What the text of a form says; fences around it, or only after it, are taken off."""
    lines = text.strip("\n").split("\n")
    if len(lines) > 1 and closes_form(text):
        lines.pop()
        if _FENCE.fullmatch(lines[0]):
            lines.pop(0)
    body = "\n".join(lines)
    if not body.strip():
        return Refused("The form was empty, so nothing was submitted.")
    return _checked(Command(verb, body))


def closes_form(text: str) -> bool:
    """Whether the last line of ``text`` is a fence that ends it, not one that begins it."""
    *before, last = text.rstrip().split("\n")
    fence = _FENCE.fullmatch(last.strip())  # however far it is indented
    return bool(fence and not fence[2].strip() and any(line.strip() for line in before))


def _checked(command: Command) -> Said:
    try:
        size = len(command.argument.encode("utf-8"))
    except UnicodeEncodeError:  # the terminal hands on bytes that are not UTF-8 as lone surrogates
        return Refused(NOT_UTF8)
    return command if size <= most_bytes(command.verb) else Refused(too_large("That", command.verb))


def with_file(command: Command, folder: Path) -> Command | Refused:
    """``command`` with the contents of the file its argument names, if it names one; relative to ``folder``."""
    name = command.argument.strip().strip("'\"")
    names_file = "\n" not in name and _FILE_NAME.fullmatch(name)
    if not names_file or command.verb not in VERBS or not VERBS[command.verb].opens_form:
        return command
    try:
        path = folder / Path(name).expanduser()
        status = path.stat()
    except (OSError, RuntimeError, ValueError):
        return _missing(name, command)
    if not stat.S_ISREG(status.st_mode):
        return Refused(f"{name} is not a file, so nothing was submitted.")
    return _read(path, name, command.verb, status.st_size)


def _missing(name: str, command: Command) -> Command | Refused:
    # Prose that happens to end in a file's name is an answer like any other.
    if len(name.split()) > 1:
        return command
    return Refused(f"There is no file {name} here, so nothing was submitted.")


def _read(path: Path, name: str, verb: str, size: int) -> Command | Refused:
    try:
        refuse_larger(size, verb, name)
        with path.open("rb") as file:
            raw = file.read(most_bytes(verb) + 1)
        return Command(verb, text_in(raw, verb, name))
    except OSError as error:
        return Refused(f"{name} could not be read ({error.strerror}), so nothing was submitted.")
    except Unreadable as fault:
        return Refused(str(fault))
