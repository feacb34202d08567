"""Which time zones this machine knows, and by which version: times computed with another one are computed anew."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Mapping
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


@functools.cache
def zone_names() -> Mapping[str, str]:
    """The names of all zones by how they are written in small letters; no path, no alias of this machine's."""
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    return {name.lower(): name for name in names}


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
