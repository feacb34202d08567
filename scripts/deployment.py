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
TOKENS = ("discord_token", "slack_app_token", "slack_bot_token", "slack_signing_secret")
"""Whoever runs the bot gets them from Discord and Slack; an empty file says that there is none."""


def write_missing(folder: Path, socket: Path) -> list[Path]:
    """Write into ``folder`` what is missing there; which files. The engine listens at ``socket``."""
    written = []
    for path, content in _files(folder, socket):
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.write_text(content)
            draft.chmod(0o644)
            draft.rename(path)
            written.append(path)
    return written


def _files(folder: Path, socket: Path) -> list[tuple[Path, str]]:
    kept = folder / "secrets"
    known = kept / "database_password"
    password = known.read_text().strip() if known.exists() else secrets.token_urlsafe(32)
    group = f"DOCKER_GID={socket.stat().st_gid}" if socket.exists() else "DOCKER_GID="
    return [
        (folder / ".env", re.sub("^DOCKER_GID=.*$", group, (ROOT / ".env.example").read_text(), flags=re.MULTILINE)),
        (known, password),
        (kept / "database_url", f"postgresql://chainrule:{password}@db/chainrule"),
        (kept / "secret", secrets.token_hex(32)),
        *((kept / name, "") for name in TOKENS),
    ]


def _main() -> int:
    written = write_missing(ROOT, SOCKET)
    for path in written:
        tell(f"{path.relative_to(ROOT)} is written")
    tell("Put your tokens into the files of secrets/, look through .env, then: docker compose up --detach --build")
    return 0


if __name__ == "__main__":
    main(_main)
