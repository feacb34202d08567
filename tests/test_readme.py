"""What the README promises is there: every command, every setting, every link."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bot.cli import app
from bot.core.commands import VERBS, typed
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCS = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^)make (\w+)", README, re.MULTILINE))))
def test_every_make_target_named_is_there(target: str) -> None:
    assert subprocess.run(("make", "-n", target), cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE))
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    # Where data lives by default follows a convention of the system, not a setting of ours.
    assert documented == aliases - {"XDG_DATA_HOME"}


def test_every_command_is_named() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {name for name in commands if not re.search(rf"chainrule {name}\b", README)} == set()


def test_every_verb_that_can_be_said_is_named() -> None:
    said = {typed(verb.name) for verb in VERBS.values() if not verb.hidden}
    assert {words for words in said if f"`{words}" not in README} == set()


@pytest.mark.parametrize("page", [ROOT / "README.md", *DOCS], ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *DOCS], ids=lambda page: page.name)
def test_every_file_named_in_code_style_exists(page: Path) -> None:
    named = re.findall(r"`((?:sandbox|bot|tests|docs|bench|scripts)/[\w./-]+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []
