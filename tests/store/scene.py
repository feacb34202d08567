"""A community, its people and a question asked there: what most tests of the store begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bot.core.questions import CodeTask, Level, Question, Trial, ValueTask, WrongAnswer
from bot.core.records import Community, Learner, Posting, QuestionVersion, Schedule
from bot.core.verdicts import FailingTrial, Mismatch, MismatchKind, Outcome, Verdict
from bot.repositories import Store, UnitOfWork
from bot.store.connection import Database
from bot.store.engine import database_at
from sandbox.protocol import Failure
from sandbox.values import TensorValue

NOON = datetime(2026, 3, 9, 12, 0, 0, 123456, tzinfo=UTC)
MONDAY = date(2026, 3, 9)
DAY = timedelta(days=1)

CODE = Question(
    id="square-gradient-code",
    title="The gradient of a square",
    level=Level.EASY,
    topics=("leaf", "backward"),
    prompt="Write `grad`. 🧮",
    task=CodeTask(
        "grad", "def grad(x):\n    ...\n", "def inputs(g): ...", "def grad(x): return 2 * x", ("grad(x)",), True
    ),
    wrong_answers=(WrongAnswer("def grad(x): return x", "That is `x` itself."),),
    hints=("Think of a slope.", "It is linear."),
    explanation="d(x²)/dx = 2x",
)
VALUE = replace(CODE, id="square-gradient", task=ValueTask("x = 3", "x * 2", "6"), wrong_answers=(), hints=())
TRIAL = Trial(
    {"x": TensorValue("float32", (2,), b"\0\0\0@\0\0@@"), "k": 3},
    {"result": [True, None, 2.5, "s", b"raw"]},
    {"result": float("inf"), "grad(x)": 1e-7},
)
ACCEPTED = Verdict(Outcome.ACCEPTED, "Right.", passed=3, total=3, ms=12.5)
WRONG = Verdict(
    Outcome.WRONG_ANSWER,
    "Twice too large.",
    1,
    3,
    FailingTrial((("x", "[2, 3]"),), (Mismatch("grad(x)", MismatchKind.VALUE, "[4, 6]", "[8, 12]", "Doubled."),)),
    Failure("call", "ValueError", "no \0 \ud800", 3, "raise", 1, 0, ("g", "h")),
    output="é\n",
    spent_trial=7,
)


@dataclass(frozen=True)
class Scene:
    community: Community
    schedule: Schedule
    version: QuestionVersion
    posting: Posting
    ada: Learner
    bob: Learner


async def set_scene(store: Store) -> Scene:
    async with store.begin() as unit:
        community = await unit.communities.community("terminal", "here", "This terminal")
        schedule = await unit.communities.schedule(community, "general", "Europe/Berlin")
        version = await unit.questions.add_version(CODE, "d1", 1)
        assert version is not None
        return Scene(
            community,
            schedule,
            version,
            (await unit.postings.claim(schedule, MONDAY, version, NOON))[0],
            await unit.communities.learner(community, "ada", "Ada"),
            await unit.communities.learner(community, "bob", "Bob"),
        )


EARLY = datetime(2000, 1, 1, tzinfo=UTC)


async def earn(
    unit: UnitOfWork, posting: Posting, learner: Learner, cause: str, points: int, answered_at: datetime = EARLY
) -> bool:
    """Have an answer of ``answered_at`` earn this; whether it did."""
    appended, _ = await unit.competition.earn(
        posting, learner, lambda _: (cause, points), NOON, answered_at=answered_at
    )
    return appended


@asynccontextmanager
async def _closed_after(url: str) -> AsyncIterator[Database]:
    database = database_at(url)
    try:
        yield database
    finally:
        await database.close()


async def rows(url: str, query: str) -> Sequence[Any]:
    """What the database itself holds, past the repositories, whoever is writing at the moment."""
    async with _closed_after(url) as database, database.reading() as connection:
        return (await connection.execute(text(query))).all()


async def change(url: str, statement: str) -> Sequence[Any]:
    """Change what the database itself holds, past the repositories; what the statement returns."""
    async with _closed_after(url) as database, database.transaction() as connection:
        return (await connection.execute(text(statement))).all()
