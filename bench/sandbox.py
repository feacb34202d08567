"""How long a learner waits, and what it costs, beside a bare fork and beside the obvious design."""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench import footprint
from bench.containers import run_once
from bot.authoring.loading import load_folder
from bot.core.questions import CodeTask, Question
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.settings import load
from sandbox.docker_cell import DockerCells, engine_status
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, Pool, fresh_cell

RATE_PER_SECOND = 20
ARRIVALS = 2_000
BACK_TO_BACK = 300
SATURATING = 600
NAIVE_RUNS = 5
FORKS = 200
SEED_QUESTION = "square-gradient-code"

REFERENCE_FORK = f"""
import os, time, torch
times = []
for _ in range({FORKS}):
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    times.append(time.perf_counter() - began)
print(sorted(times)[len(times) // 2] * 1000)
"""
NAIVE = """
import torch
x = torch.tensor([2., 3.], requires_grad=True)
(x ** 2).sum().backward()
print(x.grad)
"""

Tell = Callable[[str], None]


async def measure(tell: Tell) -> Mapping[str, float]:
    """Every sandbox figure; the Docker ones only where an engine has our image."""
    settings = load()
    question = _seed_question(settings.questions_dir)
    status = await engine_status(settings.docker_host or None, settings.image or None)
    figures: dict[str, float] = {}
    local = LocalCells(settings.sandbox_python)
    if status.advice:
        tell(f"no Docker figures: {status.advice}")
    else:
        docker = DockerCells(settings.docker_host or None, settings.image or None)
        figures |= await _docker_figures(docker, question, tell)
    figures |= await _under_load(local, question, "local", tell)
    figures["bot_rss_mb"] = _bot_rss_mb()
    return figures


async def _docker_figures(docker: DockerCells, question: Question, tell: Tell) -> dict[str, float]:
    figures = {"reference_fork_before_ms": await _reference_fork(docker, tell)}
    figures |= await _under_load(docker, question, "docker", tell)
    figures |= await _back_to_back(docker, question, tell)
    figures |= await _saturated(docker, question, tell)
    figures |= await _starting(docker, tell)
    tell("docker: a realistic job, a cell's neighbours, and what a submission has to itself")
    figures["realistic_ms"] = await footprint.realistic_ms(docker)
    figures |= await footprint.under_attack(docker)
    figures |= await footprint.memory(docker)
    figures |= await footprint.soak(docker, tell)
    figures["naive_docker_ms"] = await _naive(docker, tell)
    figures["reference_fork_after_ms"] = await _reference_fork(docker, tell)
    reference = (figures["reference_fork_before_ms"] + figures["reference_fork_after_ms"]) / 2
    figures["reference_fork_ms"] = reference
    figures["docker_p50_per_reference_fork"] = figures["docker_p50_ms"] / reference
    figures["docker_p99_per_reference_fork"] = figures["docker_p99_ms"] / reference
    figures["docker_b2b_per_reference_fork"] = figures["docker_b2b_p50_ms"] / reference
    figures["two_cells_share"] = figures["two_cells_per_s"] / (2 * 1000 / reference)
    figures["realistic_per_reference_fork"] = figures["realistic_ms"] / reference
    figures["naive_per_docker_p50"] = figures["naive_docker_ms"] / figures["docker_p50_ms"]
    return figures


async def _reference_fork(docker: DockerCells, tell: Tell) -> float:
    tell("a bare fork of a process that imported torch, in a container with the same options")
    return float(await asyncio.to_thread(run_once, docker, REFERENCE_FORK))


async def _naive(docker: DockerCells, tell: Tell) -> float:
    tell(f"the obvious design: {NAIVE_RUNS} containers that import torch and run once")
    times = []
    for _ in range(NAIVE_RUNS):
        began = time.perf_counter()
        await asyncio.to_thread(run_once, docker, NAIVE)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


async def _under_load(cells: Cells, question: Question, name: str, tell: Tell) -> dict[str, float]:
    tell(f"{name}: {ARRIVALS} arrivals at {RATE_PER_SECOND}/s on two cells")
    draw = random.Random(1)
    async with Pool(cells, 2) as pool, ReferenceCells(cells) as reference:
        judge = await _warm(cells, pool, reference, question)
        waiting = []
        for _ in range(ARRIVALS):
            waiting.append(asyncio.create_task(_timed(judge)))
            await asyncio.sleep(draw.expovariate(RATE_PER_SECOND))
        times = sorted(await asyncio.gather(*waiting))
    return {f"{name}_p50_ms": times[len(times) // 2], f"{name}_p99_ms": times[int(len(times) * 0.99)]}


async def _back_to_back(cells: Cells, question: Question, tell: Tell) -> dict[str, float]:
    tell("docker: back to back on one cell")
    async with Pool(cells, 1) as pool, ReferenceCells(cells) as reference:
        judge = await _warm(cells, pool, reference, question)
        times = [await _timed(judge) for _ in range(BACK_TO_BACK)]
    return {"docker_b2b_p50_ms": statistics.median(times)}


async def _saturated(cells: Cells, question: Question, tell: Tell) -> dict[str, float]:
    tell("docker: as many as two cells can take")
    async with Pool(cells, 2) as pool, ReferenceCells(cells) as reference:
        judge = await _warm(cells, pool, reference, question)
        began = time.perf_counter()
        await asyncio.gather(*(_worker(judge, SATURATING // 4) for _ in range(4)))
        return {"two_cells_per_s": SATURATING / (time.perf_counter() - began)}


async def _worker(judge: Callable[[], Awaitable[None]], count: int) -> None:
    for _ in range(count):
        await judge()


async def _starting(cells: Cells, tell: Tell) -> dict[str, float]:
    tell("docker: starting a cell")
    times = []
    pss = 0
    for _ in range(3):
        began = time.perf_counter()
        async with fresh_cell(cells) as client:
            times.append(time.perf_counter() - began)
            pss = client.readiness.pss_kb
    return {"cell_start_s": statistics.median(times), "cell_pss_mb": pss / 1024}


async def _timed(judge: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await judge()
    return (time.perf_counter() - began) * 1000


async def _warm(
    cells: Cells, pool: Pool, reference: ReferenceCells, question: Question
) -> Callable[[], Awaitable[None]]:
    """A call that has the seed question's solution judged; its cells have run a few already."""
    judge = CellJudge(pool, reference, Prover(cells, reference))
    trials = await judge.draw_trials(question, range(64))
    assert isinstance(question.task, CodeTask)
    code = question.task.solution
    draw = random.Random(2)

    async def submit() -> None:
        verdict = await judge.judge(question, code, draw.sample(trials, 3), ())
        if not verdict.accepted:
            raise RuntimeError(f"the solution was not accepted: {verdict}")

    await asyncio.gather(*(submit() for _ in range(20)))
    await asyncio.sleep(7)  # the reference cells go, and everything settles
    return submit


def _seed_question(folder: Path) -> Question:
    loaded = load_folder(folder)
    return next(question for question, _ in loaded.questions if question.id == SEED_QUESTION)


def _bot_rss_mb() -> float:
    output = subprocess.run((sys.executable, "-m", "bench.bot_memory"), capture_output=True, text=True, check=True)
    return float(output.stdout)
