"""What the Makefile and the scripts behind it promise."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts import steps

ROOT = Path(__file__).resolve().parent.parent.parent
TARGETS = ("demo", "check", "test", "lint", "bench", "image", "screenshots")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_exists_and_sets_up_before_it_runs(target: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # we may run below a make
    done = subprocess.run(("make", "-n", target), cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sh scripts/run prepare")


def test_setting_up_a_second_time_runs_nothing_and_prints_nothing() -> None:
    command = ("sh", "scripts/run", "prepare", "bot")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    made = (ROOT / ".venv" / "made-from").stat().st_mtime_ns
    again = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (again.stdout, again.stderr) == (b"", b"")
    assert (ROOT / ".venv" / "made-from").stat().st_mtime_ns == made


def test_set_up_leaves_standard_input_to_the_program() -> None:
    command = "sh scripts/run prepare bot && cat"
    done = subprocess.run(("sh", "-c", command), cwd=ROOT, input=b"today\n", capture_output=True, check=True)
    assert done.stdout == b"today\n"


def test_every_installed_version_is_pinned() -> None:
    pinned = {
        line.partition("==")[0].lower().replace("_", "-").replace(".", "-")
        for name in ("constraints.txt", "sandbox/requirements.txt")
        for line in (ROOT / name).read_text().splitlines()
        if "==" in line
    }
    freeze = (ROOT / ".venv/bin/python", "-m", "pip", "list", "--format", "freeze", "--exclude-editable")
    listed = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.splitlines()
    installed = {line.partition("==")[0].lower().replace("_", "-").replace(".", "-") for line in listed}
    assert installed - pinned - {"pip", "setuptools"} == set()


def test_the_bots_environment_has_no_torch() -> None:
    asked = (ROOT / ".venv/bin/python", "-c", "import importlib.util as u; print(u.find_spec('torch'))")
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "None\n"


def test_without_a_fitting_python_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    command = ("/bin/sh", ROOT / "scripts/run", "prepare", "bot")
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "apt-get install python3" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_failing_step_shows_the_end_of_its_output() -> None:
    command = ("sh", "-c", "seq 1000; echo the reason; exit 3")
    with pytest.raises(steps.Stop, match=r"counting failed(?s:.*)the reason") as stopped:
        steps.run("counting", command, log="test-steps.log")
    assert "\n    500\n" not in str(stopped.value)


def test_a_long_step_says_where_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "HEARTBEAT_SECONDS", 0.05)
    steps.run("waiting", ("sh", "-c", "echo half way; sleep 0.3"), log="test-steps.log")
    assert "waiting, 0 s: half way" in capsys.readouterr().err


def test_two_makes_at_once_take_turns(tmp_path: Path) -> None:
    hold = (
        "import sys; from scripts.steps import locked\nwith locked(sys.argv[1], 'waiting'): print('in', flush=True); {}"
    )
    lock = str(tmp_path / "lock")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen((sys.executable, "-c", hold.format("sys.stdin.read()"), lock), stdin=-1, **pipes) as first:
        assert first.stdout.readline() == "in\n"
        with subprocess.Popen((sys.executable, "-c", hold.format("pass"), lock), **pipes) as second:
            assert second.stderr.readline() == "waiting\n"
            assert second.poll() is None
            first.stdin.close()
            assert second.stdout.readline() == "in\n"


def test_ctrl_c_ends_the_running_step_and_leaves_one_line(tmp_path: Path) -> None:
    # Ctrl-C is ignored below a shell's background job, and this test may be one.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from scripts.steps import main, run\n"
        f"main(lambda: run('sleeping', ('sh', '-c', 'echo $$ > {tmp_path}/pid; exec sleep 600'), log='test-steps.log'))"
    )
    with subprocess.Popen((sys.executable, "-c", program), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said.strip() == "Interrupted; the next run goes on from here."
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_interruption_while_a_child_starts_reaches_the_child() -> None:
    program = (
        "import os, signal; from scripts.steps import Terminated, held_back, main\n"
        "def act():\n"
        "    with held_back():\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        print('started', flush=True)\n"
        "    print('went on')\n"
        "main(act)"
    )
    done = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "started\n")


TIDYING = "trap 'echo tidied; exit 5' INT; echo ready; while :; do sleep 0.05; done"


@pytest.mark.parametrize("to_all", [True, False], ids=["Ctrl-C in the terminal", "SIGTERM to make's child alone"])
def test_an_interrupted_test_run_may_tidy_up_before_the_engine_goes(to_all: bool) -> None:
    program = (
        "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from scripts.steps import main; from scripts.with_docker import _run\n"
        f"main(lambda: _run(['sh', '-c', {TIDYING!r}], dict(os.environ)))"
    )
    command = (sys.executable, "-c", program)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if to_all:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.terminate()
        assert process.stdout.read() == "tidied\n"
    assert process.returncode == 130
