"""Loading: which questions there are, kept in step with the files they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.questions import Question
from bot.repositories import Store


async def known_questions(store: Store, reader: int) -> Mapping[str, Question]:
    """The questions that can be asked by the digests of their files, as ``reader`` read them: no need to read again."""
    async with store.begin() as work:
        return await work.questions.read_by(reader)


async def load_questions(
    store: Store, questions: Sequence[tuple[Question, str]], broken: Sequence[str], reader: int
) -> None:
    """Make these questions, each with its digest, the ones that can be asked; what is missing is retired.

    Questions whose ids are ``broken`` stay as they were: their files are there, and will be mended. ``reader`` is the
    number of the parser that read them.
    """
    if not questions:
        # More likely a folder that could not be read than a wish to have no questions.
        return
    async with store.begin() as work:
        known = await work.questions.read_by(reader)
        for question, digest in questions:
            if known.get(digest) != question:
                await work.questions.add_version(question, digest, reader)
        await work.questions.retire_missing({question.id for question, _ in questions}.union(broken))
