"""Which files the image of a cell is made of, and the name that follows from them. Standard library only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = "chainrule-cell"
HERE = Path(__file__).resolve().parent
_PROGRAM = ("__init__.py", "frames.py", "protocol.py", "values.py")
RECIPE = ("Dockerfile", "requirements.txt", "image_root.py")


def program_files() -> Iterator[Path]:
    """The cell program: what is copied to ``/opt/chainrule/sandbox``, in a fixed order."""
    yield from (HERE / name for name in _PROGRAM)
    for path in sorted((HERE / "cell").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def image_tag() -> str:
    """Name of the image these sources make, such as ``chainrule-cell:4be1…``: other content, another name."""
    digest = hashlib.sha256()
    for path in (*(HERE / name for name in RECIPE), *program_files()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE).as_posix()}\0{len(content)}\0".encode() + content)
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def torch_version() -> str:
    """The version of torch in that image, such as ``2.13.0+cpu``."""
    pins = (line.partition("==") for line in (HERE / "requirements.txt").read_text().splitlines())
    return next(version for name, _, version in pins if name == "torch")
