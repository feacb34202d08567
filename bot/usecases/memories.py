"""Memories: each verdict moves them, and the one place that knows the scheduler behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta

import structlog
from fsrs import Card, Rating, Scheduler, State

from bot.core.memory import Memory, Recall, Recollection, recalls
from bot.core.questions import Question
from bot.core.records import Learner, Posting, QuestionVersion
from bot.repositories import UnitOfWork
from bot.usecases.parts import Parts

SOON = timedelta(minutes=10)
"""When a failed topic comes back."""
_STEPS = (SOON, timedelta(days=1))
# Fuzzing would spread the days of many cards learned together; here it would only make the same history differ.
_SCHEDULER = Scheduler(learning_steps=_STEPS, relearning_steps=_STEPS, enable_fuzzing=False)
_RATINGS = {
    Recall.AGAIN: Rating.Again,
    Recall.HARD: Rating.Hard,
    Recall.GOOD: Rating.Good,
    Recall.EASY: Rating.Easy,
}
_log = structlog.get_logger()


async def remember(work: UnitOfWork, learner: Learner, question: Question, recall: Recall, at: datetime) -> None:
    """Rate every topic of ``question`` in the learner's memory."""
    topics = sorted(set(question.topics))
    known = {memory.topic: memory for memory in await work.learning.memories(learner, topics)}
    await work.learning.remember(learner, [reviewed(topic, known.get(topic), recall, at) for topic in topics])


async def relearn(work: UnitOfWork, learner: Learner, topics: AbstractSet[str]) -> None:
    """Have the learner remember of ``topics`` what all verdicts there are now come to."""
    if not await work.learning.stays(learner):
        return
    await work.learning.memories(learner, topics)  # nobody changes them meanwhile
    known: dict[str, Memory] = {}
    for given, recall in recalls(await work.learning.history(learner)):
        for topic in topics & set(given.question.topics):
            known[topic] = reviewed(topic, known.get(topic), recall, given.at)
    await work.learning.forget(learner, topics - known.keys())
    await work.learning.remember(learner, list(known.values()))


async def relearn_soon(parts: Parts, posting: Posting, *versions: QuestionVersion) -> None:
    """Have everybody who answered ``posting`` remember anew what it was about, by whichever of these versions.

    One by one: each takes all their answers, and others wait for none of it. Who is missed by a crash keeps a memory
    that is a little off, as an estimate may be.
    """
    topics = {topic for version in versions for topic in version.question.topics}
    async with parts.store.read() as work:
        learners = await work.learning.learners_of(posting)
    for learner in learners:
        try:
            async with parts.store.begin() as work:
                await relearn(work, learner, topics)
        except Exception:  # what one remembers must not keep the others from theirs
            _log.exception("a memory could not be made anew", learner=learner.id)
        await asyncio.sleep(0)


def reviewed(topic: str, memory: Memory | None, recall: Recall, at: datetime) -> Memory:
    """The memory of ``topic`` after it was recalled so at the aware time ``at``; a new one where there was none."""
    at = at.astimezone(UTC)
    card = _card(memory) or Card(card_id=0, due=at)
    after, _ = _SCHEDULER.review_card(card, _RATINGS[recall], at)
    return Memory(topic, after.to_json(), after.due)


def recollections(memories: Sequence[Memory]) -> tuple[Recollection, ...]:
    """What the memories say; one that cannot be read is as if it was not there."""
    return tuple(found for memory in memories if (found := _recollection(memory)))


def _recollection(memory: Memory) -> Recollection | None:
    card = _card(memory)
    if card is None or card.stability is None or card.last_review is None:
        return None
    failed = card.state is not State.Review and card.step == 0 and card.due - card.last_review <= SOON
    return Recollection(memory.topic, memory.due_at, card.last_review, failed, card.stability)


def _card(memory: Memory | None) -> Card | None:
    # Another release of the package may write other cards. A memory is an estimate: it is made anew, not mourned.
    try:
        return Card.from_json(memory.card) if memory else None
    except (ValueError, KeyError, TypeError):
        return None
