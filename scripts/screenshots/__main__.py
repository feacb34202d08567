"""``python -m scripts.screenshots [--to FOLDER] [--width PIXELS] [--only NAME]``: draw docs/chat anew."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path

from bot.judging.child_process import ChildProcessJudge
from bot.judging.config import SandboxConfig
from bot.settings import load
from scripts.screenshots import on_discord, on_slack
from scripts.screenshots.pictures import studio
from scripts.screenshots.scenes import MORNING, play
from scripts.steps import CACHE, ROOT, Stop, apt_install, is_root_on_debian, locked, main, run, tell
from tests.test_same_day import a_world

TARGET = ROOT / "docs/chat"
HERE = Path(__file__).parent
_PROGRAMS = ("chromium", "node", "npm")
_PACKAGES = {"chromium": "chromium", "node": "nodejs", "npm": "npm"}
_SIDES = {"discord": on_discord.played, "slack": on_slack.played}


def screenshots(target: Path, width: int, sides: list[str]) -> int:
    """Draw every scene; nothing is written unless all could be drawn. Raises :class:`Stop`."""
    _programs()
    _node_modules()
    asyncio.run(_drawn(target, width, sides))
    return 0


def _programs() -> None:
    missing = [_PACKAGES[name] for name in _PROGRAMS if not shutil.which(name)]
    if missing and is_root_on_debian():
        apt_install(*missing)
    elif missing:
        raise Stop(f"The pictures are drawn with {', '.join(_PROGRAMS)}: install {', '.join(missing)} and run again.")


def _node_modules() -> None:
    """What package-lock.json names, installed when it changed."""
    lock = HERE / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = HERE / "node_modules/made-from"
    with locked(str(CACHE / "screenshots.lock"), "Another make draws in this folder; waiting for it"):
        if not stamp.exists() or stamp.read_text() != wanted:
            tell("Setting up scripts/screenshots/node_modules: what draws Slack's blocks")
            command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", HERE)
            run("npm ci", command, log="screenshots.log")
            stamp.write_text(wanted)


async def _drawn(target: Path, width: int, sides: list[str]) -> None:
    config = SandboxConfig(sandbox="local", cells=1, python=str(load().sandbox_python))
    chromium = shutil.which("chromium")
    assert chromium is not None
    async with ChildProcessJudge(config.dump()) as judge, studio(chromium, width) as drawing:
        for side in sides:
            tell(f"Playing a day on {side.capitalize()}")
            with tempfile.TemporaryDirectory() as folder:
                async with a_world(Path(folder), judge) as world:
                    world.now = MORNING
                    await _SIDES[side](world, play, drawing)
        drawing.put_into(target)
    tell(f"Drew {len(drawing.taken)} pictures into {target}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screenshots", description="Draw the pictures of docs/chat anew.")
    parser.add_argument("--to", type=Path, default=TARGET, metavar="FOLDER")
    parser.add_argument("--width", type=int, default=700, metavar="PIXELS")
    parser.add_argument("--only", choices=sorted(_SIDES))
    return parser.parse_args()


if __name__ == "__main__":
    asked = _asked()
    main(lambda: screenshots(asked.to, asked.width, [asked.only] if asked.only else list(_SIDES)))
