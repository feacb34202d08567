"""Versions of questions and their trial banks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import SystemRandom

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, not_, or_, select, update

from bot.core.questions import Bank, Question, Trial
from bot.core.records import Community, QuestionVersion
from bot.store.connection import Connected
from bot.store.engine import insert_new
from bot.store.rows import trial_in, version_in
from bot.store.tables import question, question_version, trial

_unpredictable = SystemRandom()  # whoever could foresee the trials could hard-code their answers

_USABLE = and_(
    trial.c.version_id == bindparam("of_version"), trial.c.bank == bindparam("of_bank"), not_(trial.c.retired)
)
_COUNT = select(func.count()).select_from(trial).where(_USABLE)
_IDS = select(trial.c.id).where(_USABLE).order_by(trial.c.id)
_PICKED = select(trial).where(trial.c.id.in_(bindparam("picked", expanding=True)))


class SqlQuestions:
    """See :class:`bot.repositories.Questions`."""

    def __init__(self, connection: Connected) -> None:
        self._connection = connection

    async def add_version(
        self, question: Question, digest: str, reader: int, owner: Community | None = None
    ) -> QuestionVersion | None:
        """The version with this id and digest, added if new; it becomes the question's current one.

        ``reader`` is the number of the parser that read it: a known file that a newer one reads differently is kept as
        read now. A question belongs to its ``owner``, the community that published it, or to everybody. ``None``, and
        nothing is written, where the id belongs to somebody else; but everybody's question takes the id of one that
        nobody is asked any more.
        """
        if not await self._take_id(question.id, owner.id if owner else None):
            return None
        version = await self._find_or_add(question, digest, reader)
        columns = question_version.c
        others = and_(columns.question_id == question.id, columns.id != version.id, columns.current)
        await self._connection.execute(update(question_version).where(others).values(current=False))
        made_current = update(question_version).where(columns.id == version.id)
        if version.question != question:
            made_current = made_current.values(content=question)
        else:
            made_current = made_current.where(or_(not_(columns.current), columns.reader != reader))
        await self._connection.execute(made_current.values(current=True, reader=reader))
        return QuestionVersion(version.id, digest, question)

    async def _take_id(self, question_id: str, owner_id: int | None) -> bool:
        if await insert_new(self._connection, question, id=question_id, retired=False, owner_id=owner_id):
            return True
        # Held until the end, so that nobody else takes it in between.
        query = select(question.c.owner_id, question.c.retired).where(question.c.id == question_id).with_for_update()
        known = (await self._connection.execute(query)).one()
        if known.owner_id != owner_id and not (owner_id is None and known.retired):
            return False
        if known.retired:
            back = update(question).where(question.c.id == question_id)
            await self._connection.execute(back.values(retired=False, owner_id=owner_id))
        return True

    async def _find_or_add(self, question: Question, digest: str, reader: int) -> QuestionVersion:
        content = {"question_id": question.id, "digest": digest, "content": question, "reader": reader}
        await insert_new(self._connection, question_version, **content, current=False)
        query = select(question_version).where(
            question_version.c.question_id == question.id, question_version.c.digest == digest
        )
        return version_in((await self._connection.execute(query)).mappings().one())

    async def read_by(self, reader: int) -> Mapping[str, Question]:
        """By digest, the current version of everybody's questions not retired and read by ``reader``."""
        columns = question_version.c
        query = (
            select(columns.digest, columns.content)
            .join(question)
            .where(columns.current, columns.reader == reader, not_(question.c.retired), _everybodys())
        )
        return {row.digest: row.content for row in await self._connection.execute(query)}

    async def retire_missing(self, ids: Collection[str]) -> tuple[str, ...]:
        """Retire each of everybody's questions whose id is not in ``ids``; the ids newly retired."""
        query = select(question.c.id).where(not_(question.c.retired), _everybodys()).order_by(question.c.id)
        missing = [known for known in await self._connection.scalars(query) if known not in ids]
        retired = update(question).where(question.c.id.in_(missing)).values(retired=True)
        await self._connection.execute(retired)
        return tuple(missing)

    async def current_of(self, question_id: str) -> QuestionVersion | None:
        """The current version of a question, retired or not."""
        query = select(question_version).where(
            question_version.c.question_id == question_id, question_version.c.current
        )
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else version_in(row)

    async def current(self, community: Community | None = None) -> tuple[QuestionVersion, ...]:
        """The current version of every question not retired, by id: everybody's and those of ``community``.

        Those of all communities where none is named.
        """
        query = (
            select(question_version)
            .join(question)
            .where(question_version.c.current, not_(question.c.retired))
            .order_by(question.c.id)
        )
        if community is not None:
            query = query.where(or_(_everybodys(), question.c.owner_id == community.id))
        return tuple(version_in(row) for row in (await self._connection.execute(query)).mappings())

    async def add_trials(self, version: QuestionVersion, bank: Bank, trials: Sequence[Trial]) -> None:
        """Put trials into a bank."""
        rows = [
            {
                "version_id": version.id,
                "bank": bank,
                "inputs": each.inputs,
                "expected": each.expected,
                "noise": each.noise,
                "mistakes": [{"observed": mistake.observed, "error": mistake.error} for mistake in each.mistakes],
                "retired": False,
            }
            for each in trials
        ]
        if rows:
            await self._connection.execute(insert(trial), rows)

    async def count_trials(self, version: QuestionVersion, bank: Bank) -> int:
        """How many trials of a bank are not retired."""
        return await self._connection.scalar(_COUNT, {"of_version": version.id, "of_bank": bank}) or 0

    async def trials(self, version: QuestionVersion, bank: Bank, count: int) -> tuple[Trial, ...]:
        """Up to ``count`` trials that are not retired, picked at random (public ones: the first, in order)."""
        ids = (await self._connection.scalars(_IDS, {"of_version": version.id, "of_bank": bank})).all()
        picked = ids[:count] if bank is Bank.PUBLIC else _unpredictable.sample(ids, min(count, len(ids)))
        chosen = (await self._connection.execute(_PICKED, {"picked": picked})).mappings()
        by_id = {row[trial.c.id]: trial_in(row) for row in chosen}
        return tuple(by_id[each] for each in picked)

    async def retire_trial(self, trial_id: int) -> None:
        """Never use this trial again: it was shown."""
        await self._connection.execute(update(trial).where(trial.c.id == trial_id).values(retired=True))


def _everybodys() -> ColumnElement[bool]:
    return question.c.owner_id.is_(None)
