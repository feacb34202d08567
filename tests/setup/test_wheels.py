"""Where torch comes from, decided with a pip that only pretends."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import wheels
from scripts.steps import Stop

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "sandbox" / "requirements.txt"
MISSING = "ERROR: No matching distribution found for torch==2.13.0+cpu"
INDEX = "https://download.pytorch.org/whl/cpu"

PIP = """#!/bin/sh
echo "$@" >> "{calls}"
n=$(wc -l < "{calls}")
case $n in
{cases}
esac
"""


def pretend(folder: Path, answers: list[tuple[int, str]]) -> tuple[Path, Path]:
    """A Python whose pip gives one answer after another, and the file its calls are written to."""
    calls = folder / "calls"
    cases = "\n".join(f"{n}) echo '{text}'; exit {status};;" for n, (status, text) in enumerate(answers, 1))
    python = folder / "python"
    python.write_text(PIP.format(calls=calls, cases=cases))
    python.chmod(0o755)
    return python, calls


@pytest.mark.parametrize(
    ("answers", "indexes"),
    [
        ([(0, "ok")], [False]),
        ([(1, MISSING), (0, "ok")], [False, True]),
        ([(1, "ERROR: Could not find a version that satisfies the requirement"), (0, "ok")], [False, True]),
    ],
    ids=["configured sources have it", "they do not", "they have another version"],
)
def test_torchs_own_index_is_asked_only_where_the_configured_sources_lack_it(
    tmp_path: Path, answers: list[tuple[int, str]], indexes: list[bool]
) -> None:
    python, calls = pretend(tmp_path, answers)
    wheels.install(python, REQUIREMENTS, log="test-wheels.log")
    assert [f"--extra-index-url {INDEX}" in call for call in calls.read_text().splitlines()] == indexes


@pytest.mark.parametrize(
    ("answers", "message", "count"),
    [
        ([(1, "ERROR: No space left on device")], "No space left on device", 1),
        ([(1, MISSING), (1, "Connection refused")], "neither in the configured package sources nor at", 2),
    ],
    ids=["another failure is not a missing wheel", "found nowhere"],
)
def test_a_failure_says_what_happened_and_ends_the_search(
    tmp_path: Path, answers: list[tuple[int, str]], message: str, count: int
) -> None:
    python, calls = pretend(tmp_path, answers)
    with pytest.raises(Stop, match=message):
        wheels.install(python, REQUIREMENTS, log="test-wheels.log")
    assert len(calls.read_text().splitlines()) == count


def test_the_pin_names_the_cpu_build_which_no_cuda_wheel_satisfies() -> None:
    from packaging.requirements import Requirement

    lines = REQUIREMENTS.read_text().splitlines()
    (torch,) = [Requirement(line) for line in lines if line.startswith("torch")]
    assert torch.specifier.contains("2.13.0+cpu")
    assert not any(torch.specifier.contains(other) for other in ("2.13.0", "2.13.0+cu130", "2.13.1+cpu"))


def test_wheels_for_the_image_are_those_of_its_python_and_system(tmp_path: Path) -> None:
    python, calls = pretend(tmp_path, [(0, "ok")])
    wheels.download(python, REQUIREMENTS, tmp_path / "wheels", machine="aarch64", log="test-wheels.log")
    words = calls.read_text().split()
    assert words[words.index("--python-version") + 1] == "3.11"
    assert "manylinux_2_28_aarch64" in words
    assert words[words.index("--only-binary") + 1] == ":all:"
