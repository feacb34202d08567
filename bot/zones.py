"""Which version of the zone database this machine has: times computed with another one are computed anew."""

from __future__ import annotations

import zoneinfo
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def zone_data() -> str:
    """The version of the zone database in use, such as ``2026a``: the system's where it has one, else the package's."""
    for folder in map(Path, zoneinfo.TZPATH):
        if folder.is_dir():
            return _version_in(folder)
    try:
        return f"package {version('tzdata')}"
    except PackageNotFoundError:
        return "unknown"


def _version_in(folder: Path) -> str:
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open() as lines:
                line = lines.readline(100)
        except (OSError, UnicodeDecodeError):
            continue
        return line.removeprefix("# version").strip()
    # Without a name for it, that its files were replaced is all there is to see.
    return f"of {folder.stat().st_mtime_ns}"
