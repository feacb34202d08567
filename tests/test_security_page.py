"""What the page on security names is there: attacks, tests, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings
from scripts.image import BASE_VARIABLE
from tests.sandbox.attacks.catalogue import attacks

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text()
ROWS = [line for line in PAGE.partition("## What stops what")[2].partition("\n## ")[0].splitlines() if "|" in line][2:]


def test_every_attack_named_is_in_the_catalogue() -> None:
    named = set(re.findall(r"`((?:forging|privilege|resources|source|tensors)/\w+)`", PAGE))
    assert named
    assert named - {attack.name for attack in attacks()} == set()


def test_every_test_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w./]+)`", PAGE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_setting_named_is_one() -> None:
    named = set(re.findall(r"\b(CHAINRULE_[A-Z_]+)\b", PAGE))
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert "CHAINRULE_RUNTIME" in named
    assert named - aliases - {BASE_VARIABLE} == set()


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() for row in ROWS])
def test_every_defence_is_shown_by_an_attack_or_a_test(row: str) -> None:
    attempt, defence, shown = (cell.strip() for cell in row.strip("|").split("|"))
    assert attempt
    assert defence
    assert re.findall(r"`[\w./]+/\w+(?:\.py)?`", shown)
