"""What docs/deploy.md has operators type is there, and starts nothing that they have elsewhere. No engine is asked."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/deploy.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
BOTH = "COMPOSE_FILE=docker-compose.yml:docker-compose.hosts.yml"
MAIN, HOSTS = (yaml.safe_load((ROOT / name).read_text()) for name in BOTH.partition("=")[2].split(":"))
WITH_VALUE = {"--volume", "--scale"}
"""Options that are followed by a word of their own."""
ALL_SERVICES = {"build", "down", "logs", "ps", "restart", "rm", "up"}
"""What may be said of no service in particular, and then is of all."""
OF_ONE = {"exec", "run"}
"""What is said of one service, and a command for it follows."""


def commands(text: str) -> list[list[str]]:
    """The words behind each `docker compose`, in blocks and within lines."""
    begun = r"(?:\w+=\S+ )?docker compose "
    found = re.findall(f"^{begun}([^`#\n]+)|`{begun}([^`]+)`", text, flags=re.MULTILINE)
    return [shlex.split("".join(each)) for each in found]


def test_a_command_within_lines_is_read_to_its_end() -> None:
    assert ["up", "--detach", "--force-recreate", "--no-deps", "bot", "judge"] in commands(
        SECTIONS["What each secret is"]
    )


def services(words: list[str]) -> list[str]:
    """Those that a command names."""
    named: list[str] = []
    for before, word in itertools.pairwise(words):
        if not word.startswith("--") and before not in WITH_VALUE:
            named.append(word)
    return named[:1] if words[0] in OF_ONE else named


@pytest.mark.parametrize("words", commands(PAGE), ids=" ".join)
def test_every_command_is_one_about_services_that_are_there(words: list[str]) -> None:
    assert words[0] in ALL_SERVICES | OF_ONE
    assert set(services(words)) <= set(MAIN["services"])
    scaled = [word.partition("=")[0] for before, word in itertools.pairwise(words) if before == "--scale"]
    assert set(scaled) <= set(MAIN["services"])


def test_the_password_of_an_address_is_encoded_by_the_line_that_is_there(tmp_path: Path) -> None:
    (line,) = re.findall(r"^(python3 -c '.*?')", SECTIONS["Somebody else's PostgreSQL"], flags=re.MULTILINE)
    password = "@/:#?%&'\\ ä"
    # Where there is no terminal, it reads from standard input.
    done = subprocess.run(
        shlex.split(line), input=password, capture_output=True, text=True, start_new_session=True, check=True
    )
    encoded = done.stdout.splitlines()[-1].removeprefix("Password: ")
    assert make_url(f"postgresql://me:{encoded}@host/name").password == password
    for section in ("Many hosts", "Somebody else's PostgreSQL"):
        assert "postgresql://" in SECTIONS[section]
        assert "percent-encoded" in SECTIONS[section]


def test_wheels_are_fetched_of_what_is_installed() -> None:
    (packages,) = re.findall(r"python3 -c \\\n\s*'(.*?)'\)", SECTIONS["One host"])
    done = subprocess.run([sys.executable, "-c", packages], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def test_every_compose_file_named_is_there() -> None:
    named = re.findall(r"docker-compose(?:\.\w+)?\.yml", PAGE + (ROOT / ".env.example").read_text())
    assert set(named) == {"docker-compose.yml", "docker-compose.hosts.yml"}
    assert all((ROOT / name).exists() for name in named)


def test_no_file_is_named_by_a_command_alone_which_the_next_one_would_forget() -> None:
    assert not re.search(r"--file\b|compose=", PAGE)


@pytest.mark.parametrize("section", ["Many hosts", "Somebody else's PostgreSQL"])
def test_whoever_must_get_out_of_the_host_is_let_out_by_what_stands_first(section: str) -> None:
    for block in re.findall(r"```sh\n(.*?)```", SECTIONS[section], flags=re.DOTALL):
        assert f"echo {BOTH} >> .env" in block.partition("docker compose")[0]


def test_so_are_judges_whose_engine_is_elsewhere() -> None:
    (told,) = re.findall(r"^- \*\*An engine elsewhere\*\*.*?(?=^- )", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert "COMPOSE_FILE" in told
    assert "docker compose build sandbox-image" in told


def test_the_second_file_lets_out_all_who_are_on_the_network_of_the_database() -> None:
    assert MAIN["networks"]["database"]["internal"] is True
    assert HOSTS["networks"] == {"database": {"internal": False}}
    for service in ("bot", "judge", "migrate"):
        assert "database" in MAIN["services"][service]["networks"]


def test_the_second_file_changes_only_what_is_in_the_first() -> None:
    assert set(HOSTS) <= set(MAIN)
    for part in HOSTS:
        assert set(HOSTS[part]) <= set(MAIN[part]), part


def test_the_health_check_asks_where_each_service_listens() -> None:
    for service in ("bot", "judge"):
        described: dict[str, Any] = MAIN["services"][service]
        assert "CHAINRULE_HEALTH" in described["environment"]
        assert 'os.environ["CHAINRULE_HEALTH"]' in described["healthcheck"]["test"][-1]


def test_where_the_database_is_elsewhere_none_is_started_here() -> None:
    everywhere = [*commands(SECTIONS["Somebody else's PostgreSQL"]), *commands(SECTIONS["Upgrading"])]
    starting = [words for words in commands(PAGE) if words[0] != "logs"]
    everywhere += [words for words in starting if "backup" in words or "migrate" in words]
    assert {words[0] for words in everywhere} == {"build", "run", "up"}
    assert [words for words in everywhere if words[0] != "build" and "--no-deps" not in words] == []
