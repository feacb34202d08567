"""What is tried of answers to a question that seems not to be judgeable."""

from __future__ import annotations

from bot.usecases.doubts import TRIED_EVERY, Doubts
from tests.usecases.town import NOON


def test_an_answer_that_was_queued_before_came_back_and_no_other_did() -> None:
    doubts = Doubts()
    assert doubts.came_back(1, [10, 11]) is None
    assert doubts.came_back(1, [12]) is None
    assert doubts.came_back(2, [20]) is None
    assert doubts.came_back(1, [13, 12, 11]) == 11


def test_what_was_in_doubt_begins_anew_once_an_answer_has_its_verdict() -> None:
    doubts = Doubts()
    doubts.came_back(1, [10, 11])
    doubts.doubt(1, 10, NOON)
    assert doubts.trying[1].due_at == NOON + TRIED_EVERY
    doubts.lift(1)
    assert doubts.trying == {}
    assert doubts.came_back(1, [11]) is None


def test_a_learner_is_told_the_same_once_and_again_after_something_else() -> None:
    doubts = Doubts()
    assert [doubts.tell(1), doubts.tell(1), doubts.tell(2)] == [True, False, True]
    doubts.told_otherwise(1)
    assert doubts.tell(1)
