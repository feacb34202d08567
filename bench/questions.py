"""What an author and an operator wait for: proving the bank, reading a file, and starting with a thousand files."""

from __future__ import annotations

import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.authoring.loading import load_folder
from bot.authoring.parsing import READER, parse
from bot.core.questions import Question
from bot.judging.config import choose_cells
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.settings import Settings, load
from bot.store import open_store
from bot.usecases.loading import known_questions, load_questions
from bot.wiring import sandbox_config

FILES = 1000
READS = 5

Tell = Callable[[str], None]


async def measure(tell: Tell) -> Mapping[str, float]:
    """Every figure on questions; the bank is checked in cells as the settings choose them."""
    settings = load()
    bank = sorted(settings.questions_dir.glob("*.md"))
    figures = _reading(bank, tell)
    figures |= await _starting(bank, tell)
    figures |= await _checking(settings, tell)
    return figures


def _reading(bank: Sequence[Path], tell: Tell) -> dict[str, float]:
    tell(f"reading {len(bank)} question files, {READS} times each")
    times = [statistics.median(_timed_read(file.read_bytes(), str(file)) for _ in range(READS)) for file in bank]
    return {"parse_mean_ms": statistics.mean(times), "parse_max_ms": max(times)}


def _timed_read(content: bytes, name: str) -> float:
    began = time.perf_counter()
    parse(content, name)
    return (time.perf_counter() - began) * 1000


async def _starting(bank: Sequence[Path], tell: Tell) -> dict[str, float]:
    tell(f"loading {FILES} files, and then again unchanged")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "questions"
        folder.mkdir()
        for number in range(FILES):
            name, text = f"q-{number}", bank[number % len(bank)].read_text()
            (folder / f"{name}.md").write_text(re.sub(r"^id: .*$", f"id: {name}", text, count=1, flags=re.MULTILINE))
        url = f"sqlite:///{home}/chainrule.db"
        return {"load_1000_new_s": await _load(url, folder), "load_1000_unchanged_s": await _load(url, folder)}


async def _load(url: str, folder: Path) -> float:
    """Seconds a start spends on questions, the database open already."""
    store = await open_store(url)
    try:
        began = time.perf_counter()
        loaded = load_folder(folder, await known_questions(store, READER))
        await load_questions(store, loaded.questions, loaded.broken, READER)
        took = time.perf_counter() - began
    finally:
        await store.close()
    if len(loaded.questions) != FILES:
        raise RuntimeError(f"only {len(loaded.questions)} of {FILES} files were read: {loaded.problems[:1]}")
    return took


async def _checking(settings: Settings, tell: Tell) -> dict[str, float]:
    questions = [question for question, _ in load_folder(settings.questions_dir).questions]
    cells = await choose_cells(sandbox_config(settings), tell)
    tell(f"proving {len(questions)} questions in two {cells.kind} cells")
    torch_import = _torch_import_s(settings.sandbox_python)
    began = time.perf_counter()
    async with ReferenceCells(cells) as reference:
        prover = Prover(cells, reference)
        await asyncio.gather(*(_prove(prover, question) for question in questions))
    took = time.perf_counter() - began
    each = took / len(questions)
    return {
        "check_bank_questions": len(questions),
        "check_bank_s": took,
        "check_per_question_s": each,
        "torch_import_s": torch_import,
        "check_per_question_per_torch_import": each / torch_import,
    }


async def _prove(prover: Prover, question: Question) -> None:
    proof = await prover.prove(question)
    if not proof.ok:
        raise RuntimeError(f"{question.id} is not proven: {proof.checks}")


def _torch_import_s(python: Path) -> float:
    """What any check that starts an interpreter for each run would spend before it runs anything."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run((str(python), "-c", "import torch"), check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)
