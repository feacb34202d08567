"""The names of mistakes, as the database finds them in its verdicts."""

from __future__ import annotations

import functools
import json

from sqlalchemy import ColumnElement, Executable, Text, bindparam, func, select, type_coerce

from bot.core.records import SubmissionState
from bot.store.tables import submission

# PostgreSQL takes no JSON that holds a NUL, as what a learner's code raised may. Within a text of theirs every
# quotation mark has a backslash before it, so this finds the key and nothing else.
_DIAGNOSIS = r'"diagnosis": "((?:[^"\\]|\\.)*)"'


@functools.cache
def diagnoses_of(dialect: str) -> Executable:
    """What was wrong with answers to a posting, with how many learners got it wrong; most first.

    Read out of the stored JSON by the database itself: a posting may have ten thousand verdicts.
    """
    name = diagnosis(dialect)
    learners = func.count(submission.c.learner_id.distinct())
    return (
        select(name.label("name"), learners)
        .where(submission.c.posting_id == bindparam("of_posting"), submission.c.state == SubmissionState.JUDGED)
        .group_by(name)
        .order_by(learners.desc(), name)
    )


def diagnosis(dialect: str) -> ColumnElement[str]:
    """The name of the mistake in a verdict as the database finds it; see :func:`diagnosis_in`."""
    text = type_coerce(submission.c.verdict, Text)
    if dialect == "postgresql":
        return func.substring(text, _DIAGNOSIS, type_=Text)
    return func.json_extract(text, "$.diagnosis", type_=Text)


def diagnosis_in(dialect: str, found: str) -> str:
    """The name itself: PostgreSQL finds it quoted."""
    return str(json.loads(f'"{found}"')) if dialect == "postgresql" else found
