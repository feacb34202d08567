from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.records import SubmissionState
from bot.core.verdicts import Verdict
from bot.store import SqlStore
from tests.store.scene import ACCEPTED, DAY, MONDAY, NOON, WRONG, Scene

SECOND = timedelta(seconds=1)


async def test_the_same_event_is_stored_once(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        first = await unit.submissions.add(scene.posting, scene.ada, "e1", "x * 2", NOON)
    async with store.begin() as unit:
        again = await unit.submissions.add(scene.posting, scene.ada, "e1", "something else", NOON + SECOND)
        assert await unit.submissions.unjudged() == (first,)
    assert again == first
    assert (first.text, first.attempt, first.received_at, first.verdict) == ("x * 2", 1, NOON, None)


async def test_the_same_event_id_on_another_platform_is_another_event(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        community = await unit.communities.community("discord", "here", "Server")
        schedule = await unit.communities.schedule(community, "general", "UTC")
        posting, _ = await unit.postings.claim(schedule, MONDAY, scene.version, NOON)
        stranger = await unit.communities.learner(community, "ada", "Ada")
        first = await unit.submissions.add(scene.posting, scene.ada, "e1", "", NOON)
        other = await unit.submissions.add(posting, stranger, "e1", "", NOON)
    assert first.id != other.id


async def test_attempts_count_per_learner_and_posting(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "elsewhere", "UTC")
        there, _ = await unit.postings.claim(elsewhere, MONDAY, scene.version, NOON)
        answers = [
            (scene.posting, scene.ada),
            (scene.posting, scene.ada),
            (scene.posting, scene.bob),
            (there, scene.ada),
            (scene.posting, scene.ada),
        ]
        attempts = [
            (await unit.submissions.add(posting, learner, f"e{number}", "", NOON)).attempt
            for number, (posting, learner) in enumerate(answers)
        ]
    assert attempts == [1, 2, 1, 1, 3]


@pytest.mark.parametrize("verdict", [ACCEPTED, replace(WRONG, failure=None)], ids=["accepted", "wrong"])
async def test_a_verdict_is_recorded_once(store: SqlStore, scene: Scene, verdict: Verdict) -> None:
    async with store.begin() as unit:
        stored = await unit.submissions.add(scene.posting, scene.ada, "e1", "x", NOON)
        judged, recorded = await unit.submissions.judged(stored, verdict, scene.version)
        assert recorded
    async with store.begin() as unit:
        again = await unit.submissions.judged(stored, replace(verdict, message="Second thoughts."), scene.version)
        assert again == (judged, False)
        assert await unit.submissions.unjudged() == ()
        assert await unit.submissions.latest(scene.posting, scene.ada) == judged
    assert judged == replace(stored, state=SubmissionState.JUDGED, verdict=verdict)


async def test_a_verdict_with_text_no_database_can_hold_is_still_recorded(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        stored = await unit.submissions.add(scene.posting, scene.ada, "e1", "x\0\udcff", NOON)
        judged, _ = await unit.submissions.judged(stored, WRONG, scene.version)
    assert stored.text == "x\ufffd\ufffd"
    assert WRONG.failure is not None
    assert judged.verdict == replace(WRONG, failure=replace(WRONG.failure, message="no \0 \ufffd"))


async def test_the_longest_answer_comes_back_whole(store: SqlStore, scene: Scene) -> None:
    text = "# é🧮\n" * 20_000
    async with store.begin() as unit:
        await unit.submissions.add(scene.posting, scene.ada, "e1", text, NOON)
    async with store.begin() as unit:
        latest = await unit.submissions.latest(scene.posting, scene.ada)
    assert latest is not None
    assert latest.text == text


async def test_waiting_answers_come_oldest_first(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        for number, delay in enumerate([5, 1, 3, 3]):
            await unit.submissions.add(scene.posting, scene.ada, f"e{number}", "", NOON + delay * SECOND)
        waiting = await unit.submissions.unjudged()
        await unit.submissions.judged(waiting[1], ACCEPTED, scene.version)
        left = await unit.submissions.unjudged()
    assert [each.event_id for each in waiting] == ["e1", "e2", "e3", "e0"]
    assert [each.event_id for each in left] == ["e1", "e3", "e0"]


async def test_the_latest_answer_is_the_last_attempt_judged_or_not(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        assert await unit.submissions.latest(scene.posting, scene.ada) is None
        await unit.submissions.add(scene.posting, scene.ada, "e1", "one", NOON)
        second = await unit.submissions.add(scene.posting, scene.ada, "e2", "two", NOON)
        await unit.submissions.add(scene.posting, scene.bob, "e3", "three", NOON)
        assert await unit.submissions.latest(scene.posting, scene.ada) == second


async def test_recent_answers_are_the_judged_ones_newest_first_with_their_postings(
    store: SqlStore, scene: Scene
) -> None:
    async with store.begin() as unit:
        elsewhere = await unit.communities.schedule(scene.community, "elsewhere", "UTC")
        there, _ = await unit.postings.claim(elsewhere, MONDAY, scene.version, NOON)
        for number in range(4):
            posting = there if number == 3 else scene.posting
            answer = await unit.submissions.add(posting, scene.ada, f"e{number}", "", NOON + number * DAY)
            if number != 2:
                await unit.submissions.judged(answer, ACCEPTED, scene.version)
        recent = await unit.submissions.recent(scene.ada, 2)
        monday = await unit.postings.get(scene.posting.id)
        assert await unit.submissions.recent(scene.bob, 2) == ()
    assert [(answer.event_id, posting) for answer, posting in recent] == [("e3", there), ("e1", monday)]


async def test_an_answer_is_found_by_its_id_as_it_is_now(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        answer = await unit.submissions.add(scene.posting, scene.bob, "e1", "", NOON)
        assert await unit.submissions.get(answer.id) == answer
        judged, _ = await unit.submissions.judged(answer, ACCEPTED, scene.version)
        assert await unit.submissions.get(answer.id) == judged
        assert await unit.submissions.get(999) is None


async def test_what_is_void_is_kept_and_is_no_attempt(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        first = await unit.submissions.add(scene.posting, scene.ada, "e1", "x", NOON)
        await unit.submissions.void(first, scene.version)
    async with store.begin() as unit:
        kept = await unit.submissions.add(scene.posting, scene.ada, "e1", "x", NOON)
        assert (kept.id, kept.text, kept.state, kept.verdict) == (first.id, "x", SubmissionState.VOID, None)
        assert await unit.submissions.unjudged() == ()
        assert await unit.submissions.latest(scene.posting, scene.ada) is None
        assert (await unit.competition.progress(scene.posting, scene.ada)).attempts == 0
        assert await unit.submissions.judged(kept, ACCEPTED, scene.version) == (kept, False)
        assert (await unit.submissions.add(scene.posting, scene.ada, "e2", "y", NOON)).attempt == 1


async def test_what_has_a_verdict_can_not_be_made_void(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        stored = await unit.submissions.add(scene.posting, scene.ada, "e1", "x", NOON)
        judged, _ = await unit.submissions.judged(stored, ACCEPTED, scene.version)
        assert not await unit.submissions.void(stored, scene.version)
        assert await unit.submissions.latest(scene.posting, scene.ada) == judged
