import asyncio
from dataclasses import replace

import pytest

from bot.core.closeness import Tolerance
from bot.core.questions import (
    VARIANTS,
    Bank,
    ChoiceTask,
    CodeTask,
    Mistake,
    Option,
    Param,
    Question,
    Trial,
    ValueTask,
)
from bot.core.records import Community
from bot.store import SqlStore
from sandbox.values import Value
from tests.store.scene import CODE, TRIAL, VALUE, Scene, change, rows


def numbered(count: int) -> list[Trial]:
    return [replace(TRIAL, expected={"result": number}) for number in range(count)]


PROBED = replace(
    CODE,
    task=CodeTask(
        "Square",
        "class Square: ...",
        "def inputs(g): ...",
        "class Square: ...",
        ("result", "name"),
        probe="def probe(Square, x): ...",
        example='{"x": torch.tensor([2.0])}',
        tolerance=Tolerance(1e-2, 1e-3, 1e-6),
        zero=("result",),
        trust=("name",),
        accepts=("sign",),
    ),
)
PERSONAL = replace(VALUE, task=ValueTask("x = $a", "x * 2", "2 * $a", (Param("a", ("1", "2")),)))
CHOICE = replace(VALUE, task=ChoiceTask((Option("`a`", "It is.", True), Option("b", "No.")), "assert a", "a = 1"))


@pytest.mark.parametrize(
    "question",
    [CODE, PROBED, VALUE, PERSONAL, CHOICE],
    ids=["code", "a probe", "value", "personal", "choice"],
)
async def test_a_question_comes_back_as_it_was(store: SqlStore, question: Question) -> None:
    async with store.begin() as unit:
        added = await unit.questions.add_version(question, "d1", 1)
        assert added is not None
    async with store.begin() as unit:
        assert await unit.questions.current() == (added,)
    assert added.question == question


async def test_a_new_version_becomes_current_and_the_old_one_stays(store: SqlStore, scene: Scene) -> None:
    changed = replace(CODE, prompt="Write `grad`, please.")
    async with store.begin() as unit:
        second = await unit.questions.add_version(changed, "d2", 1)
        assert await unit.questions.current() == (second,)
    async with store.begin() as unit:
        posting = await unit.postings.get(scene.posting.id)
        assert posting is not None
        assert posting.version == scene.version


async def test_a_digest_already_known_becomes_current_again(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_version(replace(CODE, prompt="Other."), "d2", 1)
        await unit.questions.add_version(VALUE, "d1", 1)
        back = await unit.questions.add_version(CODE, "d1", 1)
        current = await unit.questions.current()
    assert back == scene.version
    assert [(version.question.id, version.digest) for version in current] == [(VALUE.id, "d1"), (CODE.id, "d1")]


async def test_the_same_file_read_differently_keeps_its_version_and_is_kept_as_read_now(
    store: SqlStore, scene: Scene
) -> None:
    reread = replace(CODE, time_limit_ms=9_000)
    async with store.begin() as unit:
        await unit.questions.add_version(reread, "d1", 1)
    async with store.begin() as unit:
        assert await unit.questions.current() == (replace(scene.version, question=reread),)


async def test_only_what_this_very_parser_read_need_not_be_read_again(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_version(VALUE, "v", reader=5)
        assert await unit.questions.read_by(5) == {"v": VALUE}
        await unit.questions.add_version(VALUE, "v", reader=6)
        assert await unit.questions.read_by(5) == {}
        await unit.questions.add_version(CODE, "d1", reader=6)
        assert await unit.questions.read_by(6) == {"v": VALUE, "d1": CODE}
        await unit.questions.add_version(replace(CODE, prompt="Other."), "d2", reader=6)
        assert list(await unit.questions.read_by(6)) == ["v", "d2"]
        await unit.questions.retire_missing([CODE.id])
        assert list(await unit.questions.read_by(6)) == ["d2"]


async def test_questions_that_are_gone_retire_and_return(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_version(VALUE, "v", 1)
        assert await unit.questions.retire_missing([VALUE.id]) == (CODE.id,)
        assert await unit.questions.retire_missing([VALUE.id]) == ()
        assert [version.question.id for version in await unit.questions.current()] == [VALUE.id]
        await unit.questions.add_version(CODE, "d1", 1)
        assert len(await unit.questions.current()) == 2
        assert await unit.questions.retire_missing([]) == (VALUE.id, CODE.id)


async def other_community(store: SqlStore) -> Community:
    async with store.begin() as unit:
        return await unit.communities.community("discord", "there", "Server")


async def published(store: SqlStore, owner: Community | None, question: Question = VALUE, digest: str = "v") -> bool:
    async with store.begin() as unit:
        version = await unit.questions.add_version(question, digest, 1, owner)
    return version is not None


async def asked(store: SqlStore, community: Community | None = None) -> list[str]:
    async with store.begin() as unit:
        return [version.question.id for version in await unit.questions.current(community)]


async def test_a_community_is_asked_its_own_questions_and_everybodys(store: SqlStore, scene: Scene) -> None:
    theirs, third = replace(VALUE, id="a-question-of-theirs"), replace(VALUE, id="third")
    there = await other_community(store)
    assert await published(store, scene.community)
    assert await published(store, there, theirs)
    assert await published(store, None, third)
    assert await asked(store, scene.community) == [VALUE.id, CODE.id, third.id]
    assert await asked(store, there) == [theirs.id, CODE.id, third.id]
    assert await asked(store) == [theirs.id, VALUE.id, CODE.id, third.id]


async def test_an_owner_publishes_a_new_version_as_before(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_version(VALUE, "v", 1, scene.community)
        second = await unit.questions.add_version(replace(VALUE, prompt="Other."), "w", 1, scene.community)
        current = await unit.questions.current(scene.community)
    assert [version for version in current if version.question.id == VALUE.id] == [second]


@pytest.mark.parametrize(
    ("first", "second"),
    [("here", "there"), ("here", None), (None, "here")],
    ids=["another community's", "a community's, for everybody", "everybody's"],
)
async def test_an_id_that_is_somebody_elses_is_refused_and_nothing_written(
    store: SqlStore, scene: Scene, url: str, first: str | None, second: str | None
) -> None:
    owners = {"here": scene.community, "there": await other_community(store), None: None}
    assert await published(store, owners[first])
    before = [await rows(url, f"SELECT * FROM {table} ORDER BY id") for table in ("question", "question_version")]
    assert not await published(store, owners[second], replace(VALUE, prompt="Other."), "w")
    after = [await rows(url, f"SELECT * FROM {table} ORDER BY id") for table in ("question", "question_version")]
    assert after == before


async def test_everybodys_question_takes_the_id_of_one_that_nobody_is_asked_any_more(
    store: SqlStore, scene: Scene, url: str
) -> None:
    await published(store, scene.community)
    await change(url, f"UPDATE question SET retired = true WHERE id = '{VALUE.id}' RETURNING id")
    assert not await published(store, await other_community(store))
    assert await asked(store, scene.community) == [CODE.id]
    assert await published(store, None, replace(VALUE, prompt="Everybody's."), "w")
    assert await asked(store, await other_community(store)) == [VALUE.id, CODE.id]
    assert not await published(store, scene.community)


async def test_no_community_takes_an_id_of_everybodys_even_once_it_has_retired(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.retire_missing([])
    assert not await published(store, scene.community, CODE, "d1")
    assert await asked(store) == []


async def test_of_two_who_take_an_id_at_once_one_has_it(store: SqlStore, scene: Scene) -> None:
    owners = [scene.community, await other_community(store), None]
    taken = await asyncio.gather(*(published(store, owner, digest=str(n)) for n, owner in enumerate(owners)))
    assert sum(taken) == 1
    assert len(await asked(store)) == 2


async def test_an_id_taken_while_its_owner_takes_it_up_again_has_one_owner(
    store: SqlStore, scene: Scene, url: str
) -> None:
    await published(store, scene.community)
    await change(url, f"UPDATE question SET retired = true WHERE id = '{VALUE.id}' RETURNING id")
    taken = await asyncio.gather(published(store, None), published(store, scene.community, digest="w"))
    assert sum(taken) == 1


async def test_what_files_say_of_everybodys_questions_leaves_those_of_communities_alone(
    store: SqlStore, scene: Scene
) -> None:
    await published(store, scene.community)
    async with store.begin() as unit:
        assert await unit.questions.read_by(1) == {"d1": CODE}
        assert await unit.questions.retire_missing([]) == (CODE.id,)
    assert await asked(store) == [VALUE.id]


async def test_a_trial_comes_back_value_for_value(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_trials(scene.version, Bank.SCORING, [TRIAL])
    async with store.begin() as unit:
        (trial,) = await unit.questions.trials(scene.version, Bank.SCORING, 3)
    assert trial == replace(TRIAL, id=trial.id)
    assert trial.id > 0


async def test_what_wrong_answers_did_on_a_trial_comes_back_with_it(store: SqlStore, scene: Scene) -> None:
    observed: dict[str, Value] = {
        "result": [[2.5, float("inf"), {"deep": [TRIAL.inputs["x"]]}]] * 3000,
        "grad(x)": None,
    }
    known = replace(TRIAL, mistakes=(Mistake(observed), Mistake({}, "ValueError: é\0"), Mistake(observed)))
    async with store.begin() as unit:
        await unit.questions.add_trials(scene.version, Bank.PUBLIC, [known, TRIAL])
    async with store.begin() as unit:
        first, second = await unit.questions.trials(scene.version, Bank.PUBLIC, 2)
    assert first.mistakes == known.mistakes
    assert second.mistakes == ()


async def test_the_variants_of_a_personal_question_come_back_as_they_were(store: SqlStore, scene: Scene) -> None:
    drawn = [
        Trial({"a": str(number), "b": "-1"}, {"value": number}, {}, mistakes=(Mistake({"value": "RuntimeError"}),))
        for number in range(VARIANTS)
    ]
    async with store.begin() as unit:
        version = await unit.questions.add_version(PERSONAL, "p", 1)
        assert version is not None
        await unit.questions.add_trials(version, Bank.PUBLIC, drawn)
    async with store.begin() as unit:
        kept = await unit.questions.trials(version, Bank.PUBLIC, VARIANTS)
    assert [replace(trial, id=0) for trial in kept] == drawn


async def test_public_trials_come_in_order_and_scoring_ones_at_random(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        for bank in Bank:
            await unit.questions.add_trials(scene.version, bank, numbered(60))
        first = await unit.questions.trials(scene.version, Bank.PUBLIC, 3)
        drawn = [await unit.questions.trials(scene.version, Bank.SCORING, 3) for _ in range(8)]
    assert [trial.expected["result"] for trial in first] == [0, 1, 2]
    assert all(len({trial.id for trial in trials}) == 3 for trials in drawn)
    assert len({trial.id for trials in drawn for trial in trials}) > 3


async def test_banks_and_versions_do_not_mix(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        other = await unit.questions.add_version(CODE, "d2", 1)
        assert other is not None
        await unit.questions.add_trials(scene.version, Bank.SCORING, numbered(5))
        await unit.questions.add_trials(scene.version, Bank.PUBLIC, [])
        assert await unit.questions.count_trials(scene.version, Bank.SCORING) == 5
        assert await unit.questions.count_trials(scene.version, Bank.PUBLIC) == 0
        assert await unit.questions.count_trials(other, Bank.SCORING) == 0
        assert await unit.questions.trials(other, Bank.SCORING, 3) == ()


async def test_a_retired_trial_is_never_used_again(store: SqlStore, scene: Scene) -> None:
    async with store.begin() as unit:
        await unit.questions.add_trials(scene.version, Bank.SCORING, numbered(2))
        shown, kept = await unit.questions.trials(scene.version, Bank.SCORING, 5)
        await unit.questions.retire_trial(shown.id)
        assert await unit.questions.count_trials(scene.version, Bank.SCORING) == 1
        assert await unit.questions.trials(scene.version, Bank.SCORING, 5) == (kept,)
