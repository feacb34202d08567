"""What docker compose needs and git does not keep: written once, and never over anybody's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, socket
from urllib.parse import quote

import pytest
from dotenv import dotenv_values

from sandbox.engine_facts import silence_remedy
from scripts import deployment
from scripts.deployment import TOKENS, engine_socket, fill_in_engine, let_read, write_missing
from scripts.steps import Stop

ROOT = Path(__file__).parents[2]


def test_everything_is_written_and_only_its_owner_gets_at_the_secrets(tmp_path: Path) -> None:
    written = write_missing(tmp_path)
    kept = tmp_path / "secrets"
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        ".env",
        "secrets/database_password",
        "secrets/database_url",
        "secrets/secret",
        *(f"secrets/{name}" for name in TOKENS),
    }
    assert kept.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o644}
    password = (kept / "database_password").read_text()
    assert (kept / "database_url").read_text() == f"postgresql://chainrule:{password}@db/chainrule"
    assert quote(password, safe="") == password, "it stands in an address as it is"
    assert len((kept / "secret").read_bytes()) >= 32
    assert all((kept / name).read_bytes() == b"" for name in TOKENS)


def listening(place: Path) -> Path:
    """A socket as an engine has one."""
    with socket(AF_UNIX) as made:
        made.bind(str(place))
    return place


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an engine listens unless somebody says otherwise; none is there yet."""
    monkeypatch.setattr(deployment, "SOCKET", tmp_path / "usual.sock")
    return tmp_path / "usual.sock"


def told(folder: Path) -> tuple[str | None, str | None]:
    known = dotenv_values(folder / ".env")
    return known.get("DOCKER_SOCKET"), known["DOCKER_GID"]


def test_the_group_is_filled_in_once_the_engine_is_there(tmp_path: Path, usual: Path) -> None:
    settings = tmp_path / ".env"
    write_missing(tmp_path)
    assert f"No Docker engine listens at {usual}" in fill_in_engine(tmp_path, None)
    assert told(tmp_path) == (None, "")
    before = settings.read_text() + "CHAINRULE_CELLS=3\n"
    settings.write_text(before)
    listening(usual)
    group = f"DOCKER_GID={usual.stat().st_gid}"
    assert fill_in_engine(tmp_path, None) == f"DOCKER_GID in .env is {usual.stat().st_gid} now"
    assert settings.read_text() == before.replace("\nDOCKER_GID=\n", f"\n{group}\n")
    settings.write_text(settings.read_text().replace(group, "DOCKER_GID=4711"))
    assert fill_in_engine(tmp_path, None) == fill_in_engine(tmp_path, usual) == ""
    assert told(tmp_path) == (None, "4711")


def test_the_group_is_never_that_of_another_socket_than_the_one_that_is_mounted(tmp_path: Path, usual: Path) -> None:
    write_missing(tmp_path)
    fill_in_engine(tmp_path, None)
    other = listening(tmp_path / "rootless.sock")
    said = fill_in_engine(tmp_path, other)
    assert told(tmp_path) == (str(other), str(other.stat().st_gid))
    assert f"DOCKER_SOCKET in .env is {other} now" in said
    assert fill_in_engine(tmp_path, None) == ""
    before = (tmp_path / ".env").read_text()
    with pytest.raises(Stop, match=f"DOCKER_HOST names {usual}, and .env is about the engine at {other}"):
        fill_in_engine(tmp_path, listening(usual))
    assert (tmp_path / ".env").read_text() == before


def test_a_socket_that_is_asked_for_before_it_is_there_is_remembered(tmp_path: Path, usual: Path) -> None:
    write_missing(tmp_path)
    later = tmp_path / "later.sock"
    assert f"No Docker engine listens at {later}" in fill_in_engine(tmp_path, later)
    assert told(tmp_path) == (str(later), "")
    listening(usual)
    listening(later)
    fill_in_engine(tmp_path, None)
    assert told(tmp_path) == (str(later), str(later.stat().st_gid))


def test_a_line_that_was_taken_out_of_the_settings_comes_back(tmp_path: Path, usual: Path) -> None:
    (tmp_path / ".env").write_text("CHAINRULE_CELLS=3")
    listening(usual)
    fill_in_engine(tmp_path, None)
    assert dotenv_values(tmp_path / ".env") == {"CHAINRULE_CELLS": "3", "DOCKER_GID": str(usual.stat().st_gid)}


def test_what_is_no_socket_gives_no_group(tmp_path: Path, usual: Path) -> None:
    write_missing(tmp_path)
    usual.mkdir()
    assert "is a directory: Docker made it" in fill_in_engine(tmp_path, None)
    usual.rmdir()
    usual.touch()
    assert "No Docker engine listens" in fill_in_engine(tmp_path, None)
    assert told(tmp_path) == (None, "")


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("", None),
        ("DOCKER_GID=", ""),
        ("DOCKER_GID=   # note", ""),
        ("DOCKER_GID=998", "998"),
        ("DOCKER_GID=998   # note", "998"),
        ("DOCKER_GID = 998", "998"),
        ("export DOCKER_GID=998", "998"),
        ('DOCKER_GID="998"  # note', "998"),
        ("DOCKER_GID='998'", "998"),
        ("DOCKER_GID=''", ""),
        ("#DOCKER_GID=998", None),
        ("#DOCKER_GID=998\nDOCKER_GID=", ""),
        ("DOCKER_GID=\n#DOCKER_GID=998", ""),
        ("DOCKER_GID=997\nDOCKER_GID=998", "998"),
        ("DOCKER_GID=998\nDOCKER_GID=", ""),
    ],
)
def test_settings_are_read_and_filled_in_as_compose_reads_them(
    tmp_path: Path, usual: Path, lines: str, value: str | None
) -> None:
    settings = tmp_path / ".env"
    settings.write_text(f"CHAINRULE_CELLS=3\n{lines}\nMY_DOCKER_GID=4711\n")
    listening(usual)
    assert dotenv_values(settings).get("DOCKER_GID") == value, "compose's own reader is the judge of this table"
    before = settings.read_text()
    said = fill_in_engine(tmp_path, None)
    group = str(usual.stat().st_gid)
    assert said == ("" if value else f"DOCKER_GID in .env is {group} now")
    assert not value or settings.read_text() == before
    assert dotenv_values(settings) == {"CHAINRULE_CELLS": "3", "DOCKER_GID": value or group, "MY_DOCKER_GID": "4711"}


@pytest.mark.parametrize("written", ["{}", '"{}"', "'{}'", "{}  # rootless", "/elsewhere.sock\nDOCKER_SOCKET={}"])
def test_a_socket_is_the_same_however_it_is_written(tmp_path: Path, usual: Path, written: str) -> None:
    socket = listening(tmp_path / "rootless.sock")
    (tmp_path / ".env").write_text(f"DOCKER_SOCKET={written.format(socket)}\nDOCKER_GID=4711\n")
    assert told(tmp_path) == (str(socket), "4711")
    assert fill_in_engine(tmp_path, socket) == ""
    with pytest.raises(Stop, match=f"about the engine at {socket}"):
        fill_in_engine(tmp_path, usual)


@pytest.mark.parametrize("group", ["", "10001"])
def test_an_engine_elsewhere_has_no_socket_to_look_at_or_compare(tmp_path: Path, usual: Path, group: str) -> None:
    (tmp_path / ".env").write_text(f"DOCKER_SOCKET=/dev/null\nDOCKER_GID={group}\n")
    for asked in (listening(usual), None):
        assert fill_in_engine(tmp_path, asked) == ("" if group else "DOCKER_GID in .env is 10001 now")
        assert told(tmp_path) == ("/dev/null", "10001")
        group = "10001"


@pytest.fixture
def nobodys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a deployment of a user who is not root, for whom everything else here is done; whom it refuses."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:  # those of pytest are root's alone
        folder = Path(made)
        shutil.copy(ROOT / ".env.example", folder)
        monkeypatch.setattr(deployment, "ROOT", folder)
        monkeypatch.setattr(deployment, "SOCKET", folder / "usual.sock")
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            write_missing(folder)
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for path in (folder, *folder.iterdir()):
                path.chmod(0o700)


def test_a_socket_in_a_folder_that_is_its_users_alone_is_one_that_cannot_be_looked_at(
    nobodys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    socket = nobodys / "run" / "docker.sock"
    socket.parent.mkdir(mode=0)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    for _ in range(2):  # what was filled in asks for the same
        assert deployment._main() == 0
        said = capsys.readouterr().err
        assert f"This user may not look at {socket}" in said
        assert f"`sudo stat --format %g {socket}`" in said
        assert told(nobodys) == (str(socket), "")
    assert "this user may not look there: run as the user whose engine that is" in silence_remedy(f"unix://{socket}")


def test_a_password_that_another_user_keeps_is_a_sentence_with_what_to_do(nobodys: Path) -> None:
    known = nobodys / "secrets" / "database_password"
    known.chmod(0)
    with pytest.raises(Stop, match=f"belongs to another user here: sudo chmod 644 {known}"):
        deployment._main()


@pytest.mark.parametrize("shut", ["secrets", ".env"])
def test_what_may_not_be_got_at_otherwise_is_a_sentence_too(nobodys: Path, shut: str) -> None:
    (nobodys / shut).chmod(0)
    with pytest.raises(Stop, match=f"may not get at {nobodys / shut}.*sudo chown --recursive"):
        deployment._main()


def test_what_an_editor_made_its_owners_alone_can_be_read_again(tmp_path: Path) -> None:
    write_missing(tmp_path)
    token = tmp_path / "secrets" / "discord_token"
    token.chmod(0o600)
    (tmp_path / ".env").chmod(0o600)
    assert let_read(tmp_path) == [token]
    assert token.stat().st_mode & 0o777 == 0o644
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert let_read(tmp_path) == []


def test_the_engine_is_where_docker_host_says() -> None:
    assert engine_socket("unix:///run/user/1000/docker.sock") == Path("/run/user/1000/docker.sock")
    assert engine_socket("") is engine_socket("tcp://10.0.0.7:2375") is None


def test_two_deployments_share_no_secret(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_missing(tmp_path / name)
    for name in ("database_password", "secret"):
        one, other = ((tmp_path / folder / "secrets" / name).read_text() for folder in ("one", "other"))
        assert one != other


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    write_missing(tmp_path)
    (tmp_path / "secrets" / "database_url").unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (written,) = write_missing(tmp_path)
    assert {path: path.read_bytes() for path in before} == before
    password = (tmp_path / "secrets" / "database_password").read_text()
    assert password in written.read_text()
    assert write_missing(tmp_path) == []


def test_git_and_the_images_are_kept_free_of_it() -> None:
    for name in (".env", "secrets/secret", "wheels/bot/x.whl"):
        assert subprocess.run(("git", "check-ignore", "--quiet", name), cwd=ROOT, check=False).returncode == 0
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sent == {"bot", "constraints.txt", "migrations", "pyproject.toml", "questions", "sandbox", "wheels"}
