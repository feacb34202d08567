"""``python -m scripts.prepare bot sandbox``: the two virtual environments, made when something changed since.

``.venv`` holds the bot and its tools and never torch; ``.venv-sandbox`` holds what the local cell imports.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from scripts import wheels
from scripts.steps import CACHE, ROOT, Stop, locked, main, run, tell

PIP_WHEEL_PACKAGE = "python3-pip-whl"
_PIP_WHEELS = "usr/share/python-wheels/pip-*.whl"
_PINNED = ("constraints.txt", "sandbox/requirements.txt")


def prepare(parts: list[str]) -> int:
    """Bring the named environments (``bot``, ``sandbox``) up to date. Raises :class:`Stop`."""
    stale = [part for part in parts if not _is_current(part)]
    if stale:
        with locked(str(CACHE / "setup.lock"), "Another make is setting up in this folder; waiting for it"):
            for part in stale:
                if not _is_current(part):
                    _MAKERS[part]()
                    _stamp(part).write_text(_wanted(part))
    return 0


def _environment(part: str) -> Path:
    return ROOT / {"bot": ".venv", "sandbox": ".venv-sandbox"}[part]


def _stamp(part: str) -> Path:
    return _environment(part) / "made-from"


def _wanted(part: str) -> str:
    """What an environment follows from: the place, the Python and the files that name its packages."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version}\0{sys.base_prefix}".encode())
    for name in ("pyproject.toml", *_PINNED) if part == "bot" else ("sandbox/requirements.txt",):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_current(part: str) -> bool:
    stamp = _stamp(part)
    return stamp.exists() and stamp.read_text() == _wanted(part)


def _make_bot() -> None:
    tell("Setting up .venv: the bot and its tools")
    python = _create(_environment("bot"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # By name, since `pip install --group` needs a newer pip than Debian's.
    tools = project["dependency-groups"]["dev"]
    constraints = str(ROOT / "constraints.txt")
    run(
        "installing into .venv",
        (python, "-m", "pip", "install", "-c", constraints, "-e", ".", *tools),
        log="setup-bot.log",
        # The build of our own package, too, takes the pinned setuptools.
        env={"PIP_CONSTRAINT": constraints, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )


def _make_sandbox() -> None:
    if platform.system() != "Linux":
        raise Stop("The local cell needs Linux; here, use Docker.")
    tell("Setting up .venv-sandbox: torch (CPU) for the local cell")
    python = _create(_environment("sandbox"))
    wheels.install(python, ROOT / "sandbox/requirements.txt", log="setup-sandbox.log")


_MAKERS = {"bot": _make_bot, "sandbox": _make_sandbox}


def _create(environment: Path) -> Path:
    """The Python of a virtual environment with pip in it; one that is there already is kept and brought up to date."""
    log = f"setup{environment.name.replace('.venv', '-venv')}.log"
    python = environment / "bin" / "python"
    if _works(python):
        return python
    shutil.rmtree(environment, ignore_errors=True)
    if find_spec("ensurepip"):
        run(f"creating {environment.name}", (sys.executable, "-m", "venv", environment), log=log)
        return python
    run(f"creating {environment.name}", (sys.executable, "-m", "venv", "--without-pip", environment), log=log)
    wheel = _pip_wheel()
    run("installing pip", (python, wheel / "pip", "install", "--no-index", wheel), log=log)
    return python


def _works(python: Path) -> bool:
    question = "import pip, sys; print(sys.version, sys.base_prefix)"
    try:
        answer = subprocess.run((python, "-c", question), capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return answer.strip() == f"{sys.version} {sys.base_prefix}"


def _pip_wheel() -> Path:
    """Debian's pip as a wheel, which anyone may download and unpack: Debian's Python comes without it."""
    unpacked = CACHE / "pip"
    for system in (Path("/"), unpacked):
        if found := sorted(system.glob(_PIP_WHEELS)):
            return found[-1]
    advice = "Python's venv module has no pip here: install it (Debian: apt-get install python3-venv) and run again."
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Stop(advice)
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    try:
        _download_package(unpacked)
    except (Stop, StopIteration, OSError, subprocess.SubprocessError) as error:
        raise Stop(f"{advice} (Downloading {PIP_WHEEL_PACKAGE} failed: {error})") from error
    return next(unpacked.glob(_PIP_WHEELS))


def _download_package(folder: Path) -> None:
    """Download and unpack the package with lists of our own, as neither root nor a filled apt cache is certain."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True)
    settings = (f"Dir::State::lists={lists}", f"Dir::Cache={folder / 'cache'}", "APT::Sandbox::User=root")
    own = [word for setting in settings for word in ("-o", setting)]
    run("reading Debian's package lists", ("apt-get", *own, "update"), log="setup-pip.log")
    here = ("sh", "-c", 'cd "$0" && exec apt-get "$@"', str(folder))
    run("downloading pip", (*here, *own, "download", PIP_WHEEL_PACKAGE), log="setup-pip.log")
    run("unpacking pip", ("dpkg-deb", "-x", next(folder.glob("*.deb")), folder), log="setup-pip.log")


if __name__ == "__main__":
    main(lambda: prepare(sys.argv[1:]))
