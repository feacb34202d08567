from dataclasses import replace
from datetime import timedelta

from bot.core.memory import Memory
from bot.core.records import Learner
from bot.core.scoring import SOLVE
from bot.store import SqlStore
from tests.store.scene import ACCEPTED, DAY, MONDAY, NOON, VALUE, Scene, earn

LEAF = Memory("leaf", '{"card_id": 0}', NOON)
GRAPH = Memory("graph 🧮'; DROP TABLE memory; --", "a card", NOON + DAY)


async def remembered(store: SqlStore, learner: Learner) -> tuple[Memory, ...]:
    async with store.read() as unit:
        return await unit.learning.memories(learner)


async def test_a_memory_is_one_learners_of_one_topic_and_the_last_one_stays(store: SqlStore, scene: Scene) -> None:
    later = replace(LEAF, card="another", due_at=NOON + 2 * DAY)
    async with store.begin() as unit:
        await unit.learning.remember(scene.ada, [LEAF, GRAPH])
        await unit.learning.remember(scene.bob, [LEAF])
        await unit.learning.remember(scene.ada, [later])
        await unit.learning.remember(scene.ada, [])
        assert await unit.learning.memories(scene.ada, ["leaf", "unknown"]) == (later,)
        assert await unit.learning.memories(scene.ada, []) == ()
    assert await remembered(store, scene.ada) == (GRAPH, later)
    assert await remembered(store, scene.bob) == (LEAF,)


async def test_a_memory_goes_with_the_transaction_it_was_made_in(store: SqlStore, scene: Scene) -> None:
    try:
        async with store.begin() as unit:
            await unit.learning.remember(scene.ada, [LEAF])
            raise RuntimeError
    except RuntimeError:
        pass
    assert await remembered(store, scene.ada) == ()


async def test_what_was_solved_counts_from_then_on_and_for_its_learner(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await earn(unit, scene.posting, scene.ada, SOLVE, 10)
        await earn(unit, scene.posting, scene.bob, "void", -10)
    async with store.read() as unit:
        assert await unit.learning.solved_since(scene.ada, NOON) == {scene.version.question.id}
        assert await unit.learning.solved_since(scene.ada, NOON + timedelta(microseconds=1)) == frozenset()
        assert await unit.learning.solved_since(scene.bob, NOON - DAY) == frozenset()


async def test_what_is_open_in_any_channel_of_the_community_is_told_but_no_practice(
    store: SqlStore, scene: Scene
) -> None:
    async with store.begin() as unit:
        version = await unit.questions.add_version(VALUE, "d2", 1)
        assert version is not None
        side = await unit.communities.schedule(scene.community, "side", "Asia/Kolkata")
        there, _ = await unit.postings.claim(side, MONDAY, version, NOON)
        practice = await unit.communities.schedule(scene.community, "practice/x", "UTC", practice=True)
        await unit.postings.claim(practice, MONDAY, version, NOON)
        other = await unit.communities.community("terminal", "elsewhere", "Another")
        await unit.postings.claim(await unit.communities.schedule(other, "general", "UTC"), MONDAY, version, NOON)
        assert await unit.learning.open_postings(scene.community) == (scene.posting, there)
        next_one, _ = await unit.postings.claim(side, MONDAY + DAY, scene.version, NOON + DAY)
        assert await unit.learning.open_postings(scene.community) == (scene.posting, next_one)


async def test_what_was_practised_is_listed_with_the_latest_last(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        version = await unit.questions.add_version(VALUE, "d2", 1)
        assert version is not None
        for event, asked in enumerate((scene.version, version, scene.version)):
            channel = f"practice/{asked.question.id}"
            schedule = await unit.communities.schedule(scene.community, channel, "UTC", practice=True)
            posting, _ = await unit.postings.claim(schedule, MONDAY, asked, NOON)
            stored = await unit.submissions.add(posting, scene.ada, str(event), "6", NOON)
            await unit.submissions.judged(stored, ACCEPTED, asked)
        assert await unit.learning.practised(scene.ada) == (VALUE.id, scene.version.question.id)
        assert await unit.learning.practised(scene.bob) == ()
