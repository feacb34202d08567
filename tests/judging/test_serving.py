"""Whatever happens to a request, whoever made it gets an answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from bot.core.questions import Question, Trial
from bot.core.verdicts import Verdict
from bot.judging import wire
from bot.judging.serving import Server
from sandbox.protocol import Ending, Report
from tests.judging.test_judge import PUBLIC, QUESTION


class Broken:
    """A judge with faults of its own."""

    def __init__(self, outcome: Report | Exception) -> None:
        self._outcome = outcome

    async def judge(self, question: Question, code: str, scoring: Sequence[Trial], public: Sequence[Trial]) -> Verdict:
        raise NotImplementedError

    async def run_example(self, question: Question, code: str, example: Trial) -> Report:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    async def draw_trials(
        self, question: Question, seeds: Sequence[int], *, with_mistakes: bool = False
    ) -> tuple[Trial, ...]:
        raise NotImplementedError


@pytest.mark.parametrize(
    "outcome", [KeyError("a fault of the judge's own"), Report(Ending.COMPLETED, output="o" * (1 << 21))]
)
async def test_a_request_that_breaks_the_judge_or_its_answer_is_answered_as_unavailable(
    outcome: Report | Exception,
) -> None:
    ours, theirs = socket.socketpair()
    server_side = await asyncio.open_connection(sock=theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    serving = asyncio.create_task(Server(Broken(outcome), *server_side).serve())
    request = {"question": wire.plain_question(QUESTION), "code": "", "public": wire.plain_trials(PUBLIC)}
    wire.send(writer, {"number": 7, "verb": "run_example", **request})
    answer = await wire.receive(reader)
    assert answer is not None
    assert answer.number("number") == 7
    assert "log" in answer.text("unavailable")
    writer.close()
    await serving
    server_side[1].close()
