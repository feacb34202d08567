"""The file of a backup: JSON, a line each, gzipped; the last line holds the digest of all before it.

Nothing in it is code, and nothing of it is executed. It is written beside its place and put there whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bot.ports import StoreUnavailable

LONGEST_LINE = 256 * 2**20
"""Bytes; more than the largest row there can be."""
DAMAGED = "{path} is damaged or was altered: {why}. Nothing was restored. Use another backup."
"""What is said of a file that is not as it was written."""


class BadBackup(StoreUnavailable):
    """A backup cannot be made or used; nothing was changed. The message says what to do."""


class Writer:
    """Lines on their way into a file."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def line(self, content: Any) -> None:
        """Append what JSON can hold. Raises OSError."""
        line = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)

    def end(self) -> None:
        """Append the digest."""
        self.line({"sha256": self._digest.hexdigest()})


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A backup that is at ``path`` once the block has ended, for its owner's eyes alone; otherwise nothing is there.

    Raises :class:`BadBackup` where something is there already, or the disk refuses.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with _alone(part) as file:
            try:
                _expect_free(path)
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    writer = Writer(packed)
                    yield writer
                    writer.end()
                file.flush()
                os.fsync(file.fileno())
                _put(part, path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise BadBackup(
            f"{path} cannot be written ({error.strerror or error}). "
            "See that its directory can be written and its disk has room. Nothing was left there."
        ) from error


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """The file a backup grows in; one that a killed process left is taken over, one that grows is not."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "r+b") as file:
        if not _is_ours(descriptor, part):
            raise BadBackup(f"Another backup is just being written to {part}. Wait for it, or name another file.")
        os.fchmod(descriptor, 0o600)
        file.truncate()
        yield file


def _is_ours(descriptor: int, part: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have put it into its place meanwhile.
        return os.path.samestat(os.fstat(descriptor), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _expect_free(path: Path) -> None:
    if os.path.lexists(path):
        raise BadBackup(f"{path} is there already, and was left as it is. Name another file, or move it away.")


def _put(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # never over a file that came meanwhile
    except FileExistsError:
        _expect_free(path)
    except OSError:  # not every disk knows links
        _expect_free(path)
        part.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def lines(path: Path) -> Iterator[Any]:
    """What the lines of a backup hold, but for the last; at the end it is certain that it is whole and unaltered.

    Raises :class:`BadBackup`.
    """
    digest, last = hashlib.sha256(), None
    for line in _unpacked(path):
        if last is not None:
            digest.update(last)
            yield _content(path, last)
        last = line
    end = {} if last is None else _content(path, last)
    if not isinstance(end, dict) or end.keys() != {"sha256"}:
        raise BadBackup(DAMAGED.format(path=path, why="its end is missing"))
    if end["sha256"] != digest.hexdigest():
        raise BadBackup(DAMAGED.format(path=path, why="it does not match its own digest"))


def _content(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadBackup(DAMAGED.format(path=path, why="a line of it is not JSON")) from error


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise BadBackup(DAMAGED.format(path=path, why="a line of it has no end"))
                yield line
    except EOFError as error:
        raise BadBackup(DAMAGED.format(path=path, why="its end is missing")) from error
    except gzip.BadGzipFile as error:
        raise BadBackup(DAMAGED.format(path=path, why="it is no file that gzip can read")) from error
    except zlib.error as error:
        raise BadBackup(DAMAGED.format(path=path, why="it cannot be unpacked")) from error
    except OSError as error:
        raise BadBackup(f"{path} cannot be read ({error.strerror or error}). Nothing was restored.") from error
