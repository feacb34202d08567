"""Where code failed, in its own line numbers. Runs in the learner's process."""

from __future__ import annotations

from typing import TypeGuard

from sandbox.protocol import MAX_SOURCE, Job
from sandbox.values import Value

ANSWER, INPUTS, EXAMPLE_TEXT, PROBE, EXPRESSION = "<answer>", "<inputs>", "<example>", "<probe>", "<expression>"
"""The file names of a job's sources."""
MAX_NAME = 80
_MAX_MESSAGE, _MAX_LINE = 600, 200
_SOURCES = frozenset({ANSWER, INPUTS, EXAMPLE_TEXT, PROBE, EXPRESSION})
_OF_COMPILERS = (SyntaxError, IndentationError, TabError)


class StageError(Exception):
    """Code failed in ``stage``; the exception itself is the cause."""

    def __init__(self, stage: str, trial: int | None = None, names: tuple[str, ...] = ()) -> None:
        super().__init__(stage)
        self.stage = stage
        self.trial = trial
        self.names = names


def describe(stage: StageError, job: Job) -> Value:
    """The fields of a :class:`sandbox.protocol.Failure`."""
    error = stage.__cause__
    source, line, caret = _location(error)
    return {
        # Under a probe no line of the learner's is at fault unless one of theirs was running.
        "stage": "probe" if job.probe and stage.stage == "call" and source != ANSWER else stage.stage,
        "type": name_of(error),
        "message": _message(error),
        "line": line,
        "text": _line(job, source, line, stage.trial)[:_MAX_LINE],
        "caret": caret,
        "trial": stage.trial,
        "names": [name[:MAX_NAME] for name in stage.names],
    }


def _line(job: Job, source: str | None, line: int | None, trial: int | None = None) -> str:
    expression = "".join(job.expressions[trial : trial + 1]) if trial is not None else ""
    texts = {
        ANSWER: job.source,
        INPUTS: job.inputs,
        EXAMPLE_TEXT: job.example,
        PROBE: job.probe,
        EXPRESSION: expression,
    }
    lines = texts.get(source or "", "").splitlines()
    return lines[line - 1] if line and 0 < line <= len(lines) else ""


def told(error: Exception, job: Job) -> str:
    """``"Type: message"``, with the line that raised in place of an empty message."""
    # A failed assert has no message of its own.
    source, line, _ = _location(error)
    message = _message(error) or (_line(job, source, line).strip() if source == ANSWER else "")
    return f"{name_of(error)}: {message}"[:_MAX_MESSAGE]


def name_of(thing: object) -> str:
    """The name of a thing's class, short and plain whatever that class says of itself."""
    # By the bases' own methods: a metaclass, or text of a kind of its own, may say otherwise, or raise.
    return str.__str__(type.__dict__["__name__"].__get__(type(thing)))[:MAX_NAME]


def _message(error: BaseException | None) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
        return str.__getitem__(text, slice(_MAX_MESSAGE))  # what says how it reads may be no plain text either
    except BaseException:
        return "(its message could not be read)"


def _location(error: BaseException | None) -> tuple[str | None, int | None, int | None]:
    """The file name, line and caret of the innermost frame that is the answer's, or else of any job source."""
    # Only what a compiler raised, or looks just like it: a subclass may have anything in these places.
    if _is_compilers(error) and _plain(error):
        return error.filename, error.lineno, _placed(error.offset)
    found: str | None = None
    line = None
    # By the base's own attribute, as a name is: Python makes what stands there, but for the text that names a file.
    traceback = BaseException.__dict__["__traceback__"].__get__(error) if error else None
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if type(file) is str and file in _SOURCES and (file == ANSWER or found != ANSWER):
            found, line = file, traceback.tb_lineno
        traceback = traceback.tb_next
    return found, _placed(line), None


def _is_compilers(error: BaseException | None) -> TypeGuard[SyntaxError]:
    # No isinstance and no search: a class of its own can answer both, with anything.
    return any(type(error) is kind for kind in _OF_COMPILERS)


def _plain(error: SyntaxError) -> bool:
    return type(error.filename) is str and error.filename in _SOURCES and _placed(error.lineno) is not None


def _placed(number: object) -> int | None:
    """A line or column that a source can have, both counted from 1."""
    return number if type(number) is int and 0 < number <= MAX_SOURCE else None
