"""`.env.example` is the one place where every setting is explained: all of them, none more, and each as it is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
COMPOSE = [ROOT / name for name in ("docker-compose.yml", "docker-compose.hosts.yml")]
OF_COMPOSE_ITSELF = {"COMPOSE_FILE", "COMPOSE_PROJECT_NAME"}

FIELDS = {str(field.validation_alias): name for name, field in Settings.model_fields.items()}
FIELDS.pop("XDG_DATA_HOME")  # a convention of the system, not a setting of ours
BY_FILE = {f"{name}_FILE" for name in SECRETS}
SHOWN = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))


def asked_by_compose() -> dict[str, str]:
    """The variables docker compose puts in, with what it puts in where there is none."""
    text = "".join(file.read_text() for file in COMPOSE)
    return dict(re.findall(r"\$\{([A-Z_]+)(?::-([^}]*))?", text))


def test_every_setting_is_there_once_and_none_that_is_none() -> None:
    assert set(SHOWN) == set(FIELDS) | BY_FILE | set(asked_by_compose()) | OF_COMPOSE_ITSELF
    assert len(re.findall(r"^#?[A-Z_]+=", EXAMPLE.read_text(), flags=re.MULTILINE)) == len(SHOWN)


def test_every_setting_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    explained: set[str] = set()
    for before, line in itertools.pairwise(lines):
        name = line.lstrip("#").partition("=")[0]
        # One explanation may stand for those that follow it at once.
        if name in SHOWN and (before.startswith("# ") or before.lstrip("#").partition("=")[0] in explained):
            explained.add(name)
    assert explained == set(SHOWN)


def test_the_defaults_are_those_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {*FIELDS, *BY_FILE, "XDG_DATA_HOME"}:
        monkeypatch.delenv(name, raising=False)
    usual = Settings()
    for name, value in SHOWN.items():
        if name in FIELDS:
            monkeypatch.setenv(name, value)
    assert Settings() == usual


def test_the_defaults_are_those_of_docker_compose() -> None:
    fallbacks = {name: value for name, value in asked_by_compose().items() if value}
    # Without one, the program has its own; with compose the bank is a folder of this host, and a cell's image its own.
    assert {name: SHOWN[name] for name in fallbacks if SHOWN[name]} | {
        "CHAINRULE_HEALTH": "127.0.0.1:8080",
        "CHAINRULE_IMAGE": "chainrule-cell:compose",
        "CHAINRULE_QUESTIONS": "./questions",
    } == fallbacks
    assert "chainrule-cell:compose" in EXAMPLE.read_text()
    assert "with docker compose 127.0.0.1:8080" in EXAMPLE.read_text()


def test_it_says_the_same_to_everything_that_reads_such_files(tmp_path: Path) -> None:
    uncommented = tmp_path / ".env"
    uncommented.write_text(re.sub("^#(?=[A-Z_]+=)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert dotenv_values(uncommented) == SHOWN
    # Quotes, comments after a value, dollars and blanks are where they differ.
    assert [value for value in SHOWN.values() if not re.fullmatch(r"[\w:/.~-]*", value)] == []


def test_no_secret_is_expected_in_it() -> None:
    assert {name: SHOWN[name] for name in (*SECRETS, *BY_FILE) if SHOWN[name]} == {}
