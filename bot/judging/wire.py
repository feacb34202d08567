"""How the service and its judges talk: messages of plain values, over a socket pair each with its length before it.

The same byte form as between judge and cell (:mod:`sandbox.values`): nothing that is read here can become code.
"""

from __future__ import annotations

import asyncio
import functools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.core.proving.proof import Proof
from bot.core.questions import Mistake, Question, Trial, Unsound
from bot.core.verdicts import Verdict
from bot.ports import JudgeUnavailable
from bot.shapes import read_json
from sandbox.protocol import Ending, Failure, Report
from sandbox.values import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, Bounds, FrameError, Value, decode, encode

_QUESTION = TypeAdapter(Question)
_VERDICT = TypeAdapter(Verdict)
_PROOF = TypeAdapter(Proof)
_FAILURE: TypeAdapter[Failure | None] = TypeAdapter(Failure | None)
_LENGTH = struct.Struct("<I")
# More room than a cell has in every respect: what one handed over must always fit into a message.
_BOUNDS = Bounds(bytes=4 * MAX_BYTES, text=1 << 20, items=8 * MAX_ITEMS, depth=MAX_DEPTH + 4)

_KEPT = 16
"""Lists of trials kept at hand: about as many as questions that are being answered at a time."""

Message = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Fields:
    """A received message, read by name. Raises :class:`FrameError` for what is missing or of another type."""

    raw: Message

    def text(self, name: str) -> str:
        """A text field."""
        value = self.raw.get(name)
        if not isinstance(value, str):
            raise FrameError(f"{name} is not text")
        return value

    def number(self, name: str) -> int:
        """A whole-number field."""
        value = self.raw.get(name)
        if not isinstance(value, int):
            raise FrameError(f"{name} is not a number")
        return value

    def flag(self, name: str) -> bool:
        """A yes or no."""
        value = self.raw.get(name)
        if not isinstance(value, bool):
            raise FrameError(f"{name} is neither true nor false")
        return value

    def sequence(self, name: str) -> Sequence[Value]:
        """A list field."""
        value = self.raw.get(name)
        if not isinstance(value, list):
            raise FrameError(f"{name} is not a list")
        return value

    def mapping(self, name: str) -> Message:
        """A dict field."""
        value = self.raw.get(name)
        if not isinstance(value, dict):
            raise FrameError(f"{name} is not a dict")
        return value

    def question(self) -> Question:
        """The ``question`` field."""
        return _question(self.text("question"))

    def verdict(self) -> Verdict:
        """The ``verdict`` field."""
        return read_json(_VERDICT, self.text("verdict"))

    def proof(self) -> Proof:
        """The ``proof`` field."""
        return read_json(_PROOF, self.text("proof"))

    def unsound(self, name: str) -> Unsound:
        """Why a question was refused."""
        inner = Fields(self.mapping(name))
        return Unsound(inner.text("what"), inner.text("mend"))

    def trials(self, name: str) -> tuple[Trial, ...]:
        """A list of trials."""
        return tuple(_trial(item) for item in self.sequence(name))

    def packed_trials(self, name: str) -> tuple[Trial, ...]:
        """A list of trials that was packed beforehand."""
        value = self.raw.get(name)
        if not isinstance(value, bytes):
            raise FrameError(f"{name} is not packed")
        return _unpacked(value)

    def report(self) -> Report:
        """The ``report`` field."""
        inner = Fields(self.mapping("report"))
        trials = inner.sequence("trials")
        return Report(
            ending=Ending(inner.text("ending")),
            trials=tuple(trial for trial in trials if isinstance(trial, dict)),
            failure=read_json(_FAILURE, inner.text("failure")),
            output=inner.text("output"),
            detail=inner.text("detail"),
            wall_ms=float(inner.number("wall_us")) / 1000,
        )


def plain_question(question: Question) -> str:
    """A question as a field."""
    return _QUESTION.dump_json(question).decode()


def plain_verdict(verdict: Verdict) -> str:
    """A verdict as a field."""
    return _VERDICT.dump_json(verdict).decode()


def plain_proof(proof: Proof) -> str:
    """A proof as a field."""
    return _PROOF.dump_json(proof).decode()


def plain_unsound(unsound: Unsound) -> Message:
    """Why a question is refused, as a field."""
    return {"what": unsound.what, "mend": unsound.mend}


def plain_trials(trials: Sequence[Trial]) -> list[Value]:
    """Trials as a field."""
    return [
        {
            "id": trial.id,
            "inputs": trial.inputs,
            "expected": trial.expected,
            "noise": trial.noise,
            "mistakes": [{"observed": mistake.observed, "error": mistake.error} for mistake in trial.mistakes],
        }
        for trial in trials
    ]


class Packer:
    """Packs lists of trials that are sent again and again; the last few are kept as they were packed."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Sequence[Trial], bytes]] = {}

    def pack(self, trials: Sequence[Trial]) -> bytes:
        """Trials as a field, for :meth:`Fields.packed_trials`; the sequence must not change."""
        # What is kept is not freed, so that no other sequence can have its number.
        kept = self._kept.pop(id(trials), None) or (trials, encode(plain_trials(trials), _BOUNDS))
        self._kept[id(trials)] = kept
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return kept[1]


@functools.lru_cache(_KEPT)
def _question(text: str) -> Question:
    return read_json(_QUESTION, text)


@functools.lru_cache(_KEPT)
def _unpacked(packed: bytes) -> tuple[Trial, ...]:
    value = decode(packed, _BOUNDS)
    if not isinstance(value, list):
        raise FrameError("packed trials are a list")
    return tuple(map(_trial, value))


def plain_report(report: Report) -> Message:
    """A report as a field."""
    return {
        "ending": report.ending.value,
        "trials": report.trials,
        "failure": _FAILURE.dump_json(report.failure).decode(),
        "output": report.output,
        "detail": report.detail,
        "wall_us": round(report.wall_ms * 1000),
    }


def _trial(raw: Value) -> Trial:
    if not isinstance(raw, dict):
        raise FrameError("a trial is a dict")
    fields = Fields(raw)
    noise = {name: float(value) for name, value in fields.mapping("noise").items() if isinstance(value, (int, float))}
    mistakes = tuple(_mistake(item) for item in fields.sequence("mistakes"))
    return Trial(fields.mapping("inputs"), fields.mapping("expected"), noise, fields.number("id"), mistakes)


def _mistake(raw: Value) -> Mistake:
    if not isinstance(raw, dict):
        raise FrameError("a mistake is a dict")
    fields = Fields(raw)
    return Mistake(fields.mapping("observed"), fields.text("error"))


def judging(question: Question, code: str, scoring: Sequence[Trial], public: bytes) -> Message:
    """What a judge needs in order to judge; ``public`` is packed."""
    return {
        "verb": "judge",
        "question": plain_question(question),
        "code": code,
        "scoring": plain_trials(scoring),
        "public": public,
    }


def running_example(question: Question, code: str, example: Trial) -> Message:
    """What it needs in order to run the example."""
    return {
        "verb": "run_example",
        "question": plain_question(question),
        "code": code,
        "public": plain_trials([example]),
    }


def drawing(question: Question, seeds: Sequence[int], *, with_mistakes: bool) -> Message:
    """What it needs in order to draw trials."""
    return {
        "verb": "draw_trials",
        "question": plain_question(question),
        "seeds": list(seeds),
        "with_mistakes": with_mistakes,
    }


def proving(question: Question) -> Message:
    """What it needs in order to prove a question."""
    return {"verb": "prove", "question": plain_question(question)}


def asking_version() -> Message:
    """What asks which torch its cells have."""
    return {"verb": "torch_version"}


def raise_error(fields: Fields) -> None:
    """Raise :class:`JudgeUnavailable` or :class:`Unsound` where that is the answer."""
    if "unavailable" in fields.raw:
        raise JudgeUnavailable(fields.text("unavailable"))
    if "refused" in fields.raw:
        raise fields.unsound("refused")


async def receive(reader: asyncio.StreamReader) -> Fields | None:
    """The next message, or None at the end of the stream. Raises :class:`FrameError`."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > _BOUNDS.bytes:
            raise FrameError(f"a message of {length} bytes")
        return read(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def read(body: bytes) -> Fields:
    """A message from the form it is kept in. Raises :class:`FrameError`."""
    value = decode(body, _BOUNDS)
    if not isinstance(value, dict):
        raise FrameError("a message is a dict")
    return Fields(value)


def written(message: Message) -> bytes:
    """A message in the form it is kept in. Raises :class:`FrameError` when it is too large."""
    return encode(message, _BOUNDS)


def pack(message: Message) -> bytes:
    """One message in the form it is sent in. Raises :class:`FrameError` when it is too large."""
    body = written(message)
    return _LENGTH.pack(len(body)) + body


def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Queue one message. Raises :class:`FrameError` when it is too large."""
    writer.write(pack(message))
