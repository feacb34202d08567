"""``python -m scripts.deployment``: what `docker compose up` needs and git does not keep, as far as it is missing.

That is ``.env``, and a file in ``secrets/`` for each secret. The folder is its owner's alone; the files in it can be
read by anybody, for a container is given a file without the folder, and its user is nobody in particular here.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from scripts.steps import ROOT, main, tell

SOCKET = Path("/var/run/docker.sock")
"""Where an engine listens unless DOCKER_HOST, or DOCKER_SOCKET in .env, says otherwise."""
TOKENS = ("discord_token", "slack_app_token", "slack_bot_token", "slack_signing_secret")
"""Whoever runs the bot gets them from Discord and Slack; an empty file says that there is none."""


def write_missing(folder: Path, socket: Path) -> list[Path]:
    """Write into ``folder`` what is missing there; which files. The engine listens at ``socket``."""
    written = []
    for path, content in _files(folder, socket):
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _write(path, content)
            written.append(path)
    return written


def fill_in_group(folder: Path, socket: Path) -> str:
    """Set DOCKER_GID in ``.env`` where it is empty to the group of the engine's socket; what to do where none is there.

    The socket is the one that DOCKER_SOCKET names in ``.env``, else ``socket``. Nothing else is changed there.
    """
    settings = folder / ".env"
    known = settings.read_text()
    if not _NO_GROUP.search(known):
        return ""
    named = re.search(r"^DOCKER_SOCKET=(\S+)$", known, flags=re.MULTILINE)
    there = Path(named[1]) if named else socket
    if not there.exists():
        return (
            f"No Docker engine listens at {there}, so DOCKER_GID in .env has no value yet. Start Docker and run "
            "`make deployment` again, or set DOCKER_GID there to the number of the group of its socket "
            "(stat --format %g SOCKET), and DOCKER_SOCKET to that socket if it is another one"
        )
    _write(settings, _NO_GROUP.sub(f"DOCKER_GID={there.stat().st_gid}", known, count=1))
    return ""


_NO_GROUP = re.compile(r"^DOCKER_GID=[^\S\n]*$", re.MULTILINE)


def engine_socket(host: str) -> Path:
    """Where the engine listens that DOCKER_HOST names; one that is no socket of this machine is no help here."""
    return Path(host.removeprefix("unix://")) if host.startswith("unix:///") else SOCKET


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(content)
    draft.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    draft.rename(path)


def _files(folder: Path, socket: Path) -> list[tuple[Path, str]]:
    kept = folder / "secrets"
    known = kept / "database_password"
    password = known.read_text().strip() if known.exists() else secrets.token_urlsafe(32)
    settings = (ROOT / ".env.example").read_text()
    if socket != SOCKET:
        settings = re.sub("^#DOCKER_SOCKET=.*$", f"DOCKER_SOCKET={socket}", settings, flags=re.MULTILINE)
    return [
        (folder / ".env", settings),
        (known, password),
        (kept / "database_url", f"postgresql://chainrule:{password}@db/chainrule"),
        (kept / "secret", secrets.token_hex(32)),
        *((kept / name, "") for name in TOKENS),
    ]


def _main() -> int:
    socket = engine_socket(os.environ.get("DOCKER_HOST", ""))
    written = write_missing(ROOT, socket)
    for path in written:
        tell(f"{path.relative_to(ROOT)} is written")
    if lacking := fill_in_group(ROOT, socket):
        tell(lacking)
    tell("Put your tokens into the files of secrets/, look through .env, then: docker compose up --detach --build")
    return 0


if __name__ == "__main__":
    main(_main)
