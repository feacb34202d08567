"""The service: every command of every platform goes through here to the story it belongs to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.commands import VERBS, Command
from bot.core.effects import Show
from bot.core.keeping import RETENTION
from bot.core.personal import Seeds
from bot.core.presenting.helping import help_card, not_admin_card, unknown_card
from bot.core.questions import Question
from bot.ports import Clock, Judge, Messenger, Seal
from bot.repositories import Store
from bot.usecases import (
    administering,
    answering,
    asking,
    calendar,
    competing,
    correcting,
    delivering,
    health,
    keeping,
    loading,
    practising,
    privacy,
    rejudging,
    reporting,
    resuming,
    scheduling,
    teaching,
    uploading,
)
from bot.usecases.alone import while_alone
from bot.usecases.background import Bell, SharedBell
from bot.usecases.banks import Banks
from bot.usecases.parts import Effects, Parts
from bot.usecases.visiting import NO_REPLY, Caller, Reply

__all__ = ["Caller", "Reply", "Service"]


class Service:
    """What a platform talks to.

    ``seeds`` gives the seed of each trial that is drawn, and whose numbers are whose; it should be keyed with a
    secret of the deployment, as ``seal`` must be. Texts are kept for ``retention``. ``zone_data`` is the version of the
    zone database. With a ``shared_bell`` judges are elsewhere: code that is stored is put into their queue.
    """

    def __init__(
        self,
        store: Store,
        judge: Judge,
        clock: Clock,
        seeds: Seeds,
        seal: Seal,
        retention: timedelta = RETENTION,
        zone_data: str = "",
        shared_bell: SharedBell | None = None,
    ) -> None:
        self._parts = Parts(
            store,
            judge,
            clock,
            Banks(store, judge, clock, seeds),
            seeds,
            seal,
            retention=retention,
            zone_data=zone_data,
            bell=shared_bell or Bell(),
            is_queued=shared_bell is not None,
        )
        self._sweeper = keeping.Sweeper(self._parts)

    def handle(self, caller: Caller, command: Command, event_id: str, reply: Reply = NO_REPLY) -> Effects:
        """What to do about ``command``, in order; an answer is stored before anything is shown.

        ``event_id`` is the platform's own: an answer that comes again with it is judged and counted once. Its verdict
        goes where ``reply`` says, once :meth:`shown` was told of the card that stands for it. May be closed at any
        point: what was stored is judged all the same. Raises :class:`bot.ports.StoreUnavailable`, except where the
        caller's text would be lost: that is given back.
        """
        verb = VERBS.get(command.verb)
        if verb is not None and verb.admin and not caller.is_admin:
            return _only(Show(not_admin_card()))
        effects = _about(command.posting, self._effects(caller, command, event_id, reply))
        effects = asking.or_today(self._parts, caller, command, effects)
        return delivering.with_missed(self._parts, caller, command, effects)

    def _effects(self, caller: Caller, command: Command, event_id: str, reply: Reply) -> Effects:
        said = command.argument
        match command.verb:
            case "today":
                return asking.today(self._parts, caller)
            case "answer":
                return answering.answer(self._parts, caller, command, event_id, reply)
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
            case "report":
                return reporting.report(self._parts, caller, command, event_id)
            case "health":
                return health.health(self._parts, caller, said)
            case "void":
                return correcting.void(self._parts, caller, said)
            case "rejudge":
                return rejudging.rejudge(self._parts, caller, command, reply)
            case "privacy":
                return privacy.privacy(self._parts, caller, said)
            case "help":
                return _only(Show(help_card(said)))
            case verb if verb in scheduling.VERBS:
                return scheduling.VERBS[verb](self._parts, caller, command)
            case "post-now":
                return administering.post_now(self._parts, caller)
            case "settings":
                return administering.settings(self._parts, caller, said)
            case "audit":
                return administering.audit(self._parts, caller)
            case "upload":
                return uploading.upload(self._parts, caller, command, event_id, reply)
            case "publish":
                return uploading.publish(self._parts, caller, command)
            case "discard":
                return uploading.discard(self._parts, caller, command)
        return _only(Show(unknown_card(said)))

    async def shown(self, slot: str, platform: str, address: str) -> None:
        """The platform has taken the message of ``slot``, and has it at ``address``, or where the reply was to go."""
        await delivering.shown(self._parts, slot, platform, address)

    async def deliver_forever(self, messenger: Messenger) -> None:
        """Show what comes into the outbox of a platform, until cancelled."""
        await delivering.deliver_forever(self._parts, messenger)

    async def keep_calendar(self, *, beats: bool) -> None:
        """Post what is due, until cancelled; ``beats``: while no such process is there, that is an outage."""
        await calendar.keep_calendar(self._parts, beats=beats)

    async def post_due(self) -> int:
        """Post what is due by the calendar now; how many questions that were."""
        return await calendar.post_due(self._parts)

    async def beat(self) -> None:
        """Leave a sign of life, without which there is an outage."""
        await calendar.beat(self._parts)

    async def deliver_due(self, messenger: Messenger) -> None:
        """Show what is due in the outbox of a platform now."""
        await delivering.deliver_due(self._parts, messenger)

    async def follow(self, messenger: Messenger, slot: str) -> None:
        """Wait until ``slot`` has something to show, and show it."""
        await delivering.follow(self._parts, messenger, slot)

    async def left(self, platform: str, community_id: str) -> None:
        """A community has removed the bot: it is purged after a while, unless it is seen again."""
        await keeping.left(self._parts, platform, community_id)

    async def joined(self, platform: str, community_id: str) -> None:
        """A community has the bot, perhaps again."""
        await keeping.joined(self._parts, platform, community_id)

    async def present(
        self, platform: str, community_ids: frozenset[str], among: Callable[[str], bool] = keeping.everywhere
    ) -> None:
        """The communities that have the bot, ``among`` those this process serves; whatever others were have left."""
        await keeping.present(self._parts, platform, community_ids, among)

    async def sweep(self) -> None:
        """Delete what is kept no longer. May be cancelled. Raises :class:`bot.ports.StoreUnavailable`."""
        await self._sweeper.sweep()

    async def alone(
        self, name: str, work: Callable[[], Coroutine[Any, Any, object]], waiting: Callable[[], None] = lambda: None
    ) -> None:
        """Do ``work`` while no other process does what is called ``name``; see :func:`.alone.while_alone`."""
        await while_alone(self._parts.store, name, work, waiting)

    async def look(self) -> None:
        """See that the database answers. Raises :class:`bot.ports.StoreUnavailable`."""
        async with self._parts.store.read() as work:
            await work.schedules.next_due()

    async def settle(self, seconds: float) -> None:
        """Wait until what was begun in the background has ended, and is shown; at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while going := self.running.union(*(courier.going for courier in self._parts.couriers.values())):
                    await asyncio.wait(going)

    @property
    def clock(self) -> Clock:
        """What the time is by, in all of this."""
        return self._parts.clock

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """What goes on in the background."""
        return self._parts.background.running

    async def close(self) -> None:
        """End what goes on in the background; what it left undone is taken up by the next process."""
        await self._parts.background.close()

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
        """Judge what was stored and never judged, check what was uploaded; how many got their verdict.

        Where judges are elsewhere, what needs none of them is left to :meth:`judge_values`.
        Raises :class:`bot.ports.JudgeUnavailable` when some still wait.
        """
        await uploading.check_waiting(self._parts)
        return await resuming.take_up(self._parts)

    async def judge_values(self) -> int:
        """Judge what needs no judge, where judges are elsewhere and it was left over; how many got their verdict.

        Raises :class:`bot.ports.JudgeUnavailable` when some still wait.
        """
        return await resuming.judge_values(self._parts)


async def _only(effect: Show) -> Effects:
    yield effect


async def _about(posting: int | None, effects: Effects) -> Effects:
    """``effects`` of a command about ``posting``: what their cards offer is about it too, where they do not say."""
    async with aclosing(effects):
        async for effect in effects:
            if isinstance(effect, Show) and effect.card.about is None:
                effect = replace(effect, card=replace(effect.card, about=posting))
            yield effect
