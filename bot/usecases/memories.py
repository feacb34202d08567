"""Memories: each verdict moves them, and the one place that knows the scheduler behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fsrs import Card, Rating, Scheduler, State

from bot.core.memory import Memory, Recall, Recollection
from bot.core.questions import Question
from bot.core.records import Learner
from bot.repositories import UnitOfWork

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


async def remember(work: UnitOfWork, learner: Learner, question: Question, recall: Recall, at: datetime) -> None:
    """Rate every topic of ``question`` in the learner's memory."""
    topics = sorted(set(question.topics))
    known = {memory.topic: memory for memory in await work.learning.memories(learner, topics)}
    await work.learning.remember(learner, [reviewed(topic, known.get(topic), recall, at) for topic in topics])


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
