"""What the service is built from may be damaged: it says so, and works with what is sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot import wiring
from bot.ports import StoreUnavailable
from bot.settings import Settings
from bot.store import open_store
from tests.authoring.texts import CODE, VALUE
from tests.databases import Databases
from tests.usecases.conftest import town as town
from tests.usecases.town import Town


def _settings(tmp_path: Path) -> Settings:
    questions = tmp_path / "questions"
    questions.mkdir(exist_ok=True)
    return Settings(
        data_dir=tmp_path / "data",
        questions_dir=questions,
        database_url=f"sqlite:///{tmp_path / 'chainrule.db'}",
        sandbox="local",
        sandbox_python=tmp_path / "no-python",
    )


async def _current(settings: Settings) -> list[str]:
    store = await open_store(settings.database_url)
    async with store.begin() as work:
        found = [version.question.id for version in await work.questions.current()]
    await store.close()
    return found


async def test_a_question_file_that_breaks_is_told_of_and_its_question_not_retired(tmp_path: Path) -> None:
    settings, told = _settings(tmp_path), list[str]()
    for name, text in {"scaled-dot": CODE, "mean-gradient": VALUE}.items():
        (settings.questions_dir / f"{name}.md").write_text(text)
    async with wiring.open_service(settings, told.append):
        pass
    assert not any("left out" in sentence for sentence in told)
    (settings.questions_dir / "scaled-dot.md").write_text("nothing of a question")
    async with wiring.open_service(settings, told.append):
        pass
    assert any("left out" in sentence and "scaled-dot.md" in sentence for sentence in told)
    assert await _current(settings) == ["mean-gradient", "scaled-dot"]
    assert (settings.data_dir / "judge.log").exists()


async def test_the_judge_writes_no_file_where_logs_go_to_standard_error(tmp_path: Path) -> None:
    settings = _settings(tmp_path).model_copy(update={"log_to": "stderr"})
    (settings.questions_dir / "mean-gradient.md").write_text(VALUE)
    async with wiring.open_service(settings, lambda _: None):
        pass
    assert not list(settings.data_dir.glob("*.log"))


@pytest.mark.parametrize(("files", "word"), [({}, "no question"), ({"a.md": "nothing"}, "a.md")])
async def test_without_a_sound_question_the_service_says_why(tmp_path: Path, files: dict[str, str], word: str) -> None:
    settings = _settings(tmp_path)
    for name, text in files.items():
        (settings.questions_dir / name).write_text(text)
    with pytest.raises(ValueError, match=word):
        async with wiring.open_service(settings, lambda _: None):
            pass


def test_the_secret_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret"
    assert wiring._secret(path) == wiring._secret(path) == path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_a_secret_that_cannot_be_read_or_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "secret", tmp_path / "file" / "secret"):
        with pytest.raises(StoreUnavailable, match="cannot be read or made"):
            wiring._secret(path)


async def test_what_is_done_now_and_then_goes_on_after_a_fault_of_any_kind(town: Town) -> None:
    reached, calls = asyncio.Event(), list[int]()

    async def resume() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("a fault of our own")
        reached.set()
        return 0

    background = asyncio.create_task(wiring._again_and_again(town.service, wiring.RESUMING, resume, 0))
    async with asyncio.timeout(20):
        await reached.wait()
    await wiring._cancel(background)
    assert len(calls) >= 2


@pytest.mark.parametrize(("on_server", "serves"), [(True, False), (True, True), (False, False)])
async def test_who_looks_in_on_the_database_of_a_deployment_does_not_do_its_chores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Databases, on_server: bool, serves: bool
) -> None:
    begun = list[str]()

    async def begins(_: object, what: str, *__: object, **___: object) -> None:
        begun.append(what)

    monkeypatch.setattr(wiring, "_again_and_again", begins)
    settings = _settings(tmp_path)
    (settings.questions_dir / "scaled-dot.md").write_text(CODE)
    if on_server:
        settings = settings.model_copy(update={"database_url": postgres("migrated")})
    async with wiring.open_service(settings, lambda _: None, serves=serves):
        await asyncio.sleep(0.1)
    assert (wiring.RESUMING in begun) == (wiring.FILLING in begun) == bool(begun) == (serves or not on_server)
    assert (wiring.VALUES in begun) == serves, "what serves has its judges elsewhere"
