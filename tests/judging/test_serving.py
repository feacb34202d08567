"""Whatever happens to a request, whoever made it gets an answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest

from bot.core.proving.proof import Proof, failed, passed, skipped
from bot.core.questions import Question, Trial, Unsound
from bot.core.verdicts import Verdict
from bot.judging import wire
from bot.judging.serving import Server
from bot.ports import JudgeUnavailable
from sandbox.protocol import Ending, Report
from sandbox.values import FrameError, Value, encode
from tests.judging.test_judge import PUBLIC, QUESTION

Outcome: TypeAlias = Report | tuple[Trial, ...] | Proof | Exception


class Broken:
    """A judge with faults of its own."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        raise NotImplementedError

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        assert isinstance(self._outcome, Report)
        return self._outcome

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        assert isinstance(self._outcome, tuple)
        return self._outcome

    async def prove(self, question: Question) -> Proof:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        assert isinstance(self._outcome, Proof)
        return self._outcome


async def answered(outcome: Outcome, request: wire.Message) -> wire.Fields:
    """What comes back for a ``request``, number 7, to a server of that judge."""
    ours, theirs = socket.socketpair()
    server_side = await asyncio.open_connection(sock=theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    serving = asyncio.create_task(Server(Broken(outcome), *server_side, "judge.log").serve())
    wire.send(writer, {"number": 7, "question": wire.plain_question(QUESTION), **request})
    answer = await wire.receive(reader)
    writer.close()
    await serving
    server_side[1].close()
    assert answer is not None
    assert answer.number("number") == 7
    return answer


@pytest.mark.parametrize(
    "outcome", [KeyError("a fault of the judge's own"), Report(Ending.COMPLETED, output="o" * (1 << 21))]
)
async def test_a_request_that_breaks_the_judge_or_its_answer_is_answered_as_unavailable(
    outcome: Report | Exception,
) -> None:
    request = {"verb": "run_example", "code": "", "public": wire.plain_trials(PUBLIC)}
    assert (await answered(outcome, request)).text("unavailable").endswith("; judge.log says more")


DRAW: wire.Message = {"verb": "draw_trials", "seeds": [1], "with_mistakes": False}


@pytest.mark.parametrize(
    "fault", [FrameError("truncated"), ValueError("a fault of the judge's own"), JudgeUnavailable("no cell")]
)
async def test_a_fault_of_ours_is_no_word_about_the_question(fault: Exception) -> None:
    assert set((await answered(fault, DRAW)).raw) == {"number", "unavailable"}


async def test_a_request_that_cannot_be_read_is_no_word_about_the_question_either() -> None:
    assert set((await answered(PUBLIC, {**DRAW, "question": "{}"})).raw) == {"number", "unavailable"}


@pytest.mark.parametrize(
    ("outcome", "what", "mend"),
    [
        (Unsound("it is this; and that", "do so; or so"), "it is this; and that", "do so; or so"),
        ((replace(PUBLIC[0], inputs={"x": "o" * (1 << 21)}),), "its trials are too large", "draw smaller ones"),
    ],
)
async def test_what_is_wrong_with_a_question_crosses_with_how_to_mend_it(
    outcome: tuple[Trial, ...] | Exception, what: str, mend: str
) -> None:
    unsound = (await answered(outcome, DRAW)).unsound("refused")
    assert what in unsound.what
    assert mend in unsound.mend


async def test_trials_are_packed_once_as_long_as_they_are_the_same_ones() -> None:
    packer = wire.Packer()
    packed = packer.pack(PUBLIC)
    assert packer.pack(PUBLIC) is packed
    others = [tuple(PUBLIC) + tuple(PUBLIC) for _ in range(100)]
    for other in others:
        assert wire.Fields({"public": packer.pack(other)}).packed_trials("public") == other
    assert packer.pack(PUBLIC) == packed


@pytest.mark.parametrize("public", [None, "text", [], b"", b"torn", encode({"a": "dict"})])
def test_what_is_no_packed_trials_is_refused(public: Value) -> None:
    with pytest.raises(FrameError):
        wire.Fields({"public": public}).packed_trials("public")


async def test_a_proof_crosses_the_socket_as_it_is() -> None:
    checks = (passed("format", "reads well"), failed("solution", "it gives 6, not 7 ✗", "mend it").at("Solution", 2))
    proof = Proof("double", (*checks, skipped("answers", "there is no solution")))
    assert (await answered(proof, {"verb": "prove"})).proof() == proof


@pytest.mark.parametrize("fault", [ValueError("a fault of the judge's own"), JudgeUnavailable("no cell")])
async def test_a_proof_that_could_not_be_made_is_no_word_about_the_question(fault: Exception) -> None:
    assert set((await answered(fault, {"verb": "prove"})).raw) == {"number", "unavailable"}
