"""Runs one job's code and gathers what is to be observed. Everything here happens in the learner's process."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import types
from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch

from sandbox.cell.failing import ANSWER, EXAMPLE_TEXT, EXPRESSION, INPUTS, PROBE, StageError, describe, name_of, told
from sandbox.cell.observation import UnobservableError, from_value, to_value
from sandbox.protocol import EXAMPLE, Job, Program
from sandbox.values import Value

UPSTREAM = "upstream"
_MORE_THAN_NAMED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_GRADIENT = re.compile(r"grad\((\w+)\)")

Payload = dict[str, Value]
_Drive: TypeAlias = Callable[[dict[str, object]], object]
"""Runs what is to be observed on fresh inputs; what it returns should be a dict from observation to thing."""


def run(job: Job) -> Payload:
    """The result payload of a job: ``trials`` as far as they got, and ``failure`` or None."""
    trials: list[Value] = []
    try:
        _PROGRAMS[job.kind](job, trials)
    except StageError as error:
        return {"trials": trials, "failure": describe(error, job)}
    return {"trials": trials, "failure": None}


def _answer(job: Job, trials: list[Value]) -> None:
    drive = _driver(job)
    for index, inputs in enumerate(job.trials):
        trials.append(_observe(drive, inputs, job, index))


def _reference(job: Job, trials: list[Value]) -> None:
    drive = _driver(job)
    draw = _define(job.inputs, "inputs", INPUTS, stage="inputs")
    for index, seed in enumerate(job.seeds):
        inputs = _draw(draw, seed, job, index)
        observed = _observe(drive, inputs, job, index)
        trials.append({"inputs": inputs, "observed": observed, "observed64": _in_double(drive, inputs, job)})


def _expressions(job: Job, trials: list[Value]) -> None:
    code, namespace = _compile(job.source, ANSWER), _namespace(ANSWER)
    raised: Exception | None = None
    try:
        exec(code, namespace)  # noqa: S102 (this is the sandbox)
    except BaseException as error:
        raised = _as_value(error, "import", None)
    for index, expression in enumerate(job.expressions):
        trials.append(_evaluate(expression, namespace, raised, job, index))
        raised = None


def _evaluate(text: str, namespace: dict[str, object], raised: Exception | None, job: Job, index: int) -> Value:
    """The value of an expression, or the name of the exception it, or what should have led to it, raised."""
    code = _compile(text, EXPRESSION, mode="eval", trial=index)
    if raised is None:
        try:
            value = eval(code, namespace)  # noqa: S307 (this is the sandbox)
        except BaseException as error:
            raised = _as_value(error, "observe", index)
    if raised is not None:
        return {"value": name_of(raised), "raised": told(raised, job)}
    try:
        return {"value": to_value(value), "raised": ""}
    except BaseException as error:
        raise StageError("observe", index) from error


def _as_value(error: BaseException, stage: str, trial: int | None) -> Exception:
    # Memory is the machine's own, and what is no Exception asks to end the run: neither says anything about the code.
    # Asked of its class, as what it says of itself may be anything.
    if issubclass(type(error), Exception) and not issubclass(type(error), MemoryError):
        return error  # type: ignore[return-value]
    raise StageError(stage, trial) from error


_PROGRAMS: Mapping[Program, Callable[[Job, list[Value]], None]] = {
    Program.ANSWER: _answer,
    Program.REFERENCE: _reference,
    Program.EXPRESSION: _expressions,
}


def _draw(draw: Callable[..., object], seed: int, job: Job, trial: int) -> dict[str, Value]:
    name = "the example" if seed == EXAMPLE else "inputs(generator)"
    try:
        drawn = _example(job.example) if seed == EXAMPLE else draw(torch.Generator().manual_seed(seed))
        if not isinstance(drawn, dict) or not drawn:
            raise TypeError(f"{name} must give a dict of named inputs; this is {_what(drawn)}")
        return {str(key): to_value(value, depth=1) for key, value in drawn.items()}
    except BaseException as error:
        raise StageError("inputs", trial) from error


def _example(source: str) -> object:
    return eval(compile(source, EXAMPLE_TEXT, "eval", dont_inherit=True), {"torch": torch})  # noqa: S307 (as above)


def _what(thing: object) -> str:
    if isinstance(thing, types.GeneratorType):
        return "a generator, as its code has a yield"
    return "an empty dict" if isinstance(thing, dict) else f"a {name_of(thing)}"


def _in_double(drive: _Drive, inputs: Mapping[str, Value], job: Job) -> Value:
    # A solution may insist on float32; then the trial simply has no float64 witness.
    torch.set_default_dtype(torch.float64)
    try:
        return _observe(drive, inputs, job, 0, double=True)
    except StageError:
        return None
    finally:
        torch.set_default_dtype(torch.float32)


def _define(source: str, name: str, file: str, stage: str = "") -> Callable[..., object]:
    """The callable ``name`` that ``source`` defines; what goes wrong counts for ``stage`` where one is given."""
    namespace = _namespace(file)
    code = _compile(source, file, stage=stage)
    try:
        exec(code, namespace)  # noqa: S102 (this is the sandbox)
        entry = namespace.get(name)  # a key that is no plain text may answer here
    except BaseException as error:
        raise StageError(stage or "import") from error
    if not callable(entry):
        reason = f"it defines no function named {name}" if stage else name
        raise StageError(stage or "entry", names=_own_names(namespace)) from NameError(reason)
    return entry


def _own_names(namespace: Mapping[str, object]) -> tuple[str, ...]:
    try:
        own = namespace["__name__"]
        return tuple(
            name
            for name, thing in namespace.items()
            if type(name) is str and callable(thing) and getattr(thing, "__module__", "") == own
        )[:10]
    except BaseException:  # the name is deleted, or what is defined answers with anything
        return ()


def _compile(
    source: str, file: str, *, mode: str = "exec", stage: str = "", trial: int | None = None
) -> types.CodeType:
    try:
        code: types.CodeType = compile(source, file, mode, dont_inherit=True)
    except BaseException as error:
        raise StageError(stage or "compile", trial) from error
    return code


def _namespace(file: str) -> dict[str, object]:
    # A real module, so that classes and dataclasses defined in it find themselves.
    module = types.ModuleType(file.strip("<>"))
    sys.modules[module.__name__] = module
    module.__dict__["torch"] = torch
    return module.__dict__


def _driver(job: Job) -> _Drive:
    entry = _define(job.source, job.entry, ANSWER)
    if not job.probe:
        return functools.partial(_called, entry, job)
    probe = _define(job.probe, "probe", PROBE, stage="probe")
    return lambda given: probe(entry, **given)


def _called(entry: Callable[..., object], job: Job, given: dict[str, object]) -> object:
    upstream = given.pop(UPSTREAM, None)
    result = _call(entry, given)
    if job.backward:
        _backward(result, upstream)
    leaves = _leaves(job)
    return {
        name: given[leaves[name]].grad if name in leaves else result  # type: ignore[attr-defined]
        for name in job.observe
    }


def _leaves(job: Job) -> Mapping[str, str]:
    """The input whose gradient is observed, by observation."""
    return {name: match[1] for name in job.observe if (match := _GRADIENT.fullmatch(name))}


def _observe(
    drive: _Drive, inputs: Mapping[str, Value], job: Job, trial: int, *, double: bool = False
) -> dict[str, Value]:
    try:
        given = {name: from_value(value, double=double) for name, value in inputs.items()}
        if not job.probe:
            for leaf in _leaves(job).values():
                given[leaf].requires_grad_(True)  # type: ignore[attr-defined]
    except BaseException as error:
        raise StageError("inputs", trial) from error
    try:
        observed = drive(given)
    except BaseException as error:
        raise StageError("call", trial) from error
    try:
        return _read(observed, job)
    except BaseException as error:
        raise StageError("observe", trial) from error


def _read(observed: object, job: Job) -> dict[str, Value]:
    if not isinstance(observed, dict):
        raise UnobservableError(
            f"the probe must return a dict with {', '.join(job.observe)}; this is {_what(observed)}"
        )
    values = {}
    for name in job.observe:
        if name not in observed:
            raise UnobservableError(f"the dict that the probe returned has no {name!r}")
        try:
            values[name] = to_value(observed[name])
        except UnobservableError as error:
            if not job.probe:
                raise
            raise UnobservableError(f"{name}: {error}") from None
    return values


def _call(entry: Callable[..., object], given: Mapping[str, object]) -> object:
    # Parameter names are the learner's own business: by name where they match, in order where they do not.
    if _is_plain_with(entry, given):
        return entry(**given)
    try:
        inspect.signature(entry).bind(**given)
    except (TypeError, ValueError):
        return entry(*given.values())
    return entry(**given)


def _is_plain_with(entry: object, given: Mapping[str, object]) -> bool:
    """Whether it is a function with just these parameters: asking :mod:`inspect` takes longer than most answers do."""
    if type(entry) is not types.FunctionType:
        return False
    code = entry.__code__
    return code.co_flags & _MORE_THAN_NAMED == 0 and (
        code.co_posonlyargcount == code.co_kwonlyargcount == 0 and {*code.co_varnames[: code.co_argcount]} == {*given}
    )


def _backward(result: object, upstream: object) -> None:
    if not isinstance(result, torch.Tensor):
        raise TypeError(f"the result is a {name_of(result)}; a tensor is needed to call backward on")
    gradient = upstream if isinstance(upstream, torch.Tensor) else torch.ones_like(result)
    result.backward(gradient)
