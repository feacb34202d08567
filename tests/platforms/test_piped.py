import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console

from bot.core.commands import Command
from bot.platforms.console import piped
from bot.platforms.console.app import Session, run_piped
from bot.platforms.console.reading import Line
from bot.platforms.console.screen import Screen
from tests.platforms.fake_service import CALLER, FakeService


async def played(data: bytes, folder: Path) -> tuple[FakeService, str]:
    """The service after hearing ``data`` from a file, and what was printed."""
    service, sink = FakeService(), io.StringIO()
    script = folder / "script"
    script.write_bytes(data)
    descriptor = os.open(script, os.O_RDONLY)
    try:
        session = Session(service, CALLER, Screen(Console(file=sink, width=80), animated=False), folder)
        assert await run_piped(session, piped.lines(descriptor)) == 0
    finally:
        os.close(descriptor)
    return service, sink.getvalue()


def commands(service: FakeService) -> list[Command]:
    return [command for command, _ in service.handled]


async def test_each_command_is_repeated_before_its_reply(tmp_path: Path) -> None:
    _, shown = await played(b"answer [2, 3]\n\nanswer ```\n[4, 6]\n```\n", tmp_path)
    assert [line.rstrip("─") for line in shown.split("\n")] == [
        "> answer [2, 3]",
        "… Running your code",
        "✗ Wrong answer ",
        "you sent",
        "    [2, 3]",
        "",
        "> answer ```",
        "| [4, 6]",
        "| ```",
        "… Running your code",
        "✓ Accepted ",
        "you sent",
        "    [4, 6]",
        "",
        "",
    ]


async def test_every_command_of_every_session_has_an_event_id_of_its_own(tmp_path: Path) -> None:
    first, _ = await played(b"today\ntoday\n", tmp_path)
    second, _ = await played(b"today\n", tmp_path)
    assert len({event_id for _, event_id in first.handled + second.handled}) == 3


async def test_a_command_is_about_the_posting_shown_last(tmp_path: Path) -> None:
    service, _ = await played(b"hint\ntoday\nhint\npractice\nme\nanswer 4\ntoday\nanswer 4\n", tmp_path)
    assert [(command.verb, command.posting) for command in commands(service)] == [
        ("hint", None),
        ("today", None),
        ("hint", 7),
        ("practice", 7),
        ("me", 8),
        ("answer", 8),
        ("today", 8),
        ("answer", 7),
    ]


async def test_after_unusable_input_the_next_command_works(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"caf\xe9")
    bad = [
        b"answer " + b"x" * 10_000_000,
        b"answer caf\xe9",
        b"answer latin.py",
        b"answer gone.py",
        b"```\n```",
    ]
    service, shown = await played(b"\n".join([*bad, b"today"]), tmp_path)
    assert commands(service) == [Command("today")]
    assert f"\n{shown}".count("\n! ") == len(bad)
    assert len(shown) < 5000


async def test_a_form_without_a_terminal_is_filled_by_the_next_fence(tmp_path: Path) -> None:
    service, shown = await played(b"try\n```\nx = 1\n```\n", tmp_path)
    assert commands(service) == [Command("try"), Command("try", "x = 1")]
    assert "Write `try` and the answer after it, or put code between ``` fences." in shown


async def test_a_form_that_asks_for_no_answer_says_what_to_write(tmp_path: Path) -> None:
    _, shown = await played(b"report\n", tmp_path)
    assert "Write `report` and what is wrong after it." in shown


async def test_a_fence_left_open_at_the_end_submits_nothing(tmp_path: Path) -> None:
    service, shown = await played(b"today\nanswer ```\nx = 1\n", tmp_path)
    assert commands(service) == [Command("today")]
    assert "never closed, so nothing was submitted" in shown


async def test_quit_ends_before_what_follows(tmp_path: Path) -> None:
    service, _ = await played(b"today\nquit\nhint\n" + b"x\n" * 200_000, tmp_path)
    assert commands(service) == [Command("today")]


async def test_an_answer_can_name_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    service, _ = await played(b"answer mine.py\n", tmp_path)
    assert commands(service) == [Command("answer", "x = 1\n")]


async def test_an_unknown_word_is_answered_with_the_nearest_verb(tmp_path: Path) -> None:
    service, shown = await played(b"anwser 4\n", tmp_path)
    assert commands(service) == [Command("unknown", "anwser 4")]
    assert "Did you mean `answer`?" in shown


async def test_code_without_a_verb_gets_one_note_and_submits_nothing(tmp_path: Path) -> None:
    service, shown = await played(b"def f(x):\n    y = 2 * x\n\n    return y\ntoday\n", tmp_path)
    assert commands(service) == [Command("today")]
    assert shown.count("! That looks like code") == 1
    assert "Write `answer` before it" in " ".join(shown.split())
    assert [line for line in shown.split("\n") if line[:2] in ("> ", "| ")] == [
        "> def f(x):",
        "|     y = 2 * x",
        "|     return y",
        "> today",
    ]


async def test_help_also_tells_what_only_a_terminal_has(tmp_path: Path) -> None:
    _, shown = await played(b"help\n", tmp_path)
    assert "In this terminal" in shown
    for word in ("`answer FILE.py`", "```", "`quit` leaves"):
        assert word in " ".join(shown.split())
    _, about = await played(b"help answer\n", tmp_path)
    assert "In this terminal" not in about


async def test_our_own_faults_lose_nothing_and_the_next_command_works(tmp_path: Path) -> None:
    service, shown = await played(b"me broken store\nme no cell\nme bug\ntoday\n", tmp_path)
    assert len(service.handled) == 4
    assert "The database cannot be written. Make room on the disk.\n\nWhat you sent, so that nothing is lost:" in shown
    assert "No cell could be started." in shown
    assert "Something went wrong on our side" in shown
    assert "Traceback" not in shown


async def test_a_reader_that_stops_early_leaves_no_trace(tmp_path: Path) -> None:
    async def first_of(lines: AsyncIterator[Line]) -> Line:
        return await anext(lines)

    script = tmp_path / "script"
    script.write_bytes(b"first\n" + b"x" * 1_000_000)
    descriptor = os.open(script, os.O_RDONLY)
    assert await asyncio.wait_for(first_of(piped.lines(descriptor)), 10) == "first"
    os.close(descriptor)


def fake_console(
    *arguments: str, home: Path, data: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.platforms.fake_service", *arguments, str(home)],
        input=data,
        capture_output=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_process_without_a_terminal_prints_plain_text_and_closes_what_it_opened(tmp_path: Path) -> None:
    done = fake_console(home=tmp_path, data=b"today\nanswer [4, 6]\nme bug\n")
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert "✓ Accepted" in done.stdout.decode()
    assert done.stderr.decode() == "chainrule: starting two cells…\nchainrule: two cells ready\n"
    assert "ZeroDivisionError" in (tmp_path / "chainrule.log").read_text()
    assert (tmp_path / "closed").exists()


def test_a_terminal_that_is_not_utf_8_shows_escapes_instead_of_failing(tmp_path: Path) -> None:
    done = fake_console(home=tmp_path, data=b"answer [4, 6]\n", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert b"\\u2713 Accepted" in done.stdout


def test_a_process_without_standard_input_at_all_leaves_quietly(tmp_path: Path) -> None:
    command = f"{sys.executable} -m tests.platforms.fake_service {tmp_path} <&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_sigterm_while_waiting_for_input_closes_what_was_opened(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.platforms.fake_service", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"me\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"> me\n"
        process.terminate()
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert (tmp_path / "closed").exists()
