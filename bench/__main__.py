"""``python -m bench [sandbox|chat|queue …] [--json]``: every figure of docs/performance.md, in one run."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeAlias

from bench import chat, questions, queue, sandbox, store

Part: TypeAlias = Callable[[Callable[[str], None]], Coroutine[None, None, Mapping[str, float]]]
PARTS: Mapping[str, Part] = {
    "sandbox": sandbox.measure,
    "questions": questions.measure,
    "chat": chat.measure,
    "store": store.measure,
    "queue": queue.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and print the figures.")
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="which figures; all without")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    for name in options.part or PARTS:
        figures |= asyncio.run(PARTS[name](lambda text: print(text, file=sys.stderr, flush=True)))
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:32} {value:12.3f}")


if __name__ == "__main__":
    main()
