"""What docker compose needs and git does not keep: written once, and never over anybody's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dotenv import dotenv_values

from scripts.deployment import SOCKET, TOKENS, engine_socket, fill_in_group, write_missing

ROOT = Path(__file__).parents[2]


def test_everything_is_written_and_only_its_owner_gets_at_the_secrets(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").touch()
    written = write_missing(tmp_path, tmp_path / "docker.sock")
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
    assert len((kept / "secret").read_bytes()) >= 32
    assert all((kept / name).read_bytes() == b"" for name in TOKENS)


def test_the_group_is_filled_in_once_the_engine_is_there(tmp_path: Path) -> None:
    socket, settings = tmp_path / "docker.sock", tmp_path / ".env"
    write_missing(tmp_path, socket)
    assert f"No Docker engine listens at {socket}" in fill_in_group(tmp_path, socket)
    assert not dotenv_values(settings)["DOCKER_GID"]
    before = settings.read_text() + "CHAINRULE_CELLS=3\n"
    settings.write_text(before)
    socket.touch()
    assert fill_in_group(tmp_path, SOCKET) == "", "DOCKER_SOCKET is in .env"
    group = f"DOCKER_GID={socket.stat().st_gid}"
    assert settings.read_text() == before.replace("\nDOCKER_GID=\n", f"\n{group}\n")
    settings.write_text(settings.read_text().replace(group, "DOCKER_GID=4711"))
    assert fill_in_group(tmp_path, socket) == ""
    assert dotenv_values(settings)["DOCKER_GID"] == "4711"


def test_the_engine_is_where_docker_host_says() -> None:
    assert engine_socket("unix:///run/user/1000/docker.sock") == Path("/run/user/1000/docker.sock")
    assert engine_socket("") == engine_socket("tcp://10.0.0.7:2375") == SOCKET


def test_two_deployments_share_no_secret(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_missing(tmp_path / name, tmp_path / "no-socket")
    for name in ("database_password", "secret"):
        one, other = ((tmp_path / folder / "secrets" / name).read_text() for folder in ("one", "other"))
        assert one != other


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    write_missing(tmp_path, tmp_path / "no-socket")
    (tmp_path / "secrets" / "database_url").unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (written,) = write_missing(tmp_path, tmp_path / "no-socket")
    assert {path: path.read_bytes() for path in before} == before
    password = (tmp_path / "secrets" / "database_password").read_text()
    assert password in written.read_text()
    assert write_missing(tmp_path, tmp_path / "no-socket") == []


def test_git_and_the_images_are_kept_free_of_it() -> None:
    for name in (".env", "secrets/secret", "wheels/bot/x.whl"):
        assert subprocess.run(("git", "check-ignore", "--quiet", name), cwd=ROOT, check=False).returncode == 0
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sent == {"bot", "constraints.txt", "migrations", "pyproject.toml", "questions", "sandbox", "wheels"}
