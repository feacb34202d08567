"""What the image is made of, and the name that follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox import image

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sandbox/ that the image is made from."""
    shutil.copytree(ROOT / "sandbox", tmp_path / "sandbox")
    monkeypatch.setattr(image, "HERE", tmp_path / "sandbox")
    return tmp_path / "sandbox"


@pytest.mark.parametrize("name", ["Dockerfile", "requirements.txt", "protocol.py", "cell/zygote.py", "cell/new.py"])
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


def test_the_program_of_a_cell_is_the_cell_and_the_words_it_shares_with_the_judge(sources: Path) -> None:
    names = {path.relative_to(sources).as_posix() for path in image.program_files()}
    assert {name for name in names if not name.startswith("cell/")} == {"__init__.py", "protocol.py", "values.py"}
    assert {"cell/__main__.py", "cell/zygote.py"} <= names
