"""What `make screenshots` promises before it draws anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.screenshots.__main__ import TARGET, screenshots
from scripts.steps import Stop

LARGEST = 200_000  # bytes
SCENES = ("posting", "form", "failing", "accepted", "upload", "board")


def test_without_a_browser_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match=r"^The pictures are drawn with .*: install chromium, nodejs, npm and run again\.$"):
        screenshots(tmp_path / "pictures", 700, ["discord", "slack"])
    assert not (tmp_path / "pictures").exists()


@pytest.mark.parametrize("platform", ["discord", "slack"])
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_has_its_small_picture(platform: str, scene: str) -> None:
    picture = (TARGET / f"{platform}-{scene}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < LARGEST
