"""torch for the CPU, wherever it comes from: the configured package sources first, then PyTorch's own CPU index.

The pin carries its build (``torch==2.13.0+cpu``), which no CUDA wheel satisfies: where neither place has it, nothing
is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.steps import CACHE, Output, Stop, attempt, tell

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_NOT_FOUND = ("No matching distribution found", "Could not find a version that satisfies")
_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def install(python: Path, requirements: Path, *, log: str) -> None:
    """Install ``requirements`` into the environment of ``python``. Raises :class:`Stop`."""
    _from_either("install", (python, "-m", "pip", "install", "-r", requirements), log)


def download(python: Path, requirements: Path, folder: Path, *, machine: str, log: str) -> None:
    """Download the wheels of ``requirements`` for the image's Python 3.11 into ``folder``. Raises :class:`Stop`."""
    target = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"]
    target += ["--abi", "abi3", "--abi", "none"]
    for glibc in ("_2_28", "_2_27", "_2_17", "2014"):
        target += ["--platform", f"manylinux{glibc}_{machine}"]
    _from_either("download", (python, "-m", "pip", "download", "-r", requirements, "-d", folder, *target), log)


def _from_either(what: str, command: Sequence[str | Path], log: str) -> None:
    title = f"{what}ing torch and what it needs"
    first = _pip(title, command, log)
    if first.status == 0:
        return
    if not any(words in first.text for words in _NOT_FOUND):
        raise Stop(f"{title} failed; the end of {first.log}:\n{first.tail()}")
    tell(f"The configured package sources have no CPU build of torch; asking {CPU_INDEX}")
    second = _pip(title, (*command, "--extra-index-url", CPU_INDEX), log)
    if second.status:
        raise Stop(
            f"The CPU build of torch was found neither in the configured package sources nor at {CPU_INDEX}: check the"
            f" network and pip's configuration and run again; the end of {second.log}:\n{second.tail()}"
        )


def _pip(title: str, command: Sequence[str | Path], log: str) -> Output:
    """Run pip; on a terminal it draws its own progress bars, otherwise we tell where it is."""
    if not sys.stderr.isatty():
        return attempt(title, command, log=log, env=_QUIET)
    path = CACHE / log
    path.unlink(missing_ok=True)
    status = subprocess.run(
        [*map(str, command), "--log", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, **_QUIET},
        check=False,
    ).returncode
    return Output(status, path.read_text(errors="replace") if path.exists() else "", path)
