"""A judge of its own, as a process: sweeps, runs as many submissions as it is told, says what it saw as JSON."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from sandbox.docker_cell import DockerCells
from sandbox.local_cell import LocalCells
from sandbox.pool import Cells, Pool
from tests.sandbox.faulty import FaultyCells, submissions


async def judge(cells: Cells, count: int) -> dict[str, object]:
    tapped = FaultyCells(cells)
    wrong: list[str] = []
    removed = 0
    async with Pool(tapped, 2) as pool:
        for submission in submissions(count, random.Random(count)):
            if isinstance(cells, DockerCells):
                removed += await cells.sweep()
            report = await pool.run(submission.job)
            if not submission.right(report):
                wrong.append(f"{submission.what}: {report}")
    return {"slots": [cell.slot.number for cell in tapped.started], "wrong": wrong, "swept": removed}


if __name__ == "__main__":
    kind, count, *where = sys.argv[1:]
    asked = LocalCells(Path(where[0])) if kind == "local" else DockerCells(*where)
    print(json.dumps(asyncio.run(judge(asked, int(count)))))
