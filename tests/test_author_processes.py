"""check, grade and new as an author types them: each a process of its own, with cells of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bot.authoring.template import template
from bot.cli.grade import BadUsage, read_answer

BANK = Path(__file__).parents[1] / "questions"
RIGHT = "def gradient(x):\n    return 2 * x\n"


def chainrule(*arguments: str, home: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "CHAINRULE_HOME": str(home), "CHAINRULE_SANDBOX": "local"},
        check=False,
    )


def test_what_new_writes_passes_check_unchanged(tmp_path: Path) -> None:
    for kind in ("code", "value", "choice"):
        done = chainrule("new", f"my-{kind}", "--kind", kind, "--folder", str(tmp_path), home=tmp_path / "home")
        assert done.returncode == 0
        assert done.stdout.split()[-3:] == ["chainrule", "check", str(tmp_path / f"my-{kind}.md")]
    checked = chainrule("check", str(tmp_path), home=tmp_path / "home")
    assert (checked.returncode, checked.stdout) == (
        0,
        "✓ proven  my-choice.md\n✓ proven  my-code.md\n✓ proven  my-value.md\n3 files: 3 proven, 0 not.\n",
    )
    assert checked.stderr == "chainrule: starting two local cells\n"


BAD_NEW = [
    (("new", "../x"), "id"),
    (("new", "X Y"), "id"),
    (("new", "x", "--kind", "essay"), "kind"),
    (("new", "there"), "choose another id"),
    (("new",), "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "word"), BAD_NEW, ids=[" ".join(arguments) for arguments, _ in BAD_NEW])
def test_new_says_what_it_cannot_write(arguments: tuple[str, ...], word: str, tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("mine")
    done = chainrule(*arguments, "--folder", str(tmp_path), home=tmp_path / "home")
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["there.md"]
    assert (tmp_path / "there.md").read_text() == "mine"


@pytest.mark.parametrize("command", ["check", "grade"])
@pytest.mark.parametrize("fault", ["KeyError('x')", "JudgeUnavailable('No cell.')"])
def test_a_fault_of_ours_ends_with_3_and_says_nothing_of_the_files(command: str, fault: str, tmp_path: Path) -> None:
    arguments = [command, str(BANK / "square-gradient.md"), *["-"] * (command == "grade")]
    script = (
        "import sys, bot.cli, bot.wiring\n"
        "from bot.ports import JudgeUnavailable\n"
        f"def fails(settings): raise {fault}\n"
        "bot.wiring.sandbox_config = fails\n"
        f"sys.argv = {['chainrule', *arguments]!r}\n"
        "bot.cli.main()\n"
    )
    home = {"CHAINRULE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **home},
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 1)


def test_bad_usage_ends_with_2(tmp_path: Path) -> None:
    for arguments in (
        ("check",),
        ("grade", "x.md"),
        ("check", "--jsn", "x.md"),
        ("grade", "x.md", "y", "--variant", "z"),
    ):
        done = chainrule(*arguments, home=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), arguments


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    file = tmp_path / "endless.md"
    text = template("endless", "code")
    file.write_text(
        re.sub(
            r"(## Inputs\n.*?```python\n).*?```",
            r"\1def inputs(generator):\n    while True: pass\n```",
            text,
            flags=re.DOTALL,
        )
    )
    asked = subprocess.Popen(
        [sys.executable, "-m", "bot", "check", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "CHAINRULE_HOME": str(tmp_path / "home"), "CHAINRULE_SANDBOX": "local"},
    )
    ours: list[psutil.Process] = []
    until = time.monotonic() + 60
    while len(ours) < 6 and time.monotonic() < until:  # two cells, each a keeper, a zygote and a child
        ours = psutil.Process(asked.pid).children(recursive=True)
        time.sleep(0.05)
    asked.send_signal(signal.SIGINT)
    asked.communicate(timeout=60)
    assert asked.returncode == 128 + signal.SIGINT
    gone, alive = psutil.wait_procs(ours, timeout=10)
    assert len(gone) >= 6
    assert alive == []


def test_an_answer_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"No such file.*pipe it in"):
        read_answer(str(tmp_path / "nothing.py"))


def test_an_answer_can_be_piped_in_and_finds_cells_of_its_own(tmp_path: Path) -> None:
    done = chainrule("grade", str(BANK / "square-gradient-code.md"), "-", home=tmp_path, given=RIGHT)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["✓", "Accepted:"])
    assert done.stderr == "chainrule: starting local cells\n"
