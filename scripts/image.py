"""``python -m scripts.image``: builds the image of a cell, with a registry or without one.

Python and its libraries are picked from a base: ``CHAINRULE_BASE``, by default a tag of the official image of Python,
whose digest is recorded in a label. Where no registry answers, root on Debian makes the base with debootstrap instead.
The build itself needs no network: the wheels are downloaded beforehand.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox.image import HERE, RECIPE, image_tag, program_files
from scripts import wheels
from scripts.engine import docker_engine
from scripts.prepare import prepare
from scripts.steps import (
    CACHE,
    ROOT,
    Stop,
    apt_install,
    attempt,
    is_root_on_debian,
    locked,
    main,
    run,
    tell,
    unmount_below,
)

BASE = "python:3.11-slim-bookworm"
BASE_VARIABLE = "CHAINRULE_BASE"
OFFLINE_BASE = "chainrule-base:bookworm"
_LOG = "setup-image.log"
_OCI = "org.opencontainers.image"
_LEFT_OUT = ("./proc", "./sys", "./dev", "./var/cache/apt", "./var/lib/apt/lists")


def build(host: str) -> str:
    """Build the image on the engine at ``host`` unless it is there, from the base asked for if one is.

    Returns its name. Raises :class:`Stop`.
    """
    tag = image_tag()
    with locked(str(CACHE / "image.lock"), "Another make is building the image; waiting for it"):
        if not _is_built(host, tag):
            tell(f"Building {tag}")
            base = base_image(host)
            folder = cell_wheels()
            with tempfile.TemporaryDirectory(prefix="chainrule-image-", dir=CACHE) as context:
                _fill(Path(context), folder)
                _build(host, tag, base, Path(context))
    return tag


def _docker(host: str, *words: str | Path) -> tuple[str | Path, ...]:
    return ("docker", "--host", host, *words)


def _has(host: str, name: str) -> bool:
    return bool(_inspect(host, name, "{{.Id}}"))


def _inspect(host: str, name: str, template: str) -> str:
    """A fact about an image; empty where there is no such image, or it has no such fact."""
    command = [str(word) for word in _docker(host, "image", "inspect", "--format", template, name)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _is_built(host: str, tag: str) -> bool:
    asked = os.environ.get(BASE_VARIABLE)
    base = _inspect(host, tag, f'{{{{index .Config.Labels "{_OCI}.base.name"}}}}')
    return base == asked if asked else _has(host, tag)


def _build(host: str, tag: str, base: str, context: Path) -> None:
    labels = base_labels(base, _inspect(host, base, "{{.Id}}"), _inspect(host, base, "{{json .RepoDigests}}"))
    labels[f"{_OCI}.version"] = tag.partition(":")[2]
    said = [word for name, text in labels.items() for word in ("--label", f"{name}={text}")]
    recipe = ("--build-arg", f"BASE={base}", "--file", context / "sandbox" / "Dockerfile", "--tag", tag)
    run("building the image", _docker(host, "build", "--network", "none", *recipe, *said, context), log=_LOG)


def base_labels(base: str, identity: str, digests: str) -> dict[str, str]:
    """What the image says of its base: the name, the engine's own id and, if it was pulled, the registry's digest.

    ``digests`` is JSON: a list such as ``["python@sha256:…"]``, empty or null for an image that no registry knows.
    """
    labels = {f"{_OCI}.base.name": base, "chainrule.base": identity}
    known = json.loads(digests or "null") or []
    return labels | {f"{_OCI}.base.digest": digest.partition("@")[2] for digest in known[:1]}


def _fill(context: Path, folder: Path) -> None:
    """Lay out what the Dockerfile copies; readable by any user, as the cell's children are nobody in particular."""
    wheels_here = context / "wheels" / "cell"
    wheels_here.mkdir(parents=True)
    for wheel in folder.glob("*.whl"):
        os.link(wheel, wheels_here / wheel.name)
    for source in (*(HERE / name for name in RECIPE), *program_files()):
        target = context / "sandbox" / source.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for path in context.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def cell_wheels() -> Path:
    """The wheels of the cell's packages, downloaded once."""
    requirements = HERE / "requirements.txt"
    folder = CACHE / "wheels"
    complete = folder / "requirements.txt"
    if complete.exists() and complete.read_bytes() == requirements.read_bytes():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell("Downloading torch (CPU) for the image")
    prepare(["bot"])  # for its pip
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    wheels.download(ROOT / ".venv/bin/python", requirements, folder, machine=machine, log="setup-wheels.log")
    shutil.copyfile(requirements, complete)
    return folder


def base_image(host: str) -> str:
    """The base to build from, which the engine then has. Raises :class:`Stop`."""
    asked = os.environ.get(BASE_VARIABLE)
    base = asked or BASE
    if _has(host, base):
        return base
    if not asked and _has(host, OFFLINE_BASE):
        return OFFLINE_BASE
    pulled = attempt(f"pulling {base}", _docker(host, "pull", "--quiet", base), log=_LOG)
    if pulled.status == 0:
        return base
    if asked:
        raise Stop(f"{BASE_VARIABLE} is {base}, which could not be pulled:\n{pulled.tail()}")
    if not is_root_on_debian():
        reason = f"{base} could not be pulled, and doing without a registry needs root on Debian"
        raise Stop(f"{reason}:\n{pulled.tail()}")
    tell("No registry answers: making the base of the image with debootstrap")
    _make_offline_base(host)
    return OFFLINE_BASE


def _make_offline_base(host: str) -> None:
    if not shutil.which("debootstrap"):
        apt_install("debootstrap")
    with tempfile.TemporaryDirectory(prefix="chainrule-base-") as folder:
        root = Path(folder) / "root"
        options = ("--variant=minbase", "--include=python3,python3-venv")
        try:
            run("making the base", ("debootstrap", *options, "bookworm", root, *_mirror()), log=_LOG)
        finally:
            unmount_below(root)  # an interrupted debootstrap leaves /proc and /sys in there
        archive = Path(folder) / "base.tar"
        left_out = [f"--exclude={path}/*" for path in _LEFT_OUT]
        run("packing the base", ("tar", "-C", root, *left_out, "-cf", archive, "."), log=_LOG)
        run("importing the base", _docker(host, "import", archive, OFFLINE_BASE), log=_LOG)


def _mirror() -> list[str]:
    """Where this machine gets bookworm from, if it says; debootstrap knows one itself."""
    asked = ("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages")
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    pairs = [line.split() for line in answer.splitlines()]
    return [pair[0] for pair in pairs if len(pair) == 2 and pair[1] == "bookworm"][:1]


def _main() -> int:
    with docker_engine() as engine:
        if not engine.host:
            raise Stop(f"No Docker engine: {engine.missing}")
        tell(f"{build(engine.host)} is ready on {engine.host}")
    return 0


if __name__ == "__main__":
    main(_main)
