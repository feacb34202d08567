"""Loading: what is asked keeps step with the files, and what did not change is left alone."""

from __future__ import annotations

from dataclasses import replace

from bot.usecases.loading import known_questions, load_questions
from tests.usecases.town import DOUBLE, SQUARE, Town

FILES = [(DOUBLE, "d"), (SQUARE, "s")]


async def test_questions_are_known_to_the_parser_that_read_them(town: Town) -> None:
    await load_questions(town.store, FILES, (), 7)
    assert await known_questions(town.store, 7) == {"d": DOUBLE, "s": SQUARE}
    assert await known_questions(town.store, 8) == {}


async def test_loading_unchanged_files_again_changes_nothing(town: Town) -> None:
    await load_questions(town.store, FILES, (), 7)
    async with town.store.begin() as work:
        before = await work.questions.current()
    await load_questions(town.store, FILES, (), 7)
    async with town.store.begin() as work:
        assert await work.questions.current() == before


async def test_a_changed_file_is_a_new_version_and_a_removed_one_is_retired(town: Town) -> None:
    await load_questions(town.store, FILES, (), 7)
    changed = replace(DOUBLE, title="Another title")
    await load_questions(town.store, [(changed, "d2")], (), 7)
    assert await known_questions(town.store, 7) == {"d2": changed}
    await load_questions(town.store, FILES, (), 7)
    assert await known_questions(town.store, 7) == {"d": DOUBLE, "s": SQUARE}


async def test_a_newer_parser_keeps_every_question_as_it_reads_it(town: Town) -> None:
    await load_questions(town.store, FILES, (), 7)
    reread = replace(SQUARE, title="Read with more care")
    await load_questions(town.store, [(DOUBLE, "d"), (reread, "s")], (), 8)
    assert await known_questions(town.store, 8) == {"d": DOUBLE, "s": reread}


async def test_a_question_whose_file_is_broken_now_stays(town: Town) -> None:
    await load_questions(town.store, FILES, (), 7)
    await load_questions(town.store, [(DOUBLE, "d")], [SQUARE.id], 7)
    assert await known_questions(town.store, 7) == {"d": DOUBLE, "s": SQUARE}
