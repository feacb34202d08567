"""The judge's own end of the socket pair: requests in, answers out, many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from functools import partial

import structlog

from bot.core.questions import Question, Unsound
from bot.judging import wire
from bot.ports import Judge, JudgeUnavailable
from sandbox.values import FrameError

_log = structlog.get_logger()


class Server:
    """Answers requests for ``judge`` until the stream ends; ``log`` as in :func:`outcome`."""

    def __init__(self, judge: Judge, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: str) -> None:
        self._judge = judge
        self._reader = reader
        self._writer = writer
        self._log = log
        self._running: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Serve until the other side closes, then end whatever still runs."""
        while fields := await wire.receive(self._reader):
            number = fields.number("number")
            if fields.text("verb") == "cancel":
                if running := self._running.get(number):
                    running.cancel()
                continue
            task = asyncio.create_task(self._answer(number, fields))
            self._running[number] = task
            task.add_done_callback(partial(self._forget, number))
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _forget(self, number: int, _: asyncio.Task[None]) -> None:
        del self._running[number]

    async def _answer(self, number: int, fields: wire.Fields) -> None:
        wire.send(self._writer, {"number": number, **await outcome(self._judge, fields, self._log)})
        with contextlib.suppress(ConnectionError):  # serving ends with the stream
            await self._writer.drain()


async def outcome(judge: Judge, fields: wire.Fields, log: str) -> wire.Message:
    """What ``judge`` answers to a request; where it cannot, why not. ``log`` says more about a fault of ours."""
    try:
        message = await _performed(judge, fields)
        wire.written(message)  # what cannot be sent is found out while there still is something else to say
    except JudgeUnavailable as error:
        return {"unavailable": str(error)}
    except Unsound as error:
        return {"refused": wire.plain_unsound(error)}
    except Exception as error:  # whatever it is, somebody waits for an answer
        _log.exception("a request could not be answered", verb=fields.raw.get("verb"))
        return {"unavailable": f"the judge failed ({type(error).__name__}); {log} says more"}
    return message


async def _performed(judge: Judge, fields: wire.Fields) -> wire.Message:
    if fields.text("verb") == "torch_version":
        return {"torch_version": await judge.torch_version()}
    question = fields.question()
    match fields.text("verb"):
        case "judge":
            verdict = await judge.judge(
                question, fields.text("code"), fields.trials("scoring"), fields.packed_trials("public")
            )
            return {"verdict": wire.plain_verdict(verdict)}
        case "run_example":
            (example,) = fields.trials("public")
            report = await judge.run_example(question, fields.text("code"), example)
            return {"report": wire.plain_report(report)}
        case "draw_trials":
            return await _drawn(judge, question, fields)
        case "prove":
            return {"proof": wire.plain_proof(await judge.prove(question))}
        case verb:
            raise FrameError(f"unknown verb {verb}")


async def _drawn(judge: Judge, question: Question, fields: wire.Fields) -> wire.Message:
    seeds = [seed for seed in fields.sequence("seeds") if isinstance(seed, int)]
    trials = await judge.draw_trials(question, seeds, with_mistakes=fields.flag("with_mistakes"))
    message = {"trials": wire.plain_trials(trials)}
    try:
        wire.pack(message)
    except FrameError as error:
        raise Unsound(f"its trials are too large ({error})", "let inputs(generator) draw smaller ones") from error
    return message


async def connect(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Streams over an inherited socket."""
    return await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
