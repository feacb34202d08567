"""The house rules a machine can keep: who imports whom, and how long things get."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STANDARD = sys.stdlib_module_names
MODULES = sorted(
    path.relative_to(ROOT) for part in ("bot", "sandbox", "scripts") for path in (ROOT / part).rglob("*.py")
)
SET_UP = (
    "steps",
    "prepare",
    "wheels",
    "engine",
    "image",
    "deployment",
    "with_docker",
)  # runs before anything is installed
LIBRARIES = {name for name in packages_distributions() if name not in {"bot", "sandbox"}} | {"torch", "discord"}
MAX_FUNCTION, MAX_MODULE = 50, 300

# Of everything below the folder (or of the module) only these may be imported, beside the standard library.
ALLOWED = {
    "bot/core": ("bot.core", "numpy", "sandbox.protocol", "sandbox.values"),
    "sandbox/cell": ("sandbox.cell", "sandbox.frames", "sandbox.protocol", "sandbox.values", "torch", "numpy"),
    "sandbox/frames.py": ("sandbox.protocol", "sandbox.values"),
    "sandbox/protocol.py": ("sandbox.values",),
    "sandbox/values.py": (),
    "sandbox/image.py": (),
    **{f"scripts/{name}.py": ("scripts", "sandbox.image") for name in SET_UP},
}
# Below the folder, these may not be imported.
FORBIDDEN = {
    "bot/core": ("zoneinfo.available_timezones",),  # it reads the disk
    "sandbox": ("bot", "scripts"),
    "bot": ("scripts", "sandbox.cell"),
    "bot/usecases": ("bot.platforms", "bot.store", "bot.judging", "bot.wiring", "bot.settings"),
    "bot/platforms": ("bot.store", "bot.judging"),
    "bot/store": ("bot.platforms", "bot.usecases", "bot.judging"),
    "bot/judging": ("bot.platforms", "bot.usecases", "bot.store"),
}
# These may be imported nowhere else.
ONLY_IN = {
    "docker": "sandbox/docker_cell.py",
    "pydantic_settings": "bot/settings.py",
    "torch": "sandbox/cell",
    "fsrs": "bot/usecases/memories.py",
    "sqlalchemy": "bot/store",
    "procrastinate": "bot/store",
    "psycopg": "bot/store",
    "prompt_toolkit": "bot/platforms/console",
    "discord": "bot/platforms/discord_chat",
    "slack_bolt": "bot/platforms/slack_chat",
    "slack_sdk": "bot/platforms/slack_chat",
}


def imports(module: Path) -> Iterator[str]:
    """Dotted names a module imports, at its top or anywhere inside."""
    package = module.with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*near, *filter(None, [node.module])))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def within(name: str, parts: tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def lies_in(module: Path, place: str) -> bool:
    return module == Path(place) or Path(place) in module.parents


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_its_place_allows(module: Path) -> None:
    names = set(imports(module))
    wrong = {
        name
        for name in names
        for place, allowed in ALLOWED.items()
        if lies_in(module, place) and name.partition(".")[0] not in STANDARD and not within(name, allowed)
    }
    wrong |= {
        name
        for name in names
        for place, forbidden in FORBIDDEN.items()
        if lies_in(module, place) and within(name, forbidden)
    }
    wrong |= {
        name
        for name in names
        for library, place in ONLY_IN.items()
        if within(name, (library,)) and not lies_in(module, place)
    }
    assert wrong == set()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_is_named_like_a_library(module: Path) -> None:
    name = module.stem if module.stem != "__init__" else module.parent.name
    assert name not in LIBRARIES


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_and_its_functions_stay_short(module: Path) -> None:
    text = (ROOT / module).read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name for node in functions if (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION}
    assert (text.count("\n") <= MAX_MODULE, long) == (True, set())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn", {"torch.nn"}),
        ("def f():\n    from bot import store", {"bot.store"}),
        ("from ..store import tables", {"bot.store.tables"}),
        ("from . import cards", {"bot.core.cards"}),
    ],
)
def test_every_way_of_importing_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, expected: set[str]
) -> None:
    module = Path("bot/core/module.py")
    (tmp_path / module).parent.mkdir(parents=True)
    (tmp_path / module).write_text(source)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert set(imports(module)) == expected
