"""From the text of a question file to a question, or to everything that is wrong with it.

Nothing an author wrote is run or compiled here; whether a solution works is for a cell to find out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from bot.authoring.answers import check_typed, options, wrong_answers
from bot.authoring.document import Document, normalised, read_document
from bot.authoring.front_matter import read_entries
from bot.authoring.head import Head, read_head, read_kind
from bot.authoring.params import check_known, check_used
from bot.authoring.problems import Notes, Problems
from bot.authoring.sections import Sections
from bot.core.questions import ChoiceTask, CodeTask, Question, Task, ValueTask

_FILLED = ("Snippet", "Expression", "Solution", "Wrong answers")


READER = 1
"""The number of this parser: raise it whenever it makes another question of the same text, so that files are reread."""


def parse(text: str | bytes, filename: str) -> Question | Problems:
    """The question in ``text``, or every problem found in it, located in ``filename``. Never raises on any text."""
    notes = Notes(filename)
    document = read_document(text, notes)
    question = _question(document, notes) if document else None
    return question if question is not None and notes.clean else notes.result()


def digest(text: str | bytes) -> str:
    """SHA-256 in hex of what the file says: neither line ends nor a byte order mark make a new version."""
    return hashlib.sha256(normalised(text)).hexdigest()


def _question(document: Document, notes: Notes) -> Question:
    entries, whole = read_entries(document.front_matter, notes)
    kind = read_kind(entries, notes)
    sections = Sections(document, kind, notes)
    head = read_head(entries, kind, whole, "Probe" in sections, notes)
    return Question(
        id=head.id,
        title=head.title,
        level=head.level,
        topics=head.topics,
        prompt=sections.prose("Prompt"),
        task=_task(head, sections, notes),
        wrong_answers=tuple(wrong_answers(sections, head.entry, _is_typed(head), notes)),
        hints=_hints(sections, notes),
        explanation=sections.prose("Explanation"),
        time_limit_ms=head.time_limit_ms,
    )


def _is_typed(head: Head) -> bool:
    """Whether answers are values as a learner types them, rather than code."""
    return head.kind == "value" and not head.personal


def _task(head: Head, sections: Sections, notes: Notes) -> Task:
    match head.kind:
        case "value":
            return _value_task(head, sections, notes)
        case "choice":
            proof, snippet = sections.code("Proof"), sections.code("Snippet")
            return ChoiceTask(options=options(sections, notes), proof=proof, snippet=snippet)
        case _:
            return _code_task(head, sections)


def _code_task(head: Head, sections: Sections) -> CodeTask:
    comparison = head.comparison
    return CodeTask(
        entry=head.entry,
        starter=sections.code("Starter", head.entry),
        inputs=sections.code("Inputs", "inputs"),
        solution=sections.code("Solution", head.entry),
        observe=head.observe,
        backward=head.backward,
        none_is_zero=head.none_is_zero,
        probe=sections.code("Probe", "probe"),
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
    if solution and _is_typed(head):
        check_typed(solution, "the solution", notes)
    if head.personal:
        check_known(head.params, _code_lines(sections), notes)
        if snippet:
            check_used(head.params, task.snippet, snippet.line, notes)
    return task


def _code_lines(sections: Sections) -> Iterator[tuple[int, str]]:
    """Every line in the fences of what is filled in for a learner, with its 1-based number."""
    for name in _FILLED:
        section = sections.get(name)
        for block in section.blocks if section else ():
            # The line of a fence is that of its opening ```.
            yield from enumerate((block.code or "").split("\n"), block.line + 1)


def _hints(sections: Sections, notes: Notes) -> tuple[str, ...]:
    """The hints, gentlest first."""
    section = sections.get("Hints")
    if section is None:
        return ()
    hints = tuple(item.text for item in sections.items("Hints", "begin each hint with `- `"))
    if not hints or not all(hints):
        notes.add(section.line, "`## Hints` is empty or has an empty hint", "write one `- ` item a hint")
    return hints
