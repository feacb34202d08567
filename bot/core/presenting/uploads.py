"""Uploaded questions: how to send one, what was found out about it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.cards import Action, Block, Card, Code, Facts, Form, Markdown, Note, Plain, Tone
from bot.core.presenting.troubles import NOTHING_LOST
from bot.core.records import Finding, Findings, Upload, UploadState
from bot.core.words import counted

AGAIN = Action("Upload again", "upload")

_MARKS = {True: "✓", False: "✗", None: "–"}
_MAX_DETAIL, _MAX_MEND, _MAX_NAME, _MAX_HELD = 500, 250, 60, 120
_TO_MEND, _HELD_BESIDE, _HELD_ALONE = 1_800, 1_300, 2_500
"""Characters that one card tells of what is to be mended, and of what held, beside that or alone."""


def upload_form(example: str) -> Form:
    """Asks for a question file; ``example`` is one to start from."""
    task = (
        Markdown(
            "A question is a Markdown file: a few keys between `---` lines, then a section for each part. Below stands "
            "a complete one: write yours over it, or send a file. It is **proven** before it can be published: "
            "its solution runs, and so do its wrong answers."
        ),
        Note("chainrule new writes one of each kind to start from; docs/questions.md explains every key and section."),
    )
    return Form("Upload a question", task, "upload", example, multiline=True, label="The question file")


def upload_card(upload: Upload) -> Card:
    """An upload as it is now."""
    findings = upload.findings or Findings("", "", ())
    match upload.state:
        case UploadState.CHECKING:
            return _waiting(findings) if findings.lines else _checking()
        case UploadState.PROVEN:
            return _proven(upload, findings)
        case UploadState.REFUSED:
            return _refused(findings)
        case UploadState.PUBLISHED:
            said = "It can be asked in this community from now on."
            return Card("Published", (_facts(findings), Plain(said)), Tone.GOOD)
        case UploadState.DISCARDED:
            return Card("Thrown away", (_facts(findings), Plain("This upload can no longer be published.")))


def _checking() -> Card:
    said = "It is stored. Now its code runs in the sandbox, which takes some seconds, and minutes where it never ends."
    return Card("Checking your question", (Plain(said), Note("What is found out will be shown here.")))


def _waiting(findings: Findings) -> Card:
    reasons = [Plain(line.detail) for line in findings.lines]
    said = Plain("It is stored, and is checked as soon as the sandbox is back; you need not send it again.")
    return Card("Your question waits for its check", (_facts(findings), said, *reasons), Tone.WARNING)


def _proven(upload: Upload, findings: Findings) -> Card:
    actions = (Action("Publish", "publish", str(upload.id)), Action("Discard", "discard", str(upload.id)))
    note = Note("Nobody is asked before you publish it; then it belongs to this community.")
    return Card("Proven", (_facts(findings), _held(findings.lines, _HELD_ALONE), note), Tone.GOOD, actions)


def _refused(findings: Findings) -> Card:
    wrong = [line for line in findings.lines if line.ok is False]
    others = [line for line in findings.lines if line.ok is not False]
    title = f"Not proven: {counted(len(wrong), 'thing')} to mend"
    beside = (_held(others, _HELD_BESIDE),) if others else ()
    return Card(title, (_facts(findings), *_to_mend(wrong), *beside), Tone.BAD, (AGAIN,))


def _facts(findings: Findings) -> Facts:
    known = (("question", _short(findings.title, _MAX_HELD)), ("id", _short(findings.question_id, _MAX_NAME)))
    return Facts(tuple((label, value) for label, value in known if value))


def _to_mend(wrong: Sequence[Finding]) -> Iterator[Block]:
    """What failed with what mends it, in the order of the proof; the rest is counted once there is no more room."""
    room = _TO_MEND
    for index, line in enumerate(wrong):
        text = f"✗ {_short(line.name, _MAX_NAME)}: {_short(line.detail, _MAX_DETAIL)}"
        if line.mend:
            text += f"\n→ {_short(line.mend, _MAX_MEND)}"
        room -= len(text)
        if index and room < 0:
            left = counted(len(wrong) - index, "more thing")
            yield Note(f"And {left}: mend these first. chainrule check tells all of them at once.")
            return
        yield Plain(text)


def _held(lines: Sequence[Finding], room: int) -> Facts:
    """A line for each check; not a table, whose long cells nobody can read in a narrow chat."""
    pairs: list[tuple[str, str]] = []
    for index, line in enumerate(lines):
        pair = (f"{_MARKS[line.ok]} {_short(line.name, _MAX_NAME)}", _short(line.detail, _MAX_HELD))
        room -= sum(map(len, pair))
        if room < 0:
            pairs.append(("…", f"and {counted(len(lines) - index, 'more check')}"))
            break
        pairs.append(pair)
    return Facts(tuple(pairs))


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def untaken_card(reason: str, text: str) -> Card:
    """An upload that was not stored: why, and its text."""
    received = (Code(text, "text", NOTHING_LOST),)
    return Card("Your question was NOT stored", (Plain(reason), *received), Tone.WARNING, (AGAIN,))


def unfit_card(reason: str) -> Card:
    """What was sent cannot be a question file, so it was not stored, and its sender still has the file."""
    note = Note("Nothing was stored; the file is yours as it was.")
    return Card("That is no question file", (Plain(reason), note), Tone.WARNING, (AGAIN,))


def no_upload_card() -> Card:
    """What was named is no upload of this community."""
    said = "There is no such upload in this community. Upload the question, and use the buttons under its findings."
    return Card("I do not know that upload", (Plain(said),), Tone.WARNING, (AGAIN,))


def unpublishable_card(upload: Upload) -> Card:
    """An upload that is not proven, named all the same: how it stands, and what to do."""
    said = (
        "It is still being checked. Its findings come by themselves, with a button to publish it."
        if upload.state is UploadState.CHECKING
        else "It is not proven, so nobody can be asked. Mend it, and upload it again."
    )
    return Card("That question cannot be published", (Plain(said),), Tone.WARNING, (AGAIN,))


def taken_id_card(upload: Upload, question_id: str) -> Card:
    """Another question goes by this id, and it is not this community's."""
    said = (
        f"A question with the id {question_id} is there already, and belongs to somebody else. "
        "Write another id: into the file, and upload it again."
    )
    discard = Action("Discard", "discard", str(upload.id))
    note = Note("Nothing was published; this upload stays as it is.")
    return Card("Not published: its id is taken", (Plain(said), note), Tone.WARNING, (AGAIN, discard))
