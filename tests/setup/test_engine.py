"""A private Docker engine: started where none answers, gone without a trace, whatever happened meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import engine
from scripts.engine import PrivateEngine, docker_engine

ROOT = Path(__file__).resolve().parent.parent.parent

private = pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("dockerd"), reason="only root with dockerd installed can start an engine"
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PrivateEngine]:
    """An engine with nothing but folders of this test."""
    state = Path("/run") / f"chainrule-test-{os.getpid()}"
    yield PrivateEngine(tmp_path / "data", state)
    shutil.rmtree(state, ignore_errors=True)


def traces(own: PrivateEngine) -> list[str]:
    """Processes and mounts that belong to the engine."""
    mine = (str(own.data), str(own.state))
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if line.split()[1].startswith(mine)]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(place in command for place in mine):
            mounts.append(command)
    return mounts


# Ctrl-C is ignored below a shell's background job, and these tests may be one.
HOLD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from scripts.engine import PrivateEngine
from scripts.steps import main

def hold():
    with PrivateEngine(Path(sys.argv[1]), Path(sys.argv[2])).running() as host:
        print(host, flush=True)
        sys.stdin.read()
    return 0

main(hold)
"""


def holder(own: PrivateEngine) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", HOLD, str(own.data), str(own.state))
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@private
@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGTERM], ids=["the end", "Ctrl-C", "SIGTERM"])
def test_the_private_engine_answers_and_leaves_no_process_and_no_mount(
    own: PrivateEngine, number: signal.Signals | None
) -> None:
    with holder(own) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == own.host
        assert engine._silence(own.host) == ""
        if number:
            process.send_signal(number)
            process.wait()
    assert traces(own) == []


@private
def test_the_last_of_several_makes_stops_the_engine_they_share(own: PrivateEngine) -> None:
    with holder(own) as first, holder(own) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        assert first.stdout.readline() == second.stdout.readline()
        first.communicate()
        assert engine._silence(own.host) == ""
    assert traces(own) == []


@private
def test_an_engine_left_by_a_killed_make_is_used_and_stopped_by_the_next(own: PrivateEngine) -> None:
    with holder(own) as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        killed.kill()
    assert engine._silence(own.host) == ""
    with own.running():
        assert engine._silence(own.host) == ""
    assert traces(own) == []


def test_an_engine_that_answers_is_used_and_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"unix://{tmp_path / 'engine.sock'}"
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr(engine, "_need_client", lambda: None)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine.sock"))
        listening.listen()

        def answer() -> None:
            asked, _ = listening.accept()
            with asked:
                asked.recv(100)
                asked.sendall(b"HTTP/1.0 200 OK\r\n\r\nOK")

        answering = threading.Thread(target=answer)
        answering.start()
        with docker_engine() as found:
            assert (found.host, found.missing) == (host, "")
        answering.join()


def test_an_ordinary_user_without_an_engine_is_told_so_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'nobody.sock'}")
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    with docker_engine() as found:
        assert found.host == ""
        assert found.missing.startswith("no Docker engine answers at")
        assert "root on Debian" in found.missing
