"""What the judge and a cell say to each other: jobs in, reports out.

Nothing here is a verdict; :class:`Report` says what happened, and whoever compares values decides what it means.
:mod:`sandbox.frames` carries both. Standard library only.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.values import MAX_BYTES, Bounds, FrameError, Value, decode, encode

MAX_SOURCE = 64 * 1024
"""Bytes of one source text; a longer answer is refused before it reaches a cell."""
MAX_OUTPUT = 64 * 1024
"""Bytes of captured output kept; printing more ends the run with :attr:`Ending.OUTPUT_LIMIT`."""

EXAMPLE = -1
"""The seed that stands for the author's example instead of a draw."""

JOB = Bounds(text=MAX_SOURCE)


class SandboxFault(Exception):
    """Our side failed: a dead cell, a silent engine, a broken control frame. Never the learner's doing."""


class Program(enum.StrEnum):
    """Which program a job runs."""

    ANSWER = "answer"  # a learner's code, called once per trial
    REFERENCE = "reference"  # an author's solution on freshly drawn inputs
    EXPRESSION = "expression"  # a snippet, then expressions of it


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run: wall clock in milliseconds, output and result in bytes."""

    wall_ms: int = 5_000
    output_bytes: int = MAX_OUTPUT
    result_bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class Job:
    """One run in a cell.

    ``source`` is the code, ``entry`` the name called with one trial's inputs as keyword arguments.
    ``observe`` lists what is read after the call: ``"result"`` and ``"grad(NAME)"``; an input so named is made a
    leaf that requires grad, and with ``backward`` set ``result.backward(gradient)`` runs first, the gradient
    being the input ``upstream`` where there is one, otherwise ones.
    Where there is a ``probe`` (source of ``probe(entry, **inputs) -> dict``) it drives the entry instead: it gets all
    inputs as they are, and ``observe`` names what is read from its dict.
    An :attr:`Program.REFERENCE` job carries ``inputs`` (source of ``inputs(generator)``) and one ``seeds`` entry
    per trial instead of ``trials``; the seed :data:`EXAMPLE` takes the dict ``example`` evaluates to, with ``torch``.
    An :attr:`Program.EXPRESSION` job carries ``expressions``, evaluated in turn where ``source`` ran.
    """

    kind: Program
    source: str
    entry: str = ""
    observe: tuple[str, ...] = ("result",)
    backward: bool = False
    trials: tuple[Mapping[str, Value], ...] = ()
    inputs: str = ""
    seeds: tuple[int, ...] = ()
    probe: str = ""
    example: str = ""
    expressions: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def encode(self) -> bytes:
        """The body of a JOB frame. Raises :class:`FrameError` when it exceeds what a cell accepts."""
        body: dict[str, Value] = {
            "kind": self.kind.value,
            "source": self.source,
            "entry": self.entry,
            "observe": self.observe,
            "backward": self.backward,
            "trials": self.trials,
            "inputs": self.inputs,
            "seeds": self.seeds,
            "probe": self.probe,
            "example": self.example,
            "expressions": self.expressions,
        }
        return encode(body, JOB)

    @classmethod
    def decode(cls, raw: bytes) -> Job:
        """The job in the body of a JOB frame, without its limits. Raises :class:`FrameError`."""
        body = decode(raw, JOB)
        try:
            assert isinstance(body, dict)
            body["kind"] = Program(body["kind"])
            for key in ("observe", "trials", "seeds", "expressions"):
                body[key] = tuple(body[key])
            return cls(**body)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise FrameError("not a job") from error


class Ending(enum.StrEnum):
    """How a run ended, as seen from outside the learner's process."""

    COMPLETED = "completed"  # a frame arrived: values, or the exception the code raised
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    CRASHED = "crashed"  # a fatal signal, or an exit that left no frame
    FORBIDDEN = "forbidden operation"
    LOST_CELLS = "crashed the sandbox"  # two fresh cells died running it while their canaries passed


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception of the learner's code, in their own line numbers.

    ``stage`` is one of ``compile``, ``import`` (running the module's top level), ``entry`` (the name is missing or not
    callable), ``inputs`` (drawing or preparing them), ``call``, ``probe`` (the author's probe raised while none of the
    learner's lines ran), ``observe``. ``line`` is 1-based, ``text`` that line, ``caret`` a 1-based column; in the stage
    ``inputs`` they are of the inputs or the example, in ``probe`` of the probe.
    ``trial`` is the 0-based trial, or expression, it happened on; ``names`` are what the code defined instead of the
    entry.
    """

    stage: str
    type: str
    message: str
    line: int | None = None
    text: str = ""
    caret: int | None = None
    trial: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What the sandbox says about one run. ``trials`` are claims of an untrusted process: compare, never trust.

    Each trial maps an observation's name to its value; for a reference run to ``inputs``, ``observed`` and
    ``observed64`` (the same run in float64, or ``None`` where the solution does not allow it), and for an expression
    to its ``value`` and what it ``raised``: ``"Type: message"`` where the value is the exception's name, otherwise "".
    ``output`` is what was printed, decoded with replacement. ``detail`` names a signal or exit status.
    """

    ending: Ending
    trials: tuple[Mapping[str, Value], ...] = ()
    failure: Failure | None = None
    output: str = ""
    detail: str = ""
    wall_ms: float = 0.0
