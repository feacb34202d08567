"""Uploading: a question of a community's own is stored, proven behind its author's back, and published by a click."""

from __future__ import annotations

import asyncio
import re
from functools import partial

from bot.authoring.locating import code_lines, line_of
from bot.authoring.parsing import READER, digest, parse
from bot.authoring.problems import Problems
from bot.authoring.template import template
from bot.core.commands import Command
from bot.core.effects import Ask, Refuse, Show
from bot.core.presenting.uploads import (
    no_upload_card,
    taken_id_card,
    unfit_card,
    unpublishable_card,
    untaken_card,
    upload_card,
    upload_form,
)
from bot.core.proving.proof import Proof, State
from bot.core.questions import Question
from bot.core.records import Community, Finding, Findings, QuestionVersion, Upload, UploadState
from bot.core.sizes import MAX_QUESTION_FILE
from bot.core.slots import SlotKind, slot
from bot.ports import JudgeUnavailable, StoreUnavailable
from bot.repositories import UnitOfWork
from bot.usecases.alone import while_alone
from bot.usecases.parts import Effects, Parts
from bot.usecases.replies import expect
from bot.usecases.visiting import Caller, Reply

EXAMPLE = template("my-question", "value")
"""What the form opens with: the shortest kind, which fits into every platform's field."""

_OK = {State.OK: True, State.FAILED: False, State.NOT_APPLICABLE: None}
_NUMBER = re.compile(r"[0-9]{1,18}")


class _IdTaken(Exception):
    """The question's id is somebody else's; whatever the transaction did is undone."""


async def upload(parts: Parts, caller: Caller, command: Command, event_id: str, reply: Reply) -> Effects:
    """Ask for a question file where there is none, otherwise store it; what is found comes through the outbox."""
    text = command.argument
    if not text.strip():
        yield Ask(upload_form(EXAMPLE))
        return
    if reason := _unfit(text):
        yield Refuse(reason, unfit_card(reason))
        return
    try:
        stored = await _receive(parts, caller, text, event_id, reply)
    except StoreUnavailable as fault:
        yield Refuse(str(fault), untaken_card(str(fault), text))
        return
    is_unchecked = stored.state is UploadState.CHECKING
    if is_unchecked:
        parts.background.start(check(parts, stored))
    yield Show(upload_card(stored), slot=_slot(stored), working=is_unchecked)


def _unfit(text: str) -> str:
    """Why ``text`` is not even stored; empty for what may be a question."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:  # no database keeps half of a pair of surrogates
        size = None
    if size is None or "\0" in text:
        return "This is not a text file. A question is Markdown in UTF-8."
    if size > MAX_QUESTION_FILE:
        return (
            f"A question file has at most {MAX_QUESTION_FILE // 1024} KiB, and this has {size / 1024:.0f}. Shorten it."
        )
    return ""


async def _receive(parts: Parts, caller: Caller, text: str, event_id: str, reply: Reply) -> Upload:
    """Store a file, and where its findings go, in one transaction."""
    at = parts.clock()
    async with parts.store.begin() as work:
        community = await _community(work, caller)
        learner = await work.communities.learner(community, caller.learner_id, caller.learner_name)
        stored = await work.uploads.add(learner, event_id, text, at)
        if stored.received_at == at:  # and not the same event again
            await work.administration.record(learner, "question upload", f"upload {stored.id}", at)
        await expect(parts, work, _slot(stored), caller.platform, reply, at)
    return stored


async def _community(work: UnitOfWork, caller: Caller) -> Community:
    return await work.communities.community(caller.platform, caller.community_id, caller.community_name)


def _slot(stored: Upload) -> str:
    return slot(SlotKind.UPLOAD, stored.id)


# --- checking ----------------------------------------------------------------------------------------------


async def check_waiting(parts: Parts) -> None:
    """Begin to check what was stored and never checked, unless that is going on; one holds up no other."""
    async with parts.store.begin() as work:
        waiting = await work.uploads.unchecked()
    for stored in waiting:
        parts.background.start(check(parts, stored))


async def check(parts: Parts, stored: Upload) -> None:
    """Find out whether an upload is proven, unless somebody is at it; what was found and its line of the outbox are
    recorded together.

    Where no cell can be had it stays as it is, and its author is told so once. Raises
    :class:`bot.ports.StoreUnavailable`; it is then checked by :func:`check_waiting`.
    """
    turn = parts.turns.of(_slot(stored))
    if turn.locked():
        return
    # Another process may be at it, or begin to take it up: a proof takes minutes, and one of it is enough.
    async with turn, parts.checks:
        await while_alone(parts.store, f"checking {_slot(stored)}", partial(_check, parts, stored))


async def _check(parts: Parts, stored: Upload) -> None:
    async with parts.store.begin() as work:
        current = await work.uploads.get(stored.id)
    if current is not None and current.state is UploadState.CHECKING:
        state, findings = await _examined(parts, current)
        if state is not UploadState.CHECKING or current.findings is None:
            await _record(parts, current, state, findings)


async def _record(parts: Parts, stored: Upload, state: UploadState, findings: Findings) -> None:
    at = parts.clock()
    async with parts.store.begin() as work:
        if await work.uploads.move(stored, state, findings):
            community = await work.communities.community_of(stored.community_id)
            await work.outbox.put(_slot(stored), community.platform, stored.learner_id, at)
    parts.wake()


async def _examined(parts: Parts, stored: Upload) -> tuple[UploadState, Findings]:
    """What can be said of an upload now; still to be checked where no cell can be had."""
    question = await _read(stored)
    if isinstance(question, Problems):
        return UploadState.REFUSED, _unreadable(question)
    try:
        proof = await parts.judge.prove(question)
    except JudgeUnavailable as fault:
        line = Finding("sandbox", None, str(fault))
        return UploadState.CHECKING, Findings(question.id, question.title, (line,))
    state = UploadState.PROVEN if proof.ok else UploadState.REFUSED
    return state, await asyncio.to_thread(_located, stored.text, question, proof)


async def _read(stored: Upload) -> Question | Problems:
    # A tangle of Markdown takes its time, and everybody's buttons wait for the event loop.
    return await asyncio.to_thread(parse, stored.text, "")


def _unreadable(problems: Problems) -> Findings:
    lines = (
        Finding(f"line {problem.line}" if problem.line else "file", False, problem.what, problem.mend)
        for problem in problems.problems
    )
    return Findings("", "", tuple(lines))


def _located(text: str, question: Question, proof: Proof) -> Findings:
    begins = code_lines(text)
    lines = []
    for found in proof.checks:
        line = line_of(found, begins) if found.state is State.FAILED else None
        place = f"line {line}: " if line else ""
        lines.append(Finding(found.name, _OK[found.state], place + found.detail, found.mend))
    return Findings(question.id, question.title, tuple(lines))


# --- publishing --------------------------------------------------------------------------------------------


async def publish(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Let a proven upload of the caller's community be asked there; a second time it says that it is published."""
    stored = await _named(parts, caller, command.argument)
    if stored is None:
        yield Show(no_upload_card())
        return
    match stored.state:
        case UploadState.PROVEN:
            yield await _published(parts, caller, stored)
        case UploadState.CHECKING | UploadState.REFUSED:
            yield Show(unpublishable_card(stored))
        case UploadState.PUBLISHED | UploadState.DISCARDED:
            yield Show(upload_card(stored), slot=_slot(stored))


async def _published(parts: Parts, caller: Caller, stored: Upload) -> Show:
    question = await _read(stored)
    if isinstance(question, Problems):  # the parser is a newer one than that which read it before
        async with parts.store.begin() as work:
            await work.uploads.move(stored, UploadState.REFUSED, _unreadable(question))
        return await _as_it_is(parts, stored)
    try:
        version = await _add(parts, caller, stored, question)
    except _IdTaken:
        return Show(taken_id_card(stored, question.id))
    if version is not None:
        parts.banks.touch(version)
    return await _as_it_is(parts, stored)


async def _add(parts: Parts, caller: Caller, stored: Upload, question: Question) -> QuestionVersion | None:
    """Make it a question of its community and the upload a published one; ``None`` where somebody was faster."""
    async with parts.store.begin() as work:
        # First, so that of two at once the second waits here, and finds it moved.
        if not await work.uploads.move(stored, UploadState.PUBLISHED):
            return None
        community = await _community(work, caller)
        version = await work.questions.add_version(question, digest(stored.text), READER, owner=community)
        if version is None:
            raise _IdTaken
        await _record_that(parts, work, caller, community, "question publish", f"{question.id}, upload {stored.id}")
        return version


async def discard(parts: Parts, caller: Caller, command: Command) -> Effects:
    """Throw an upload of the caller's community away; one that is published stays so."""
    stored = await _named(parts, caller, command.argument)
    if stored is None:
        yield Show(no_upload_card())
        return
    if stored.state not in (UploadState.PUBLISHED, UploadState.DISCARDED):
        async with parts.store.begin() as work:
            if await work.uploads.move(stored, UploadState.DISCARDED):
                community = await _community(work, caller)
                await _record_that(parts, work, caller, community, "question discard", f"upload {stored.id}")
    yield await _as_it_is(parts, stored)


async def _record_that(
    parts: Parts, work: UnitOfWork, caller: Caller, community: Community, action: str, detail: str
) -> None:
    learner = await work.communities.learner(community, caller.learner_id, caller.learner_name)
    await work.administration.record(learner, action, detail, parts.clock())


async def _named(parts: Parts, caller: Caller, argument: str) -> Upload | None:
    """The upload of the caller's community whose id is ``argument``."""
    if not _NUMBER.fullmatch(argument.strip()):
        return None
    async with parts.store.begin() as work:
        community = await _community(work, caller)
        stored = await work.uploads.get(int(argument))
    return stored if stored is not None and stored.community_id == community.id else None


async def _as_it_is(parts: Parts, stored: Upload) -> Show:
    async with parts.store.begin() as work:
        current = await work.uploads.get(stored.id)
    return Show(upload_card(current or stored), slot=_slot(stored))
