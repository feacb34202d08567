"""What an engine says of itself, as far as the walls and limits of a cell lean on it; what to do where it fails us."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIMITS = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "PidsLimit": "processes",
    "CpuCfsQuota": "processor time",
}
_REFUSED = re.compile(
    r"unknown (or invalid )?runtime|invalid runtime name|runtime \S+ binary not installed", re.IGNORECASE
)

HOW_TO_BUILD = (
    "run `make image`, or where docker compose runs us `docker compose build sandbox-image`, with DOCKER_HOST set to "
    "the engine that judges use"
)
"""What to do where an engine has no image of a cell."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """``kernel`` is a release such as ``6.1.0-13-amd64``; ``security`` holds names such as ``seccomp`` or ``userns``.

    ``runtimes`` are those of the engine's configuration and ``runtime`` its default; ``unlimited`` names what it cannot
    limit.
    """

    kernel: str
    runtimes: tuple[str, ...]
    runtime: str
    security: frozenset[str]
    unlimited: tuple[str, ...]

    def may_know(self, runtime: str) -> bool:
        """Whether it can be meant: newer engines also take a shim by its full name or its path, and list neither."""
        return runtime in self.runtimes or "." in runtime or "/" in runtime


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What ``chainrule doctor`` says about Docker; ``advice`` is empty when cells can be started."""

    host: str
    image: str
    version: str = ""
    image_present: bool = False
    advice: str = ""
    facts: EngineFacts | None = None

    @property
    def reachable(self) -> bool:
        """Whether an engine answered."""
        return bool(self.version)


def facts_from(info: Mapping[str, Any]) -> EngineFacts:
    """From the answer to ``GET /info``; what is not in it is taken as not there."""
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    return EngineFacts(
        kernel=str(info.get("KernelVersion", "")),
        runtimes=tuple(sorted(info.get("Runtimes") or ())),
        runtime=str(info.get("DefaultRuntime", "")),
        security=frozenset(re.split("[=,]", f"{option},")[option.startswith("name=")] for option in options),
        unlimited=tuple(name for key, name in _LIMITS.items() if not info.get(key)),
    )


def refuses_runtime(said: str) -> bool:
    """Whether an engine's error means that it cannot start containers with the runtime it was asked for."""
    return bool(_REFUSED.search(said))


def unknown_runtime(runtime: str, known: tuple[str, ...] = ()) -> str:
    """The sentence about a runtime that an engine does not know."""
    others = f"; it knows {', '.join(known)}" if known else ""
    advice = "add it to the engine's configuration, or change or unset CHAINRULE_RUNTIME"
    return f'the engine knows no runtime "{runtime}"{others}: {advice}'


def silence_remedy(host: str) -> str:
    """What to do where no engine answers at ``host``.

    The operator of docker compose, who sets other names than a container has, is told those.
    """
    path = Path(host.removeprefix("unix://"))
    try:
        kind = path.stat().st_mode if host.startswith("unix://") else 0
    except PermissionError:  # /run/user/1000 is its user's alone
        return "this user may not look there: run as the user whose engine that is, or set DOCKER_HOST to another one"
    except OSError:
        kind = 0
    if stat.S_ISDIR(kind):
        return (
            "that is a directory, which Docker makes in place of a socket that is not there: remove it, start Docker, "
            "and with docker compose see that DOCKER_SOCKET in .env names its socket"
        )
    if kind and not os.access(path, os.W_OK):
        return (
            "you may not open that socket: add yourself to its group (usually `docker`) and log in again; with docker "
            "compose set DOCKER_GID in .env to what `stat --format %g` says of the socket there"
        )
    return "start Docker, or set DOCKER_HOST (with docker compose DOCKER_SOCKET in .env) to where it listens"
