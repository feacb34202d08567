"""The attacks: one file each, its first comment block in TOML saying what is tried, what stops it, and what is seen.

``title``: what the code tries. ``defence``: what stops it. ``without``: the names of what is switched off to show that
it would succeed otherwise (see :mod:`tests.sandbox.attacks.weakening`). ``holds``: the outcome, or the outcomes, where
the defence stands; ``falls``: the one where it does not. ``as``: ``run`` for a report of a cell, ``verdict`` for what
the judge says of it as an answer to the question below. ``checker``: of a forged verdict, which naive checker believes
it (see :mod:`tests.sandbox.attacks.naive`). ``local``: why a local cell cannot stop it, where that is so.
``prelude``: the file of ``preludes`` whose names the code uses; it is put in front of it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "catalogue"
PRELUDES = Path(__file__).parent / "preludes"
FIELDS = {"title", "defence", "without", "holds", "falls", "as", "wall_ms", "trials", "local", "checker", "prelude"}


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack; ``name`` is its folder and file."""

    name: str
    title: str
    defence: str
    without: tuple[str, ...]
    holds: tuple[str, ...]
    falls: str
    source: str
    judged: bool = False
    wall_ms: int = 2000
    trials: int = 1
    local: str = ""
    checker: str = "allclose"


def attacks() -> tuple[Attack, ...]:
    """Every attack there is, by name. Raises :class:`ValueError` for a file that does not say what it must."""
    return tuple(read(path) for path in sorted(FOLDER.glob("*/*.py")))


def read(path: Path) -> Attack:
    """The attack in one file. Raises :class:`ValueError`."""
    text = path.read_text(encoding="utf-8")
    head = "\n".join(itertools.takewhile(lambda line: line.startswith("#"), text.splitlines()))
    try:
        said = tomllib.loads(re.sub("^#", "", head, flags=re.MULTILINE))
        if unknown := set(said) - FIELDS:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        holds = said["holds"]
        return Attack(
            name=f"{path.parent.name}/{path.stem}",
            title=said["title"],
            defence=said["defence"],
            without=tuple(said["without"]),
            holds=(holds,) if isinstance(holds, str) else tuple(holds),
            falls=said["falls"],
            source=_after(said.get("prelude", ""), head, text),
            judged={"run": False, "verdict": True}[said.get("as", "run")],
            wall_ms=said.get("wall_ms", 2000),
            trials=said.get("trials", 1),
            local=said.get("local", ""),
            checker=said.get("checker", "allclose"),
        )
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}") from error


def _after(prelude: str, head: str, text: str) -> str:
    """``text`` with the prelude of that name, if any, behind its head."""
    if not prelude:
        return text
    return f"{head}\n\n{(PRELUDES / f'{prelude}.py').read_text(encoding='utf-8')}{text.removeprefix(head)}"
