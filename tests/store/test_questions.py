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
from bot.store import SqlStore
from sandbox.values import Value
from tests.store.scene import CODE, TRIAL, VALUE, Scene


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
