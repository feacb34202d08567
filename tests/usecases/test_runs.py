"""The queue: one run of a learner at a time and one behind it, so many in all, and nothing lost when it is full."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from bot.core.effects import Effect, Refuse
from bot.usecases import judging, resuming, runs
from tests.usecases.town import DOUBLE, RIGHT, SQUARE, WRONG, Town, read


class Hold:
    """Holds every run that reaches the judge until it is told to let them go; counts those held by it at a time."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.held = 0
        self.most = 0
        self._reached = asyncio.Semaphore(0)

    async def reached_by(self, count: int) -> None:
        for _ in range(count):
            await asyncio.wait_for(self._reached.acquire(), 10)

    async def __call__(self) -> None:
        self._reached.release()
        self.held += 1
        self.most = max(self.most, self.held)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.held -= 1


@pytest.fixture
def hold(town: Town) -> Hold:
    town.judge.before_judging = hold = Hold()
    return hold


async def said(town: Town, text: str, who: str = "Ada", event: str = "") -> list[Effect]:
    """What is answered at once."""
    return [effect async for effect in town.begin(text, who, event)]


async def unjudged(town: Town) -> int:
    async with town.store.begin() as work:
        return len(await work.submissions.unjudged())


async def test_one_runs_one_waits_and_the_text_of_a_third_comes_back(town: Town, hold: Hold) -> None:
    await town.asks(DOUBLE)
    await said(town, f"answer {RIGHT}")
    await said(town, f"answer {WRONG}")
    (refused,) = await said(town, f"answer {RIGHT}")
    assert isinstance(refused, Refuse)
    assert "Two of your runs are under way already" in read(refused)
    assert "return 2 * x" in read(refused)
    assert "Two of your runs are under way already" in refused.message
    assert await unjudged(town) == 2
    await hold.reached_by(1)
    hold.gate.set()
    await town.settles()
    assert hold.most == 1
    assert len(town.judge.judged) == 2
    assert "Running your code" in read((await said(town, f"answer {RIGHT}"))[0])


async def test_each_learner_has_a_place_of_their_own(town: Town, hold: Hold) -> None:
    await town.asks(DOUBLE)
    for who in ("Ada", "Grace", "Emmy"):
        assert "Running your code" in read((await said(town, f"answer {RIGHT}", who))[0])
    await hold.reached_by(3)


async def test_a_try_is_a_run_too(town: Town, hold: Hold) -> None:
    await town.asks(DOUBLE)
    await said(town, f"answer {RIGHT}")
    await said(town, f"answer {WRONG}")
    (refused,) = await said(town, f"try {RIGHT}")
    assert isinstance(refused, Refuse)
    assert "return 2 * x" in read(refused)


async def test_the_same_event_again_needs_no_place_of_its_own(town: Town, hold: Hold) -> None:
    await town.asks(DOUBLE)
    await said(town, f"answer {RIGHT}", event="one")
    await said(town, f"answer {WRONG}", event="two")
    assert "Answer no. 1 is stored" in read((await said(town, f"answer {RIGHT}", event="one"))[0])
    assert isinstance((await said(town, f"answer {RIGHT}", event="three"))[0], Refuse)
    hold.gate.set()
    await town.settles()
    assert Counter(town.judge.judged) == Counter(
        {"def double(x):\n    return 2 * x\n": 1, "def double(x):\n    return x\n": 1}
    )


@pytest.mark.parametrize(
    "end", [pytest.param("unreadable", id="unreadable"), pytest.param("refused", id="the database refuses")]
)
async def test_a_place_is_given_back_where_nothing_was_stored(town: Town, end: str) -> None:
    await town.asks(DOUBLE)
    await said(town, "today")
    for _ in range(3):
        town.store.refuses = end == "refused"
        assert isinstance((await said(town, "answer " + ("\x00" if end == "unreadable" else RIGHT)))[0], Refuse)
    town.store.refuses = False
    assert "Running your code" in read((await said(town, f"answer {RIGHT}"))[0])


async def test_a_place_is_given_back_where_no_cell_can_be_had(town: Town) -> None:
    await town.asks(DOUBLE)
    town.judge.available = False
    for number in (1, 2, 3):
        assert f"Answer no. {number} is stored" in read((await said(town, f"answer {RIGHT}"))[0])
        await town.settles()


async def test_whoever_must_wait_is_told_their_position(
    town: Town, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    town.service = town.restarted()
    await town.asks(DOUBLE)
    shown = [read((await said(town, f"answer {RIGHT}", f"learner {number}"))[0]) for number in range(4)]
    assert ["Busy" in text for text in shown] == [False, False, True, True]
    assert "Busy, position 1 in the queue: Twice the number" in shown[2]
    assert "Answer no. 4 is stored" in shown[3]
    assert "Busy, position 2 in the queue" in shown[3]
    await hold.reached_by(2)
    hold.gate.set()
    await town.settles()
    assert hold.most == 2
    assert len(town.judge.judged) == 4


@pytest.fixture
def small(town: Town, hold: Hold, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Two runs with the judge at a time, four in memory."""
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    monkeypatch.setattr(runs, "HELD", 4)
    town.service = town.restarted()
    return hold


async def test_what_finds_the_queue_full_waits_in_the_store_and_is_judged_in_the_order_of_coming(
    town: Town, small: Hold
) -> None:
    await town.asks(DOUBLE)
    for number in range(10):
        (effect,) = await said(town, f"answer ```\ndef double(x):\n    return {number}\n```", f"learner {number}")
        assert f"Answer no. {number + 1} is stored" in read(effect)
    assert "position 8 in the queue" in read(effect)
    assert len(town.service.running) == 4
    await small.reached_by(2)
    small.gate.set()
    await small.reached_by(3)
    await said(town, f"answer {RIGHT}", "latecomer")
    await town.settles()
    assert await unjudged(town) == 0
    assert [code.split()[-1] for code in town.judge.judged] == [*map(str, range(10)), "x"]
    assert small.most == 2


async def test_a_full_queue_lets_nobody_have_more_than_two_places(town: Town, small: Hold) -> None:
    await town.asks(DOUBLE)
    for number in range(4):
        await said(town, f"answer {RIGHT}", f"learner {number}")
    taken = [(await said(town, f"answer {RIGHT}"))[0] for _ in range(6)]
    assert [isinstance(effect, Refuse) for effect in taken] == [False] * 2 + [True] * 4
    small.gate.set()
    await town.settles()
    assert await unjudged(town) == 0
    assert not isinstance((await said(town, f"answer {RIGHT}"))[0], Refuse)


async def test_a_try_that_finds_the_queue_full_gives_its_text_back(town: Town, small: Hold) -> None:
    await town.asks(DOUBLE)
    for number in range(5):
        await said(town, f"answer {RIGHT}", f"learner {number}")
    (effect,) = await said(town, f"try {RIGHT}")
    assert "position 4 in the queue" in read(effect)
    assert "return 2 * x" in read(effect)
    small.gate.set()
    await town.settles()
    assert await unjudged(town) == 0
    assert "It ran" in read((await said(town, f"try {RIGHT}"))[-1])


async def test_a_store_that_refuses_when_there_is_room_again_costs_only_time(
    town: Town, small: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "VERDICT_WAITS_S", 0.0)  # away for longer than a verdict waits
    await town.asks(DOUBLE)
    for number in range(8):
        await said(town, f"answer {RIGHT}", f"learner {number}")
    town.store.refuses = True
    small.gate.set()
    await town.settles()
    town.store.refuses = False
    assert await unjudged(town) == 8
    assert await town.service.resume() == 8
    assert "position" not in read((await said(town, f"answer {RIGHT}"))[0])


async def test_of_many_at_once_each_is_told_a_position_of_its_own(town: Town, small: Hold) -> None:
    await town.asks(DOUBLE)
    await said(town, "today")
    said_at_once = await asyncio.gather(*(said(town, f"answer {RIGHT}", f"learner {number}") for number in range(9)))
    told = [read(effect).split("position ")[1].split(" ")[0] for (effect,) in said_at_once if "Busy" in read(effect)]
    assert sorted(told) == [str(position) for position in range(1, 8)]


async def test_what_one_learner_left_in_the_store_does_not_hold_up_the_others(
    town: Town, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "AT_ONCE", 2)
    await town.asks(DOUBLE)
    town.judge.available = False
    hold.gate.set()
    for number in range(5):
        await said(town, f"answer ```\ndef double(x):\n    return {number}\n```")
        await town.settles()
    await said(town, f"answer {RIGHT}", "Grace")
    await town.settles()
    town.judge.available = True
    assert await town.service.resume() == 6
    assert "def double(x):\n    return 2 * x\n" in town.judge.judged[:2]


async def test_a_value_is_compared_while_all_cells_are_busy(
    town: Town, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    town.service = town.restarted()
    await town.asks(SQUARE)
    for number in range(5):
        assert "Busy" not in read((await said(town, "answer [4, 6]", f"learner {number}"))[0])
    await town.settles()
    assert await unjudged(town) == 0


async def test_a_queue_left_by_cancelling_lets_the_next_one_in() -> None:
    queue = runs.Runs()
    entered: list[int] = []

    async def run(learner: int, body: Callable[[], Awaitable[object]]) -> None:
        async with queue.turn(learner):
            entered.append(learner)
            await body()

    first = asyncio.create_task(run(1, asyncio.Event().wait))
    second = asyncio.create_task(run(1, asyncio.Event().wait))
    third = asyncio.create_task(run(1, lambda: asyncio.sleep(0)))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert entered == [1, 1]
