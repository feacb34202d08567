"""The judge as a process of its own: what it is given, and what happens when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from bot.authoring.loading import load_folder
from bot.core.questions import CodeTask, Question, Unsound
from bot.core.verdicts import Outcome
from bot.judging import child_process
from bot.judging.child_process import ChildProcessJudge
from bot.judging.config import SandboxConfig
from bot.ports import JudgeUnavailable

QUESTION = next(
    question
    for question, _ in load_folder(Path(__file__).parents[2] / "questions").questions
    if question.id == "square-gradient-code"
)
SLOW = "import time\ndef gradient(x):\n    time.sleep(0.7)\n    return 2 * x"

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _solution(question: Question) -> str:
    assert isinstance(question.task, CodeTask)
    return question.task.solution


@pytest.fixture
def config(sandbox_python: Path) -> str:
    """Of a judge with one cell for answers, for what only its own judge can show."""
    return SandboxConfig("local", 1, str(sandbox_python)).dump()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judge(sandbox_python: Path) -> AsyncIterator[ChildProcessJudge]:
    """A judge with two, for the module: starting its cells for every test would take most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISCORD_TOKEN", "a-secret")
        async with ChildProcessJudge(SandboxConfig("local", 2, str(sandbox_python)).dump()) as judge:
            yield judge


async def test_verdicts_reports_and_trials_cross_the_socket_whole(judge: ChildProcessJudge) -> None:
    trials = await judge.draw_trials(QUESTION, [1, 2, 3, 4])
    verdict = await judge.judge(QUESTION, _solution(QUESTION), trials[:3], trials[3:])
    assert (verdict.outcome, verdict.passed) == (Outcome.ACCEPTED, 3)
    wrong = await judge.judge(QUESTION, "def gradient(x): return x", trials[:3], trials[3:])
    assert wrong.outcome is Outcome.WRONG_ANSWER
    assert wrong.failing is not None
    report = await judge.run_example(QUESTION, "def gradient(x):\n    print('hi')\n    return x", trials[0])
    assert (report.output, report.trials[0]["result"]) == ("hi\n", trials[0].inputs["x"])


async def test_many_requests_at_once_each_get_their_own_answer(judge: ChildProcessJudge) -> None:
    trials = await judge.draw_trials(QUESTION, [1])
    sources = [f"def gradient(x):\n    print({number})\n    return x" for number in range(20)]
    reports = await asyncio.gather(*(judge.run_example(QUESTION, source, trials[0]) for source in sources))
    assert [report.output for report in reports] == [f"{number}\n" for number in range(20)]


async def test_the_judge_holds_no_token(judge: ChildProcessJudge) -> None:
    assert judge.pid is not None
    environment = psutil.Process(judge.pid).environ()
    assert "a-secret" not in environment.values()
    assert set(environment) <= {"PATH", "LANG", "LC_CTYPE", "HOME", "TMPDIR", "XDG_RUNTIME_DIR"}


async def test_a_judge_killed_mid_run_is_started_again_and_the_answer_judged(judge: ChildProcessJudge) -> None:
    trials = await judge.draw_trials(QUESTION, [1, 2, 3, 4])
    running = asyncio.create_task(judge.judge(QUESTION, SLOW, trials[:3], trials[3:]))
    await asyncio.sleep(1)
    killed = judge.pid
    assert killed is not None
    below = psutil.Process(killed).children(recursive=True)
    os.kill(killed, signal.SIGKILL)
    assert (await running).outcome is Outcome.ACCEPTED
    assert judge.pid != killed
    assert psutil.wait_procs(below, timeout=10)[1] == []


async def test_closing_ends_the_judge_and_every_cell(config: str) -> None:
    async with ChildProcessJudge(config) as judge:
        await judge.draw_trials(QUESTION, [1])
        assert judge.pid is not None
        family = [psutil.Process(judge.pid), *psutil.Process(judge.pid).children(recursive=True)]
    assert psutil.wait_procs(family, timeout=10)[1] == []


async def test_an_unsound_question_is_refused_across_the_socket(judge: ChildProcessJudge) -> None:
    assert isinstance(QUESTION.task, CodeTask)
    broken = replace(QUESTION, task=replace(QUESTION.task, solution="def gradient(x): return x.nothing"))
    with pytest.raises(Unsound) as raised:
        await judge.draw_trials(broken, [1])
    assert "nothing" in raised.value.what
    assert raised.value.mend == "mend that line"


async def test_without_a_sandbox_the_reason_arrives(tmp_path: Path) -> None:
    config = SandboxConfig("local", 1, str(tmp_path / "no-python")).dump()
    async with ChildProcessJudge(config) as judge:
        with pytest.raises(JudgeUnavailable, match="no-python"):
            await judge.draw_trials(QUESTION, [1])


FALTERING = """
import os, pathlib, socket, sys
seen = pathlib.Path(__file__).with_suffix(".seen")
if seen.exists():
    print("the second judge", file=sys.stderr, flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "bot.judging", *sys.argv[1:]])
seen.touch()
ours = socket.socket(fileno=int(sys.argv[1]))
ours.recv(1)
ours.sendall(bytes([1, 0, 0, 0]) + b"?")
while ours.recv(1 << 16):
    pass
"""


async def test_a_judge_whose_message_cannot_be_read_is_replaced_and_the_request_served(
    config: str, tmp_path: Path
) -> None:
    script, log = tmp_path / "faltering.py", tmp_path / "judge.log"
    script.write_text(FALTERING)
    log.write_text("from before\n")
    async with ChildProcessJudge(config, log=log, command=(sys.executable, str(script))) as judge:
        assert await judge.draw_trials(QUESTION, [1])
    assert log.read_text().startswith("from before\nthe second judge\n")


TALKATIVE = """
import socket, sys
print("to standard output", flush=True)
print("to standard error", file=sys.stderr, flush=True)
socket.socket(fileno=int(sys.argv[1])).recv(1)
"""


async def test_without_a_file_all_a_judge_writes_goes_to_our_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (script := tmp_path / "talkative.py").write_text(TALKATIVE)
    async with ChildProcessJudge("{}", command=(sys.executable, str(script))):
        pass
    assert capfd.readouterr() == ("", "to standard output\nto standard error\n")


ENDLESS = """
import itertools, socket, sys
ours = socket.socket(fileno=int(sys.argv[1]))
ours.settimeout(0.002)
for number in itertools.count():
    print(number, flush=True)
    try:
        ours.recv(1)
        break
    except TimeoutError:
        pass
"""


async def test_its_log_is_put_aside_once_it_is_long_and_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "MOST_LOGGED", 1_000)
    monkeypatch.setattr(child_process, "SHORTEN_SECONDS", 0.05)
    script, log, aside = (tmp_path / name for name in ("endless.py", "judge.log", "judge.log.1"))
    script.write_text(ENDLESS)
    async with ChildProcessJudge("{}", log=log, command=(sys.executable, str(script))), asyncio.timeout(30):
        while not aside.exists() or not log.read_text():  # noqa: ASYNC110  a file rings no bell
            await asyncio.sleep(0.02)
        last, before = (int(file.read_text().splitlines()[-1]) for file in (log, aside))
    assert before < last
    assert log.read_text()[0] != "\0", "it is written on from its beginning"
