"""``python -m scripts.deployment``: what `docker compose up` needs and git does not keep, as far as it is missing.

That is ``.env``, and a file in ``secrets/`` for each secret. The folder is its owner's alone; the files in it can be
read by anybody, for a container is given a file without the folder, and its user is nobody in particular here.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from scripts.steps import ROOT, Stop, main, tell

SOCKET = Path("/var/run/docker.sock")
"""Where an engine listens unless DOCKER_HOST, or DOCKER_SOCKET in .env, says otherwise."""
NOWHERE, NOBODYS = Path("/dev/null"), "10001"
"""What .env has in place of a socket and its group where the judges' engine is elsewhere."""
TOKENS = ("discord_token", "slack_app_token", "slack_bot_token", "slack_signing_secret")
"""Whoever runs the bot gets them from Discord and Slack; an empty file says that there is none."""


def write_missing(folder: Path) -> list[Path]:
    """Write into ``folder`` what is missing there; which files.

    Raises :class:`Stop` where the password that is there belongs to another user, who keeps it.
    """
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
        with _shut_by_another(path):
            path.chmod(0o644)
    return shut


@contextlib.contextmanager
def _shut_by_another(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError:
        raise Stop(
            f"{path} cannot be read by the user in the containers, and belongs to another user here: "
            f"sudo chmod 644 {path}"
        ) from None


def fill_in_engine(folder: Path, asked: Path | None) -> str:
    """Say in ``.env`` where the engine is and which group may open its socket, as far as that is open; what was done.

    ``asked`` is the socket that DOCKER_HOST names. Nothing else is changed there. Raises :class:`Stop` where ``.env``
    is about the engine of another socket.
    """
    settings = folder / ".env"
    known = settings.read_text()
    named, group = (_value(known, name) for name in ("DOCKER_SOCKET", "DOCKER_GID"))
    mounted = Path(named or SOCKET)
    socket = mounted if asked is None or mounted == NOWHERE else asked
    filled = {}
    if socket.resolve() != mounted.resolve():
        if named or group:
            raise Stop(_OF_ANOTHER.format(asked=socket, named=mounted))
        filled["DOCKER_SOCKET"] = str(socket)
    found, lacking = ("", "") if group else _group(socket)
    if found:
        filled["DOCKER_GID"] = found
    if filled:
        _write(settings, _with(known, filled))
    done = [f"{name} in .env is {value} now" for name, value in filled.items()]
    return ". ".join([*done, *([lacking] if lacking else [])])


_OF_ANOTHER = (
    "DOCKER_HOST names {asked}, and .env is about the engine at {named}. If judges are to use the first, set "
    "DOCKER_SOCKET={asked} in .env, and DOCKER_GID to what `stat --format %g {asked}` says; if the second, unset "
    "DOCKER_HOST"
)


def _value(settings: str, name: str) -> str:
    """What compose takes ``name`` for: the last line counts, without its quotes and what is remarked behind it."""
    found = [each[1].strip() for each in _lines(settings, name)]
    if not found:
        return ""
    last = found[-1]
    return last[1:].partition(last[0])[0] if last[:1] in {"'", '"'} else re.split(r"(?:^|\s)#", last)[0].rstrip()


def _lines(settings: str, name: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"^[^\S\n]*(?:export[^\S\n]+)?{name}[^\S\n]*=(.*)$", settings, flags=re.MULTILINE))


def _with(settings: str, values: dict[str, str]) -> str:
    """``settings`` with ``values`` where compose looks for them, else in place of the line that shows a default."""
    for name, value in values.items():
        shown = re.finditer(f"^#{name}=.*$", settings, flags=re.MULTILINE)
        line = f"{name}={value}"
        if places := [*shown, *_lines(settings, name)]:
            start, end = places[-1].span()
            settings = settings[:start] + line + settings[end:]
        else:
            settings += f"\n{line}\n"
    return settings


def _group(socket: Path) -> tuple[str, str]:
    """The group that may open ``socket``, or else why it is not known and what to do."""
    if socket == NOWHERE:
        return NOBODYS, ""
    try:
        found = socket.stat()
    except PermissionError:  # /run/user/1000 is its user's alone
        return "", (
            f"This user may not look at {socket}, so DOCKER_GID in .env has no value yet. Set it to what "
            f"`sudo stat --format %g {socket}` says"
        )
    except OSError:
        kind = 0
    else:
        kind = found.st_mode
    if stat.S_ISSOCK(kind):
        return str(found.st_gid), ""
    if stat.S_ISDIR(kind):
        reason = f"{socket} is a directory: Docker made it in place of a socket that was not there. Remove it (rmdir)"
    else:
        reason = f"No Docker engine listens at {socket}"
    return "", _NO_ENGINE.format(reason=reason)


_NO_ENGINE = (
    "{reason}, so DOCKER_GID in .env has no value yet. Start Docker and run `make deployment` again, or set "
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
    password = secrets.token_urlsafe(32)
    with contextlib.suppress(FileNotFoundError):
        known.stat()  # a folder that is shut is no matter of the file's mode
        with _shut_by_another(known):
            password = known.read_text().strip()
    return [
        (folder / ".env", (ROOT / ".env.example").read_text()),
        (known, password),
        (kept / "database_url", f"postgresql://chainrule:{password}@db/chainrule"),
        (kept / "secret", secrets.token_hex(32)),
        *((kept / name, "") for name in TOKENS),
    ]


def _main() -> int:
    try:
        _complete()
    except PermissionError as refused:
        raise Stop(
            f"This user may not get at {refused.filename}: run `make deployment` as the user whose {ROOT} is. What is "
            "another user's in it, as after a sudo, can be given back: sudo chown --recursive USER .env secrets"
        ) from None
    tell(_NEXT)
    return 0


def _complete() -> None:
    for path in write_missing(ROOT):
        tell(f"{path.relative_to(ROOT)} is written")
    for path in let_read(ROOT):
        tell(f"{path.relative_to(ROOT)} can be read by the user in the containers again")
    if said := fill_in_engine(ROOT, engine_socket(os.environ.get("DOCKER_HOST", ""))):
        tell(said)


_NEXT = (
    "Put your tokens into the files of secrets/, look through .env, then: docker compose up --detach --build. On a "
    "host of judges alone, or where the database is elsewhere, go on as docs/deploy.md says for that: --no-deps "
    "each time"
)


if __name__ == "__main__":
    main(_main)
