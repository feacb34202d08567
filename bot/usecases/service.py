"""The service: every command of every platform goes through here to the story it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.commands import Command
from bot.core.effects import Show
from bot.core.personal import Seeds
from bot.core.presenting.helping import help_card, unknown_card
from bot.core.questions import Question
from bot.ports import Clock, Judge
from bot.repositories import Store
from bot.usecases import answering, asking, competing, loading, practising, teaching
from bot.usecases.banks import Banks
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import Caller

__all__ = ["Caller", "Service"]


class Service:
    """What a platform talks to.

    ``seeds`` gives the seed of each trial that is drawn, and whose numbers are whose; it should be keyed with a
    secret of the deployment.
    """

    def __init__(self, store: Store, judge: Judge, clock: Clock, seeds: Seeds) -> None:
        self._parts = Parts(store, judge, clock, Banks(store, judge, clock, seeds), seeds)

    def handle(self, caller: Caller, command: Command, event_id: str) -> Effects:
        """What to do about ``command``, in order; an answer is stored before anything is shown.

        ``event_id`` is the platform's own: an answer that comes again with it is judged and counted once. May be
        closed at any point: what was stored is judged by :meth:`resume`. Raises
        :class:`bot.ports.StoreUnavailable`, except where the caller's text would be lost: that is given back.
        """
        return asking.or_today(self._parts, caller, command, self._effects(caller, command, event_id))

    def _effects(self, caller: Caller, command: Command, event_id: str) -> Effects:
        said = command.argument
        match command.verb:
            case "today":
                return asking.today(self._parts, caller)
            case "answer":
                return answering.answer(self._parts, caller, command, event_id)
            case "try":
                return teaching.try_code(self._parts, caller, command, event_id)
            case "hint":
                return teaching.hint(self._parts, caller, command)
            case "solution":
                return teaching.solution(self._parts, caller, command)
            case "practice":
                return practising.practise(self._parts, caller, command)
            case "leaderboard":
                return competing.leaderboard(self._parts, caller, said)
            case "me":
                return competing.me(self._parts, caller)
            case "help":
                return _only(Show(help_card(said)))
        return _only(Show(unknown_card(said)))

    async def known_questions(self, reader: int) -> Mapping[str, Question]:
        """The questions that can be asked, by the digests of their files, as the parser ``reader`` read them."""
        return await loading.known_questions(self._parts.store, reader)

    async def load_questions(
        self, questions: Sequence[tuple[Question, str]], broken: Sequence[str], reader: int
    ) -> None:
        """Make these questions, each with the digest of its file, the ones that can be asked; retire the others.

        Questions whose ids are ``broken``, because their files cannot be read now, stay as they were. ``reader`` is the
        number of the parser that read them.
        """
        await loading.load_questions(self._parts.store, questions, broken, reader)

    async def fill_banks(self) -> dict[str, str]:
        """Draw trials for every question until its banks are full; what is wrong with the unsound ones, by id.

        May be cancelled and run again. Raises :class:`bot.ports.JudgeUnavailable` at the end; see :meth:`Banks.fill`.
        """
        return await self._parts.banks.fill()

    async def resume(self) -> int:
        """Judge what was stored and never judged; how many got their verdict.

        Raises :class:`bot.ports.JudgeUnavailable` when some still wait.
        """
        return await answering.judge_waiting(self._parts)


async def _only(effect: Show) -> Effects:
    yield effect
