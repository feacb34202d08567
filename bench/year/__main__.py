"""``python -m bench.year [--days N]``: live through a year, and print what it came to."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path

import structlog

from bench.year.recap import recap
from bench.year.story import DAYS, begin, live
from bench.year.world import world_at

# Where there is one, a file system in memory: waiting for the disk thousands of times says nothing about a year.
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


async def _lived(days: int) -> str:
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        async with world_at(Path(folder) / "year.db", begin()) as world:
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)
            return await recap(await live(world, days))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.year", description="Live through a year in three places.")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how long a year is (default {DAYS})")
    # What the bot warns of is no part of the page.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    began = time.perf_counter()
    print(asyncio.run(_lived(parser.parse_args().days)), end="")
    print(f"{time.perf_counter() - began:.0f} s, {time.process_time():.0f} s of a core", file=sys.stderr)


if __name__ == "__main__":
    main()
