"""What the image is made of, and the name that follows."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import image
from scripts.image import base_labels
from scripts.wheels import CPU_INDEX

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sandbox/ that the image is made from."""
    shutil.copytree(ROOT / "sandbox", tmp_path / "sandbox")
    monkeypatch.setattr(image, "HERE", tmp_path / "sandbox")
    return tmp_path / "sandbox"


@pytest.mark.parametrize(
    "name", ["Dockerfile", "requirements.txt", "image_root.py", "protocol.py", "cell/zygote.py", "cell/new.py"]
)
def test_other_content_gives_another_name(sources: Path, name: str) -> None:
    before = image.image_tag()
    with (sources / name).open("a") as file:
        file.write("\n")
    assert image.image_tag() != before


@pytest.mark.parametrize("name", ["pool.py", "docker_cell.py", "cell/__pycache__/zygote.cpython-311.pyc"])
def test_what_is_not_in_the_image_does_not_change_its_name(sources: Path, name: str) -> None:
    before = image.image_tag()
    (sources / name).parent.mkdir(exist_ok=True)
    (sources / name).write_text("other")
    assert image.image_tag() == before


def test_the_program_of_a_cell_holds_every_module_of_ours_it_imports_and_no_other(sources: Path) -> None:
    names = {path.relative_to(sources).as_posix() for path in image.program_files()}
    modules = {name for name in names if name.endswith(".py")}
    imported = {name for module in modules for name in ours(sources, module)}
    assert imported <= modules
    assert {name for name in modules if not name.startswith("cell/")} - {"__init__.py"} <= imported


def test_the_recipe_copies_the_program_of_a_cell_and_nothing_else_of_ours(sources: Path) -> None:
    """Its context may be the whole repository."""
    recipe = (sources / "Dockerfile").read_text()
    copied = {word for line in re.findall("^COPY (sandbox/.*) /opt", recipe, re.MULTILINE) for word in line.split()}
    program = {path.relative_to(sources).as_posix() for path in image.program_files()}
    assert copied == {"sandbox/cell", *(f"sandbox/{name}" for name in program if not name.startswith("cell/"))}


def test_without_wheels_torch_comes_from_where_it_is_downloaded_otherwise(sources: Path) -> None:
    assert f"--extra-index-url {CPU_INDEX}" in (sources / "Dockerfile").read_text()


@pytest.mark.parametrize(("recipe", "part"), [("sandbox/Dockerfile", "cell"), ("bot/Dockerfile", "bot")])
def test_a_folder_of_wheels_need_not_be_there(recipe: str, part: str) -> None:
    """BuildKit refuses a pattern in a folder that is missing, unless the folder is part of the pattern."""
    copies = re.findall("^COPY .*whl.*$", (ROOT / recipe).read_text(), re.MULTILINE)
    assert [re.search(r"\S*\.whl", line)[0] for line in copies] == [f"wheel[s]/{part}/*.whl"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("digests", "digest"),
    [
        ('["python@sha256:12ab"]', "sha256:12ab"),
        ('["python@sha256:12ab","mirror.example/python@sha256:34cd"]', "sha256:12ab"),
        ("[]", None),
        ("null", None),
        ("", None),
    ],
)
def test_the_digest_of_the_base_is_the_one_it_was_pulled_by_or_none(digests: str, digest: str | None) -> None:
    labels = base_labels("python:3.11", "sha256:feed", digests)
    assert labels.pop("org.opencontainers.image.base.digest", None) == digest
    assert labels == {"org.opencontainers.image.base.name": "python:3.11", "chainrule.base": "sha256:feed"}


def ours(sources: Path, module: str) -> Iterator[str]:
    """Files below sandbox/ that a module there imports."""
    for node in ast.walk(ast.parse((sources / module).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sandbox"):
            origin = "/".join(node.module.split(".")[1:])
            candidates = {f"{origin}.py", *(f"{origin}/{alias.name}.py".lstrip("/") for alias in node.names)}
            yield from (name for name in candidates if (sources / name).is_file())
