"""From the text of a question file to a question, or to everything that is wrong with it.

Nothing an author wrote is run or compiled here; whether a solution works is for a cell to find out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from bot.authoring.answers import answer_groups, check_typed, options, wrong_answers
from bot.authoring.defining import Definition, entry_definition
from bot.authoring.document import Document, normalised, read_document
from bot.authoring.front_matter import Entry, read_entries
from bot.authoring.head import Head, read_head, read_kind
from bot.authoring.params import check_filled, check_used
from bot.authoring.problems import Notes, Problems
from bot.authoring.sections import Sections
from bot.core.questions import ChoiceTask, CodeTask, Question, Task, ValueTask

READER = 3
"""The number of this parser: raise it whenever it makes another question of the same text, or refuses what it did not
before, so that files are reread."""

MAX_HINTS = 8

_FILLED = ("Prompt", "Snippet", "Expression", "Solution", "Wrong answers", "Hints", "Explanation")
# Whatever it is called with, each of these ends a program whose facts are wrong.
_CAN_FAIL = re.compile(r"^(?![ \t]*#).*\b(?:assert(?:_\w+)?|raise|gradcheck|gradgradcheck)\b", re.MULTILINE)


def parse(text: str | bytes, filename: str) -> Question | Problems:
    """The question in ``text``, or every problem found in it, located in ``filename``. Never raises on any text."""
    notes = Notes(filename)
    document = read_document(text, notes)
    question = _question(document, notes) if document else None
    return question if question is not None and not notes.count else notes.result()


def digest(text: str | bytes) -> str:
    """SHA-256 in hex of what the file says: neither line ends nor a byte order mark make a new version."""
    return hashlib.sha256(normalised(text)).hexdigest()


def _question(document: Document, notes: Notes) -> Question:
    entries, whole = read_entries(document.front_matter, notes)
    kind = read_kind(entries, notes)
    sections = Sections(document, kind, notes)
    head = read_head(entries, kind, whole, sections.holds("Probe"), notes)
    entry = _entry(head, entries, sections, notes)
    return Question(
        id=head.id,
        title=head.title,
        level=head.level,
        topics=head.topics,
        prompt=sections.prose("Prompt"),
        task=_task(head, entry, sections, notes),
        wrong_answers=tuple(wrong_answers(sections, entry, head.typed, notes)),
        hints=_hints(sections, notes),
        explanation=sections.prose("Explanation"),
        time_limit_ms=head.time_limit_ms,
    )


def _entry(head: Head, entries: Mapping[str, Entry], sections: Sections, notes: Notes) -> Definition | None:
    """What starter, solution and wrong answers must define; None where nothing, or where that cannot be said."""
    if head.kind != "code" or not head.entry:
        return None
    fences = [
        sections.fence("Starter"),
        sections.fence("Solution"),
        *(group.fence for group in answer_groups(sections)),
    ]
    codes = [fence.code for fence in fences if fence and fence.code and fence.code.strip()]
    return entry_definition(head.entry, entries["entry"].line, codes, notes)


def _task(head: Head, entry: Definition | None, sections: Sections, notes: Notes) -> Task:
    match head.kind:
        case "value":
            return _value_task(head, sections, notes)
        case "choice":
            proof, snippet = _proof(sections, notes), sections.code("Snippet")
            return ChoiceTask(options=options(sections, notes), proof=proof, snippet=snippet)
        case _:
            return _code_task(head, entry, sections)


def _proof(sections: Sections, notes: Notes) -> str:
    proof, fence = sections.code("Proof"), sections.fence("Proof")
    if fence and proof.strip() and not _CAN_FAIL.search(proof):
        notes.add(fence.line, "this proof cannot fail", "assert the facts, as in `assert x.grad is None`")
    return proof


def _code_task(head: Head, entry: Definition | None, sections: Sections) -> CodeTask:
    comparison = head.comparison
    return CodeTask(
        entry=head.entry,
        starter=sections.code("Starter", entry),
        inputs=sections.code("Inputs", Definition("inputs")),
        solution=sections.code("Solution", entry),
        observe=head.observe,
        backward=head.backward,
        none_is_zero=head.none_is_zero,
        probe=sections.code("Probe", Definition("probe")),
        example=sections.code("Example"),
        tolerance=comparison.tolerance,
        zero=comparison.zero,
        not_finite=comparison.not_finite,
        trust=comparison.trust,
        accepts=comparison.accepts,
    )


def _value_task(head: Head, sections: Sections, notes: Notes) -> ValueTask:
    task = ValueTask(
        snippet=sections.code("Snippet"),
        expression=sections.line("Expression"),
        solution=sections.line("Solution"),
        params=head.params,
    )
    snippet, solution = sections.fence("Snippet"), sections.fence("Solution")
    if solution and head.typed:
        check_typed(solution, "the solution", notes)
    if head.params:
        if solution and "".join(task.solution.split()) == "".join(task.expression.split()):
            mend = "derive it in other words: what the expression gives proves nothing about itself"
            notes.add(solution.line, "the solution is the expression", mend)
        check_filled(head.params, _filled_lines(sections), notes)
        if snippet:
            check_used(head.params, task.snippet, snippet.line, notes)
    return task


def _filled_lines(sections: Sections) -> Iterator[tuple[int, str]]:
    """Every line of what is filled in for a learner, with its 1-based number."""
    # The name of a wrong answer is for authors.
    names = {group.line for group in answer_groups(sections)}
    for name in _FILLED:
        yield from ((number, line) for number, line in sections.lines(name) if number not in names)


def _hints(sections: Sections, notes: Notes) -> tuple[str, ...]:
    """The hints, gentlest first."""
    section = sections.get("Hints")
    if section is None:
        return ()
    hints = tuple(item.text for item in sections.items("Hints", "begin each hint with `- `"))
    if len(hints) > MAX_HINTS:
        notes.add(section.line, f"{len(hints)} hints are too many", f"keep the {MAX_HINTS} that help most")
    if not hints or not all(hints):
        notes.add(section.line, "`## Hints` is empty or has an empty hint", "write one `- ` item a hint")
    return hints
