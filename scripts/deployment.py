"""``python -m scripts.deployment``: what `docker compose up` needs and git does not keep, as far as it is missing.

That is ``.env``, and a file in ``secrets/`` for each secret. The folder is its owner's alone; the files in it can be
read by anybody, for a container is given a file without the folder, and its user is nobody in particular here.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from scripts.steps import ROOT, Stop, main, tell

SOCKET = Path("/var/run/docker.sock")
"""Where an engine listens unless DOCKER_HOST, or DOCKER_SOCKET in .env, says otherwise."""
TOKENS = ("discord_token", "slack_app_token", "slack_bot_token", "slack_signing_secret")
"""Whoever runs the bot gets them from Discord and Slack; an empty file says that there is none."""


def write_missing(folder: Path) -> list[Path]:
    """Write into ``folder`` what is missing there; which files."""
    written = []
    for path, content in _files(folder):
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _write(path, content)
            written.append(path)
    return written


def let_read(folder: Path) -> list[Path]:
    """Have everybody read the secrets in ``folder`` again, as editors make files their owner's alone; which files.

    Raises :class:`Stop` where another user owns one.
    """
    shut = [path for path, _ in _files(folder) if path.parent != folder and path.stat().st_mode & 0o444 != 0o444]
    for path in shut:
        try:
            path.chmod(0o644)
        except PermissionError:
            raise Stop(
                f"{path} cannot be read by the user in the containers, and belongs to another user here: "
                f"sudo chmod 644 {path}"
            ) from None
    return shut


def fill_in_engine(folder: Path, asked: Path | None) -> str:
    """Say in ``.env`` where the engine is and which group may open its socket, as far as that is open; what was done.

    ``asked`` is the socket that DOCKER_HOST names. Nothing else is changed there. Raises :class:`Stop` where ``.env``
    is about the engine of another socket.
    """
    settings = folder / ".env"
    known = settings.read_text()
    named, group = (_value(known, name) for name in ("DOCKER_SOCKET", "DOCKER_GID"))
    socket = asked or Path(named or SOCKET)
    filled = {}
    if socket.resolve() != Path(named or SOCKET).resolve():
        if named or group:
            raise Stop(_OF_ANOTHER.format(asked=socket, named=named or SOCKET))
        filled["DOCKER_SOCKET"] = str(socket)
    if not group and socket.is_socket():
        filled["DOCKER_GID"] = str(socket.stat().st_gid)
    if filled:
        _write(settings, _with(known, filled))
    done = [f"{name} in .env is {value} now" for name, value in filled.items()]
    return ". ".join([*done, *([] if group or "DOCKER_GID" in filled else [_no_engine(socket)])])


_OF_ANOTHER = (
    "DOCKER_HOST names {asked}, and .env is about the engine at {named}. If judges are to use the first, set "
    "DOCKER_SOCKET={asked} in .env, and DOCKER_GID to what `stat --format %g {asked}` says; if the second, unset "
    "DOCKER_HOST"
)


def _value(settings: str, name: str) -> str:
    found = re.search(f"^{name}=[^\\S\\n]*(\\S+)", settings, flags=re.MULTILINE)
    return found[1] if found else ""


def _with(settings: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        line = f"{name}={value}"
        settings, count = re.subn(f"^#?{name}=.*$", line, settings, count=1, flags=re.MULTILINE)
        settings += "" if count else f"\n{line}\n"
    return settings


def _no_engine(socket: Path) -> str:
    if socket.is_dir():
        reason = f"{socket} is a directory: Docker made it in place of a socket that was not there. Remove it (rmdir)"
    else:
        reason = f"No Docker engine listens at {socket}"
    return (
        f"{reason}, so DOCKER_GID in .env has no value yet. Start Docker and run `make deployment` again, or set "
        "DOCKER_GID there to the number of the group of its socket (stat --format %g SOCKET), and DOCKER_SOCKET to "
        "that socket if it is another one"
    )


def engine_socket(host: str) -> Path | None:
    """Where the engine listens that DOCKER_HOST names; ``None`` for one that is no socket of this machine."""
    return Path(host.removeprefix("unix://")) if host.startswith("unix:///") else None


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(content)
    draft.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    draft.rename(path)


def _files(folder: Path) -> list[tuple[Path, str]]:
    kept = folder / "secrets"
    known = kept / "database_password"
    password = known.read_text().strip() if known.exists() else secrets.token_urlsafe(32)
    return [
        (folder / ".env", (ROOT / ".env.example").read_text()),
        (known, password),
        (kept / "database_url", f"postgresql://chainrule:{password}@db/chainrule"),
        (kept / "secret", secrets.token_hex(32)),
        *((kept / name, "") for name in TOKENS),
    ]


def _main() -> int:
    for path in write_missing(ROOT):
        tell(f"{path.relative_to(ROOT)} is written")
    for path in let_read(ROOT):
        tell(f"{path.relative_to(ROOT)} can be read by the user in the containers again")
    if said := fill_in_engine(ROOT, engine_socket(os.environ.get("DOCKER_HOST", ""))):
        tell(said)
    tell(_NEXT)
    return 0


_NEXT = (
    "Put your tokens into the files of secrets/, look through .env, then: docker compose up --detach --build. On a "
    "host of judges alone, or where the database is elsewhere, go on as docs/deploy.md says for that: --no-deps "
    "each time"
)


if __name__ == "__main__":
    main(_main)
