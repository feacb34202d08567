import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

CTRL_C, CTRL_D, ESCAPE_ENTER = "\x03", "\x04", "\x1b\r"
READY = "\x1b[?2004h"  # the prompt takes keys: it has asked the terminal to mark what is pasted
EDITOR = "a closing ``` submits"
Start = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[pexpect.spawn[str]] = []

    def begin(*arguments: str, ready: str = READY, **environment: str) -> "pexpect.spawn[str]":
        child = pexpect.spawn(
            sys.executable,
            ["-m", "tests.platforms.fake_service", *arguments, str(tmp_path)],
            env={"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
            encoding="utf-8",
            dimensions=(50, 100),
            timeout=15,
        )
        started.append(child)
        child.expect_exact(ready)
        return child

    yield begin
    for child in started:
        child.close(force=True)


def left(child: "pexpect.spawn[str]") -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def ended(child: "pexpect.spawn[str]", tmp_path: Path) -> int | None:
    code = left(child)
    assert (tmp_path / "closed").exists()
    assert "Traceback" not in (child.before or "")
    return code


def test_the_question_of_today_is_shown_first_and_named_in_the_toolbar(start: Start, tmp_path: Path) -> None:
    child = start(ready="The gradient of a square", PROMPT_TOOLKIT_NO_CPR="")
    child.expect_exact("0 answered")
    child.expect_exact("\x1b[6n")  # the toolbar is drawn once the terminal has said where the cursor is
    child.send("\x1b[20;1R")
    child.expect_exact("The gradient of a square · points 15 · streak 3 in a row · ")
    child.expect_exact("two cells ready · Ctrl-D leaves")
    child.sendline("quit")
    assert ended(child, tmp_path) == 0


def test_what_comes_later_is_shown_while_nobody_says_anything_and_keeps_what_is_typed(start: Start) -> None:
    child = start()
    child.sendline("me later")
    child.expect_exact("It comes later")
    child.expect_exact(READY)
    child.send("me half")
    child.expect_exact("A verdict from before")
    child.sendline("-typed")
    child.expect_exact("me 'half-typed'")
    child.sendline("quit")
    assert left(child) == 0


def test_ctrl_d_leaves(start: Start, tmp_path: Path) -> None:
    child = start()
    child.send(CTRL_D)
    assert ended(child, tmp_path) == 0


def test_ctrl_c_clears_the_line_and_twice_on_an_empty_one_leaves(start: Start, tmp_path: Path) -> None:
    child = start()
    child.send("me half-typ")
    child.expect_exact("half-typ")
    child.send(CTRL_C)
    child.sendline("me whole")
    child.expect_exact("me 'whole'")
    child.expect_exact(READY)
    child.send(CTRL_C)
    child.expect_exact("Ctrl-C again leaves.")
    child.expect_exact(READY)
    child.send(CTRL_C)
    assert ended(child, tmp_path) == 0


def test_a_form_opens_with_its_text_and_escape_enter_submits(start: Start) -> None:
    child = start()
    child.sendline("answer")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send("# [4, 6]")
    child.send(ESCAPE_ENTER)
    child.expect_exact("✓ Accepted")


@pytest.mark.parametrize("last_keys", [CTRL_D, "\r```\r"])
def test_ctrl_d_or_a_closing_fence_submits_the_form(start: Start, last_keys: str) -> None:
    child = start()
    child.sendline("try")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send("# [4, 6]" + "\x1b[F\x1b[B\x1b[B\x1b[F" + last_keys)
    child.expect_exact("✓ Accepted")


def test_ctrl_c_in_a_form_submits_nothing_and_keeps_the_text(start: Start) -> None:
    child = start()
    child.sendline("answer")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send("# kept [4, 6]")
    child.expect_exact("6]")
    child.send(CTRL_C)
    child.expect_exact("Cancelled.")
    child.expect_exact(READY)
    child.sendline("answer")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send(CTRL_D)
    child.expect_exact("✓ Accepted")
    child.expect_exact("# kept [")


def test_pasted_code_without_a_verb_is_kept_for_the_form(start: Start) -> None:
    child = start()
    child.send("\x1b[200~def f(x):\n    return [4, 6]\n\x1b[201~\r")
    child.expect_exact("That looks like code; nothing was submitted. Say answer: the form opens with it.")
    child.expect_exact(READY)
    child.sendline("answer")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send(ESCAPE_ENTER)
    child.expect_exact("✓ Accepted")
    child.expect_exact("return")


def test_a_form_of_one_line_is_submitted_by_enter(start: Start) -> None:
    child = start()
    child.sendline("hint")
    child.expect_exact("Enter submits")
    child.expect_exact(READY)
    child.send("2\r")
    child.expect_exact("Type a value.")


def test_a_fence_at_the_prompt_opens_the_editor(start: Start) -> None:
    child = start()
    child.sendline("answer ```python")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send("x = [4, 6]\r```\r")
    child.expect_exact("✓ Accepted")


def test_the_editor_adds_no_indentation_of_its_own_to_a_paste_that_arrives_as_typing(start: Start) -> None:
    child = start()
    child.sendline("answer ```python")
    child.expect_exact(EDITOR)
    child.expect_exact(READY)
    child.send("if x:\r    y = [4, 6]\rdone\r```\r")
    child.expect_exact("✓ Accepted")
    child.expect(r"\n    (\S*)if.*\n    ( |\x1b\S*)*    .*y.*\n    (\x1b\[[\d;]*m)*done")


def test_pasted_code_between_fences_is_one_answer(start: Start) -> None:
    child = start()
    child.send("\x1b[200~answer ```\nx = [4, 6]\nreturn x\n```\x1b[201~\r")
    child.expect_exact("✓ Accepted")
    child.expect_exact("return")


def test_ctrl_c_during_a_run_says_the_answer_is_stored_and_a_second_one_leaves(start: Start, tmp_path: Path) -> None:
    child = start()
    child.sendline("answer slow")
    child.expect_exact("Running your code")
    child.send(CTRL_C)
    child.expect_exact("Your answer is stored and will be judged.")
    child.send(CTRL_C)
    assert ended(child, tmp_path) == 0


def test_what_is_typed_during_a_run_is_not_shown_until_the_prompt_reads_it(start: Start) -> None:
    child = start()
    child.sendline("try slow")
    child.expect_exact("Running your code")
    child.send("me typed-ahead")
    child.send(CTRL_C)
    child.expect_exact("Stopped.")
    assert "typed-ahead" not in child.before
    child.expect_exact(READY)
    child.sendline("me seen")
    child.expect_exact("seen'")


def test_ctrl_c_stops_a_try_and_the_next_command_works(start: Start) -> None:
    child = start()
    child.sendline("try slow")
    child.expect_exact("Running your code")
    child.send(CTRL_C)
    child.expect_exact("Stopped.")
    child.expect_exact(READY)
    child.sendline("me again")
    child.expect_exact("me 'again'")


@pytest.mark.parametrize("doing", ["", "answer slow", "answer"])
def test_sigterm_closes_what_was_opened_whatever_is_going_on(start: Start, tmp_path: Path, doing: str) -> None:
    child = start()
    if doing:
        child.sendline(doing)
        child.expect_exact("Running your code" if "slow" in doing else EDITOR)
    child.kill(signal.SIGTERM)
    assert ended(child, tmp_path) == 128 + signal.SIGTERM


def test_ctrl_c_while_cells_start_leaves_without_a_traceback(start: Start) -> None:
    child = start("--slow-start", ready="starting two cells")
    child.send(CTRL_C)
    assert left(child) == 128 + signal.SIGINT
    assert "Traceback" not in (child.before or "")


def test_earlier_commands_are_remembered_and_the_history_is_private(start: Start, tmp_path: Path) -> None:
    child = start()
    child.sendline("me remembered")
    child.expect_exact("me 'remembered'")
    child.sendline("quit")
    left(child)
    assert "me remembered" in (tmp_path / "history").read_text()
    assert (tmp_path / "history").stat().st_mode & 0o077 == 0


def test_no_color_is_honoured(start: Start) -> None:
    child = start(ready="0 answered", NO_COLOR="1")
    assert "\x1b[3" not in (child.before or "")
