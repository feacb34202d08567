"""check and grade in real local cells, on real files: what they print, and the exit codes they end with."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.authoring.template import template
from bot.cli.check import check
from bot.cli.grade import Asked, grade
from bot.core.questions import Bank
from bot.judging.config import SandboxConfig
from bot.judging.reference_cells import ReferenceCells
from bot.usecases.banks import HANDFUL
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, Pool

RIGHT = b"def gradient(x):\n    return 2 * x\n"
WRONG = b"def gradient(x):\n    print('three')\n    return 3 * x\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm(sandbox_python: Path) -> AsyncIterator[tuple[Pool, ReferenceCells]]:
    """A cell for answers and two for authors' code, kept for the module: every command starting its own would take most
    of its time. That they do start them is tested in test_author_processes.py."""
    cells = LocalCells(sandbox_python)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.judging.reference_cells.IDLE_SECONDS", 600)
        async with Pool(cells, 1) as pool, ReferenceCells(cells) as reference:
            yield pool, reference


@pytest.fixture
def config(sandbox_python: Path, warm: tuple[Pool, ReferenceCells], monkeypatch: pytest.MonkeyPatch) -> SandboxConfig:
    """What the commands are given, and the cells they then find started."""
    pool, reference = warm

    def kept(cells: Cells, size: int) -> contextlib.AbstractAsyncContextManager[Pool]:
        return contextlib.nullcontext(pool) if size else Pool(cells, size)

    monkeypatch.setattr("bot.cli.grade.Pool", kept)
    for command in ("check", "grade"):
        monkeypatch.setattr(f"bot.cli.{command}.ReferenceCells", lambda _: contextlib.nullcontext(reference))
    return SandboxConfig("local", 1, str(sandbox_python))


@pytest.fixture
def bank() -> Path:
    return Path(__file__).parents[1] / "questions"


@pytest.fixture
def told() -> list[str]:
    return []


# --- check -------------------------------------------------------------------------------------------------


async def test_every_file_is_checked_whatever_is_wrong_with_the_others(
    tmp_path: Path, config: SandboxConfig, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = template("sound", "code")
    (tmp_path / "sound.md").write_text(code)
    (tmp_path / "unread.md").write_text(code.replace("id: sound", "id: unread").replace("level: ", "levle: "))
    (tmp_path / "renamed.md").write_text(code)
    loop = re.sub(
        r"(## Solution\n.*?```python\n).*?```", r"\1def NAME(*x):\n    raise KeyError('x')\n```", code, flags=re.DOTALL
    )
    entry = re.search(r"^entry: (\w+)", code, re.MULTILINE)
    assert entry is not None
    (tmp_path / "raises.md").write_text(loop.replace("NAME", entry[1]).replace("id: sound", "id: raises"))
    assert await check(config, [tmp_path], told.append, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    files = {Path(file["file"]).stem: file for file in found["files"]}
    assert {name: file["ok"] for name, file in files.items()} == {
        "raises": False,
        "renamed": False,
        "sound": True,
        "unread": False,
    }
    assert [problem["what"] for problem in files["renamed"]["problems"]] == ["the id `sound` is not the file's name"]
    assert "unknown key `levle`" in [problem["what"] for problem in files["unread"]["problems"]]
    assert all(set(problem) == {"line", "what", "mend"} for problem in files["unread"]["problems"])
    failing = [row for row in files["raises"]["checks"] if row["state"] == "failed"]
    assert [(row["name"], set(row)) for row in failing] == [
        ("solution", {"name", "state", "detail", "mend", "section", "line"})
    ]
    lines = (tmp_path / "raises.md").read_text().splitlines()
    assert "raise KeyError" in lines[failing[0]["line"] - 1]
    assert files["sound"]["id"] == "sound"
    assert files["unread"]["id"] is None


async def test_one_file_is_told_row_by_row(
    bank: Path, config: SandboxConfig, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await check(config, [bank / "square-gradient.md"], told.append, as_json=False) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("✓ proven  square-gradient.md\n")
    assert all(f"✓ ok  {row}" in shown for row in ("format", "solution", "wrong answer 1", "size"))


async def test_a_failed_row_begins_with_its_place_in_the_file(
    tmp_path: Path, config: SandboxConfig, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cut.md"
    text = template("cut", "choice")
    file.write_text(re.sub(r"(## Proof\n.*?```python\n).*?```", r"\1x = 1\nassert x > 2\n```", text, flags=re.DOTALL))
    line = file.read_text().splitlines().index("assert x > 2") + 1
    assert await check(config, [file], told.append, as_json=False) == 1
    assert f"✗ failed  proof   cut.md:{line}: the proof fails: assert x > 2" in capsys.readouterr().out


async def test_a_file_with_mistakes_is_told_line_by_line_and_starts_no_cell(
    tmp_path: Path, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.md"
    file.write_text("---\nformat: 1\nid: x\nkindd: value\n---\n")
    no_cells = SandboxConfig("local", 1, str(tmp_path / "no-python"))
    assert await check(no_cells, [file], told.append, as_json=False) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"✗ not a question  {file}"
    assert all(re.match(rf"{re.escape(str(file))}:\d+: .+; .+", line) for line in lines[1:])
    assert any("did you mean `kind`?" in line for line in lines)
    assert told == []


def missing(folder: Path) -> Path:
    return folder / "nothing.md"


def empty(folder: Path) -> Path:
    return folder


def no_file(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


@pytest.mark.parametrize("file", [missing, empty, no_file])
async def test_what_cannot_be_read_ends_with_2(
    file: Callable[[Path], Path], tmp_path: Path, config: SandboxConfig, told: list[str]
) -> None:
    assert await check(config, [file(tmp_path)], told.append, as_json=False) == 2


async def test_a_sandbox_that_does_not_start_ends_with_3(
    bank: Path, tmp_path: Path, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = SandboxConfig("local", 1, str(tmp_path / "no-python"))
    question = bank / "square-gradient-code.md"
    assert await check(config, [question], told.append, as_json=False) == 3
    assert await grade(config, Asked(question, RIGHT), told.append, as_json=True) == 3
    assert capsys.readouterr().out == ""
    assert [sentence for sentence in told if "chainrule doctor" in sentence] == [told[1], told[3]]


# --- grade -------------------------------------------------------------------------------------------------


GRADED = [
    ("square-gradient-code", RIGHT, 0, "accepted", "right values on all 3 trials"),
    ("square-gradient-code", WRONG, 1, "wrong answer", "result is wrong"),
    ("square-gradient-code", b"def gradient(x):\n    return x.nothing", 1, "runtime error", "AttributeError in line 2"),
    ("square-gradient-code", b"\xff\xfe\x00", 1, "unreadable", "not UTF-8"),
    ("square-gradient-code", b"", 1, "unreadable", "empty"),
    ("square-gradient", b"[4, 6]", 0, "accepted", "Right"),
    ("square-gradient", b"[2, 3]", 1, "wrong answer", "That is"),
    ("which-tensor-has-grad", b"B\n", 1, "wrong answer", ""),
    ("which-tensor-has-grad", b"Z", 1, "unreadable", ""),
    ("square-gradient", b"][", 1, "unreadable", "could not read"),
]


@pytest.mark.parametrize(("name", "answer", "code", "verdict", "message"), GRADED)
async def test_an_answer_is_graded(
    name: str,
    answer: bytes,
    code: int,
    verdict: str,
    message: str,
    bank: Path,
    config: SandboxConfig,
    told: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await grade(config, Asked(bank / f"{name}.md", answer), told.append, as_json=True) == code
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"verdict", "diagnosis", "trials", "ms", "output", "message"}
    assert found["verdict"] == verdict
    assert message in found["message"]
    if name == "square-gradient-code" and verdict != "unreadable":
        assert found["trials"] == {"passed": 3 if code == 0 else 0, "total": 3}
        assert found["ms"] > 0
    assert found["output"] == ("three\n" * HANDFUL[Bank.PUBLIC] if answer == WRONG else "")


async def test_a_personal_question_is_graded_on_the_numbers_it_tells(
    bank: Path, config: SandboxConfig, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = bank / "personal-square.md"
    right = []
    for variant in (0, 5):
        assert await grade(config, Asked(file, b"[1000, 1000]", variant), told.append, as_json=False) == 1
        right.append(told[-1])
    assert all(re.fullmatch(r"the numbers are a = .+, b = .+", sentence) for sentence in right)
    assert right[0] != right[1]
    assert "Wrong answer" in capsys.readouterr().out


async def test_the_author_of_a_personal_question_speaks_in_markdown_with_the_numbers_filled_in(
    bank: Path, config: SandboxConfig, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await grade(config, Asked(bank / "personal-square.md", b"0"), told.append, as_json=True) == 1
    a, b = (int(number) for number in re.findall(r"[ab] = (\d+)", told[-1]))
    capsys.readouterr()
    vanishes = f"[{2 * a}, {-4 * a}]".encode()
    assert await grade(config, Asked(bank / "personal-square.md", vanishes), told.append, as_json=False) == 1
    assert f"A constant that is added would vanish, but {b} is a factor of x." in " ".join(
        capsys.readouterr().out.split()
    )


async def test_nothing_is_accepted_on_fewer_trials_than_an_answer_is_judged_on(
    bank: Path, tmp_path: Path, config: SandboxConfig, told: list[str]
) -> None:
    text = (bank / "square-gradient-code.md").read_text()
    # Both runs of the solution count alike, so that they agree: all but the first two draws are all zeros.
    inputs = (
        "## Inputs\n\n```python\nimport torch\n\ndrawn = []\n\n\ndef inputs(generator):\n    drawn.append(1)\n"
        '    return {"x": torch.randn(3, 4, generator=generator) * (len(drawn) <= 2)}\n```\n'
    )
    file = tmp_path / "square-gradient-code.md"
    file.write_text(re.sub(r"## Inputs\n.*?\n```\n", lambda _: inputs, text, flags=re.DOTALL))
    assert await grade(config, Asked(file, RIGHT), told.append, as_json=True) == 2
    assert "only 2 of 8 trials can tell right from wrong" in told[-1]


BAD_GRADES = [
    ("no-such-question", 0, "is not a question file"),
    ("square-gradient", 1, "since it is not personal"),
    ("personal-square", 16, "from 0 to 15"),
]


@pytest.mark.parametrize(("name", "variant", "sentence"), BAD_GRADES)
async def test_there_must_be_something_to_grade_by(
    name: str, variant: int, sentence: str, bank: Path, config: SandboxConfig, told: list[str]
) -> None:
    assert await grade(config, Asked(bank / f"{name}.md", b"1", variant), told.append, as_json=True) == 2
    assert sentence in told[-1]


async def test_a_question_that_is_not_sound_cannot_be_graded_by(
    tmp_path: Path, config: SandboxConfig, told: list[str]
) -> None:
    text = template("unsound", "value")
    (tmp_path / "unsound.md").write_text(
        re.sub(r"(## Snippet\n.*?```python\n).*?```", r"\1raise KeyError('x')\n```", text, flags=re.DOTALL)
    )
    assert await grade(config, Asked(tmp_path / "unsound.md", b"[0.5, 0.5]"), told.append, as_json=True) == 2
    assert "is not sound" in told[-1]
    assert f"chainrule check {tmp_path}/unsound.md" in told[-1]
