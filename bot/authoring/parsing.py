"""From the text of a question file to a question, or to everything that is wrong with it.

Nothing an author wrote is run or compiled here; whether a solution works is for a cell to find out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.authoring.document import Block, Document, Section, normalised, read_document
from bot.authoring.front_matter import read_entries
from bot.authoring.head import Head, read_head
from bot.authoring.problems import Notes, Problems, nearest, quoted
from bot.core.questions import CodeTask, Question, Task, ValueTask, WrongAnswer
from sandbox.protocol import MAX_SOURCE

COMMON_SECTIONS = ("Prompt", "Solution", "Wrong answers", "Hints", "Explanation")
CODE_SECTIONS = ("Starter", "Inputs")
VALUE_SECTIONS = ("Snippet", "Expression")
ALL_SECTIONS = COMMON_SECTIONS + CODE_SECTIONS + VALUE_SECTIONS
MIN_WRONG_ANSWERS = 2

_SECTIONS_OF = {"code": COMMON_SECTIONS + CODE_SECTIONS, "value": COMMON_SECTIONS + VALUE_SECTIONS}


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
    head = read_head(entries, whole, notes)
    body = _Body(document, head.kind, notes)
    return Question(
        id=head.id,
        title=head.title,
        level=head.level,
        topics=head.topics,
        prompt=body.prose("Prompt"),
        task=_task(head, body),
        wrong_answers=tuple(body.wrong_answers(head.entry)),
        hints=body.hints(),
        explanation=body.prose("Explanation"),
        time_limit_ms=head.time_limit_ms,
    )


def _task(head: Head, body: _Body) -> Task:
    if head.kind == "value":
        solution = body.line("Solution")
        return ValueTask(snippet=body.code("Snippet"), expression=body.line("Expression"), solution=solution)
    return CodeTask(
        entry=head.entry,
        starter=body.code("Starter", head.entry),
        inputs=body.code("Inputs", "inputs"),
        solution=body.code("Solution", head.entry),
        observe=head.observe,
        backward=head.backward,
        none_is_zero=head.none_is_zero,
    )


class _Body:
    """The sections of a document by name; each method notes what it refuses and then answers with a stand-in."""

    def __init__(self, document: Document, kind: str, notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._sections: dict[str, Section] = {}
        for section in document.sections:
            self._take(section, kind)
        for name in _SECTIONS_OF.get(kind, COMMON_SECTIONS):
            # After a fence that never closes, the rest is lost rather than missing: one problem, not eight.
            if name not in self._sections and document.whole:
                notes.add(len(document.lines), f"the section `## {name}` is missing", "add it")

    def _take(self, section: Section, kind: str) -> None:
        wanted = " ".join(section.name.rstrip(":").split()).lower()
        name = next((known for known in ALL_SECTIONS if known.lower() == wanted), None)
        if name is None:
            self._notes.add(section.line, f"unknown section {quoted(section.name)}", nearest(wanted, ALL_SECTIONS))
        elif name in self._sections:
            first = self._sections[name].line
            self._notes.add(section.line, f"a second section `## {name}`", f"join it with the one at line {first}")
        elif kind in _SECTIONS_OF and name not in _SECTIONS_OF[kind]:
            self._notes.add(section.line, f"`## {name}` has no meaning for a {kind} question", "remove it")
        else:
            self._sections[name] = section

    def prose(self, name: str) -> str:
        """A section's Markdown as it stands."""
        section = self._sections.get(name)
        if section is None:
            return ""
        text = self._document.prose(section.line, section.end)
        if not text:
            self._notes.add(section.line, f"`## {name}` is empty", "write something under it")
        return text

    def code(self, name: str, defines: str = "") -> str:
        """The content of a section's one fence, which must define the name ``defines`` if given."""
        section = self._sections.get(name)
        if section is None:
            return ""
        fences = [block for block in section.blocks if block.code is not None]
        if len(fences) != 1 or len(section.blocks) != 1:
            line = next((block.line for block in section.blocks if block.code is None), section.line)
            mend = "put exactly that between a line ```python and a line ```, and nothing else (notes: <!-- … -->)"
            self._notes.add(line, f"`## {name}` must be one code fence", mend)
        return self._content(fences[0], f"`## {name}`", defines) if fences else ""

    def line(self, name: str) -> str:
        """The content of a section's one fence, which must be a single line."""
        text = self.code(name).strip()
        if "\n" in text:
            self._notes.add(self._sections[name].line, f"`## {name}` has several lines", "write it on one line")
        return text

    def hints(self) -> tuple[str, ...]:
        """The items of the list of hints, gentlest first."""
        section = self._sections.get("Hints")
        if section is None:
            return ()
        for block in section.blocks:
            if not block.items:
                self._notes.add(
                    block.line, "`## Hints` contains something else than a list", "begin each hint with `- `"
                )
        hints = tuple(hint for block in section.blocks for hint in block.items)
        if not hints or not all(hints):
            self._notes.add(section.line, "`## Hints` is empty or has an empty hint", "write one `- ` item a hint")
        return hints

    def wrong_answers(self, entry: str) -> Iterator[WrongAnswer]:
        """Each ``###`` of the section: a fenced answer, then the message; all of them different."""
        section = self._sections.get("Wrong answers")
        if section is None:
            return
        heads = [index for index, block in enumerate(section.blocks) if block.depth == 3]
        if section.blocks[: heads[0] if heads else None]:
            mend = "begin each wrong answer with `### what it gets wrong`"
            self._notes.add(section.blocks[0].line, "`## Wrong answers` begins without a `###` heading", mend)
        if len(heads) < MIN_WRONG_ANSWERS:
            what = f"{len(heads)} wrong answers are too few"
            self._notes.add(section.line, what, f"write at least {MIN_WRONG_ANSWERS}, each under `###`")
        seen = {self._solution(): "the solution"}
        for first, after in pairwise([*heads, len(section.blocks)]):
            group = section.blocks[first:after]
            wrong = self._wrong_answer(group, section, after, entry)
            if wrong.answer.strip() in seen:
                what = f"this wrong answer is {seen[wrong.answer.strip()]}"
                self._notes.add(group[0].line, what, "write an answer that differs")
            elif wrong.answer:
                seen[wrong.answer.strip()] = f"the one at line {group[0].line} again"
            yield wrong

    def _wrong_answer(self, group: Sequence[Block], section: Section, after: int, entry: str) -> WrongAnswer:
        fence = group[1] if len(group) > 1 else None
        if fence is None or fence.code is None:
            mend = "put the answer between ``` lines right under the heading, then the message to the learner"
            self._notes.add(group[0].line, "this wrong answer does not begin with a code fence", mend)
            return WrongAnswer("", "")
        answer = self._content(fence, "the wrong answer", entry)
        end = section.blocks[after].start if after < len(section.blocks) else section.end
        message = self._document.prose(fence.end, end)
        if not message:
            mend = "write after the fence what a learner who answers so is told"
            self._notes.add(fence.line, "this wrong answer has no message", mend)
        return WrongAnswer(answer if entry else answer.strip(), message)

    def _solution(self) -> str:
        section = self._sections.get("Solution")
        code = next((block.code for block in section.blocks if block.code is not None), "") if section else ""
        return code.strip()

    def _content(self, fence: Block, what: str, defines: str) -> str:
        code = fence.code or ""
        if not code.strip():
            self._notes.add(fence.line, f"the code of {what} is empty", "write it between the ``` lines")
        elif len(code.encode()) > MAX_SOURCE:
            self._notes.add(fence.line, f"the code of {what} exceeds {MAX_SOURCE // 1024} KiB", "shorten it")
        elif defines and not _defines(code, defines):
            mend = f"write `def {defines}(…):`, not indented"
            self._notes.add(fence.line, f"the code of {what} does not define `{defines}`", mend)
        return code


def _defines(code: str, name: str) -> bool:
    # Text only: compiling an author's code can take minutes, and that belongs in a cell.
    return re.search(rf"^(?:(?:def|class)[ \t]+{name}\b|{name}[ \t]*=)", code, re.MULTILINE) is not None
