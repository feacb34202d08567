"""Runs one job's code and gathers what is to be observed. Everything here happens in the learner's process."""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Callable, Mapping

import torch

from sandbox.cell.observation import from_value, to_value
from sandbox.protocol import Job, Program
from sandbox.values import Value

UPSTREAM = "upstream"
_MAX_MESSAGE = 600
_GRADIENT = re.compile(r"grad\((\w+)\)")

_ANSWER, _INPUTS = "<answer>", "<inputs>"

Payload = dict[str, Value]


class _StageError(Exception):
    """Code failed in ``stage``; the exception itself is the cause."""

    def __init__(self, stage: str, trial: int | None = None, names: tuple[str, ...] = ()) -> None:
        super().__init__(stage)
        self.stage = stage
        self.trial = trial
        self.names = names


def run(job: Job) -> Payload:
    """The result payload of a job: ``trials`` as far as they got, and ``failure`` or None."""
    trials: list[Value] = []
    try:
        _PROGRAMS[job.kind](job, trials)
    except _StageError as error:
        return {"trials": trials, "failure": _describe(error, job)}
    return {"trials": trials, "failure": None}


def _answer(job: Job, trials: list[Value]) -> None:
    entry = _define(job.source, job.entry)
    for index, inputs in enumerate(job.trials):
        trials.append(_observe_call(entry, inputs, job, index))


def _reference(job: Job, trials: list[Value]) -> None:
    entry = _define(job.source, job.entry)
    draw = _define(job.inputs, "inputs", module="inputs")
    for index, seed in enumerate(job.seeds):
        inputs = _draw(draw, seed, index)
        observed = _observe_call(entry, inputs, job, index)
        trials.append({"inputs": inputs, "observed": observed, "observed64": _in_double(entry, inputs, job)})


def _expression(job: Job, trials: list[Value]) -> None:
    namespace = _execute(job.source, "answer")
    try:
        value = eval(compile(job.expression, "<expression>", "eval"), namespace)  # noqa: S307 (this is the sandbox)
        trials.append({"value": to_value(value)})
    except BaseException as error:
        raise _StageError("observe") from error


_PROGRAMS: Mapping[Program, Callable[[Job, list[Value]], None]] = {
    Program.ANSWER: _answer,
    Program.REFERENCE: _reference,
    Program.EXPRESSION: _expression,
}


def _draw(draw: Callable[..., object], seed: int, trial: int) -> dict[str, Value]:
    try:
        inputs = to_value(draw(torch.Generator().manual_seed(seed)))
    except BaseException as error:
        raise _StageError("inputs", trial) from error
    if not isinstance(inputs, dict) or not inputs:
        raise _StageError("inputs", trial) from TypeError("inputs(generator) must return a dict of named inputs")
    return inputs


def _in_double(entry: Callable[..., object], inputs: Mapping[str, Value], job: Job) -> Value:
    # A solution may insist on float32; then the trial simply has no float64 witness.
    torch.set_default_dtype(torch.float64)
    try:
        return _observe_call(entry, inputs, job, 0, double=True)
    except _StageError:
        return None
    finally:
        torch.set_default_dtype(torch.float32)


def _define(source: str, name: str, module: str = "answer") -> Callable[..., object]:
    namespace = _execute(source, module)
    entry = namespace.get(name)
    if not callable(entry):
        raise _StageError("entry", names=_own_names(namespace)) from NameError(name)
    return entry


def _own_names(namespace: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(
        name for name, thing in namespace.items() if callable(thing) and getattr(thing, "__module__", "") == "answer"
    )[:10]


def _execute(source: str, name: str) -> dict[str, object]:
    try:
        code = compile(source, f"<{name}>", "exec", dont_inherit=True)
    except BaseException as error:
        raise _StageError("compile") from error
    # A real module, so that classes and dataclasses defined in it find themselves.
    module = types.ModuleType(name)
    sys.modules[name] = module
    module.__dict__["torch"] = torch
    try:
        exec(code, module.__dict__)  # noqa: S102 (this is the sandbox)
    except BaseException as error:
        raise _StageError("import") from error
    return module.__dict__


def _observe_call(
    entry: Callable[..., object],
    inputs: Mapping[str, Value],
    job: Job,
    trial: int,
    *,
    double: bool = False,
) -> dict[str, Value]:
    leaves = {item: match[1] for item in job.observe if (match := _GRADIENT.fullmatch(item))}
    try:
        given = {name: from_value(value, double=double) for name, value in inputs.items()}
        for leaf in leaves.values():
            given[leaf].requires_grad_(True)  # type: ignore[attr-defined]
    except BaseException as error:
        raise _StageError("inputs", trial) from error
    upstream = given.pop(UPSTREAM, None)
    try:
        result = _call(entry, given)
        if job.backward:
            _backward(result, upstream)
    except BaseException as error:
        raise _StageError("call", trial) from error
    try:
        return {
            item: to_value(given[leaves[item]].grad if item in leaves else result)  # type: ignore[attr-defined]
            for item in job.observe
        }
    except BaseException as error:
        raise _StageError("observe", trial) from error


def _call(entry: Callable[..., object], given: Mapping[str, object]) -> object:
    # Parameter names are the learner's own business: by name where they match, in order where they do not.
    try:
        inspect.signature(entry).bind(**given)
    except (TypeError, ValueError):
        return entry(*given.values())
    return entry(**given)


def _backward(result: object, upstream: object) -> None:
    if not isinstance(result, torch.Tensor):
        raise TypeError(f"the result is a {type(result).__name__}; a tensor is needed to call backward on")
    gradient = upstream if isinstance(upstream, torch.Tensor) else torch.ones_like(result)
    result.backward(gradient)


def _describe(stage: _StageError, job: Job) -> Value:
    error = stage.__cause__
    source, line, caret = _location(error)
    lines = (job.inputs if source == _INPUTS else job.source).splitlines()
    return {
        "stage": stage.stage,
        "type": type(error).__name__,
        "message": _message(error),
        "line": line,
        "text": lines[line - 1][:200] if line and line <= len(lines) else "",
        "caret": caret,
        "trial": stage.trial,
        "names": [name[:80] for name in stage.names],
    }


def _message(error: BaseException | None) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)[:_MAX_MESSAGE]
    try:
        return str(error)[:_MAX_MESSAGE]
    except BaseException:
        return "(its message could not be read)"


def _location(error: BaseException | None) -> tuple[str, int | None, int | None]:
    """The file name, line and caret of the innermost frame that is job source."""
    if isinstance(error, SyntaxError) and error.filename in {_ANSWER, _INPUTS}:
        return error.filename, error.lineno, error.offset
    found, line = _ANSWER, None
    traceback = error.__traceback__ if error else None
    while traceback:
        if traceback.tb_frame.f_code.co_filename in {_ANSWER, _INPUTS}:
            found, line = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
    return found, line, None
