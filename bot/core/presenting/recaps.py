"""What everybody is told when a season has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.cards import Block, Card, Facts, Note, Plain, Table
from bot.core.presenting.postings import BOARD
from bot.core.records import Placed
from bot.core.words import counted


@dataclass(frozen=True, slots=True)
class Recap:
    """How a season went.

    ``run`` is the most questions in a row that anybody answered, ``runners`` names some who did, of whom there are
    ``more_runners``. ``hardest`` is a title with how many answered and solved that question.
    """

    key: str
    postings: int
    solvers: int
    top: Sequence[Placed]
    run: int
    runners: Sequence[str]
    more_runners: int
    hardest: tuple[str, int, int] | None


def recap_card(recap: Recap) -> Card:
    """The first places of a season that ended, and what else was remarkable."""
    table = Table(("#", "learner", "points", "solved"), tuple(map(board_row, recap.top)))
    first: Block = table if recap.top else Plain("Nobody earned points.")
    blocks = (first, Facts(tuple(_facts(recap))), Note("A new season has begun, and everybody starts at nought."))
    return Card(f"Season {recap.key} is over", blocks, actions=(BOARD,))


def _facts(recap: Recap) -> Iterator[tuple[str, str]]:
    yield "questions", str(recap.postings)
    yield "solved one or more", counted(recap.solvers, "learner")
    if recap.run:
        others = f" and {recap.more_runners} more" if recap.more_runners else ""
        yield "longest run", f"{counted(recap.run, 'question')} in a row: {', '.join(recap.runners)}{others}"
    if recap.hardest:
        title, answered, solved = recap.hardest
        yield "hardest question", f"{title}: solved by {solved} of {answered}"


def board_row(placed: Placed) -> tuple[str, ...]:
    """One line of a leaderboard."""
    return (str(placed.rank), placed.learner.name, str(placed.points), str(placed.solved))
