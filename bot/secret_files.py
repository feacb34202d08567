"""Secrets kept in files: ``NAME_FILE`` names the file that holds what ``NAME`` would, as official images have it.

A variable is in the environment of every process started from it, and in what ``docker inspect`` shows; a file is
read by whoever may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

MAX_BYTES = 65_536
MOUNTED = "/run/secrets/"
"""Where a container is given the files that docker-compose.yml names."""
_REMEDY = "Name a file that this user can read, or unset it."


def read_secrets(
    names: Iterable[str], environment: Mapping[str, str], needed: Collection[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """What the files hold, by the name it stands for, and what is wrong with the others, a line each.

    An empty file is as good as none, unless it is one of those ``needed`` where they are named. No line repeats what a
    variable or a file holds, but for the file's name.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        path = environment.get(f"{name}_FILE", "")
        if not path:
            continue
        if environment.get(name):
            problems.append(f"{name} and {name}_FILE are both set. Unset one of them.")
            continue
        try:
            text = read_file(Path(path)).decode().rstrip("\r\n")
        except PermissionError:
            hint = _hint(path, "chmod 644")
            problems.append(f"{name}_FILE is {path!r}, which this user may not read. {_REMEDY}{hint}")
        except OSError as error:
            problems.append(f"{name}_FILE is {path!r}, which cannot be read ({error.strerror}). {_REMEDY}")
        except ValueError:  # not UTF-8, too long, or a name no file can have
            problems.append(f"{name}_FILE is {path!r}, which does not hold one line of text. {_REMEDY}")
        else:
            found |= {name: text} if text else {}
            if not text and name in needed:
                hint = _hint(path, "it goes into")
                problems.append(f"{name}_FILE is {path!r}, which is empty. Fill it, or unset it.{hint}")
    return found, problems


def _hint(path: str, what: str) -> str:
    """What the operator of docker compose does, who knows the file by another name; nothing to anybody else."""
    return f" With docker compose: {what} secrets/{Path(path).name}." if path.startswith(MOUNTED) else ""


def read_file(path: Path) -> bytes:
    """All of a small file. Raises OSError, and ValueError for what is no such file."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError("too long for a secret")
    return content
