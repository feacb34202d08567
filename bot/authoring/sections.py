"""The ``##`` sections of a question file by name, and what most of them hold: prose, one code fence, or a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.authoring.defining import Definition, definitions
from bot.authoring.document import Block, Document, Item, Section
from bot.authoring.problems import Notes, closest, nearest, quoted
from sandbox.protocol import MAX_SOURCE

SECTIONS: Mapping[str, Mapping[str, bool]] = {
    "Prompt": {"code": True, "value": True, "choice": True},
    "Snippet": {"value": True, "choice": False},
    "Expression": {"value": True},
    "Options": {"choice": True},
    "Proof": {"choice": True},
    "Starter": {"code": True},
    "Inputs": {"code": True},
    "Probe": {"code": False},
    "Example": {"code": False},
    "Solution": {"code": True, "value": True},
    "Wrong answers": {"code": True, "value": True},
    "Hints": {"code": True, "value": True, "choice": False},
    "Explanation": {"code": True, "value": True, "choice": True},
}
"""For each section the kinds of question it has a meaning for, and whether they need it."""
_EVERY = {"code": True, "value": True, "choice": True}


class Sections:
    """The sections of a document; each method notes what it refuses and then answers with a stand-in."""

    def __init__(self, document: Document, kind: str, notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._sections: dict[str, Section] = {}
        self._lost: set[str] = set()
        for section in document.sections:
            self._take(section, kind)
        # After a fence that never closes, the rest is lost rather than missing: one problem, not eight.
        if document.whole:
            self._check_presence(kind)

    def _check_presence(self, kind: str) -> None:
        for name, kinds in SECTIONS.items():
            if name in self._sections or name in self._lost or (kind and kind not in kinds):
                continue
            needed = kinds[kind] if kind else kinds == _EVERY
            fence = next((block for block in self._fences() if _swallows(block, name, needed)), None)
            if fence:
                mend = "end the code with a line ``` before it"
                self._notes.add(fence.line, f"the section `## {name}` stands inside this code fence", mend)
                self._lost.add(name)
            elif needed:
                self._notes.add(len(self._document.lines), f"the section `## {name}` is missing", "add it")

    def _fences(self) -> Iterator[Block]:
        blocks = (block for section in self._document.sections for block in section.blocks)
        return (block for block in blocks if block.code is not None)

    def _take(self, section: Section, kind: str) -> None:
        wanted = " ".join(section.name.rstrip(":").split()).lower()
        name = next((known for known in SECTIONS if known.lower() == wanted), None)
        if name is None:
            known = [name for name, kinds in SECTIONS.items() if not kind or kind in kinds]
            self._notes.add(section.line, f"unknown section {quoted(section.name)}", nearest(wanted, known))
            # It is misspelt rather than missing: one problem, not two.
            self._lost.update(filter(None, [closest(wanted, known)]))
        elif name in self._sections:
            first = self._sections[name].line
            self._notes.add(section.line, f"a second section `## {name}`", f"join it with the one at line {first}")
        elif kind and kind not in SECTIONS[name]:
            self._notes.add(section.line, f"`## {name}` has no meaning for a {kind} question", "remove it")
        else:
            self._sections[name] = section

    def holds(self, name: str) -> bool | None:
        """Whether there is a section of this name; None where it may be there, but misspelt or lost in a fence."""
        if name in self._sections:
            return True
        return None if name in self._lost or not self._document.whole else False

    def get(self, name: str) -> Section | None:
        """The section itself; None where there is none."""
        return self._sections.get(name)

    def prose(self, name: str) -> str:
        """A section's Markdown as it stands."""
        section = self._sections.get(name)
        if section is None:
            return ""
        text = self.markdown(section.line, section.end)
        if not text:
            self._notes.add(section.line, f"`## {name}` is empty", "write something under it")
        return text

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """A section's lines under its heading with their 1-based numbers."""
        section = self._sections.get(name)
        if section:
            yield from enumerate(self._document.lines[section.line : section.end], section.line + 1)

    def markdown(self, start: int, end: int) -> str:
        """The Markdown between two 0-based lines of the file."""
        return self._document.prose(start, end)

    def fence(self, name: str) -> Block | None:
        """The first code fence of a section; None where there is none."""
        section = self._sections.get(name)
        return next((block for block in section.blocks if block.code is not None), None) if section else None

    def code(self, name: str, defines: Definition | None = None) -> str:
        """The content of a section's one fence, which must define what ``defines`` names."""
        section = self._sections.get(name)
        if section is None:
            return ""
        fence = self.fence(name)
        if fence is None or len(section.blocks) != 1:
            line = next((block.line for block in section.blocks if block.code is None), section.line)
            mend = "put exactly that between a line ```python and a line ```, and nothing else (notes: <!-- … -->)"
            self._notes.add(line, f"`## {name}` must be one code fence", mend)
        return self.content(fence, f"`## {name}`", defines) if fence else ""

    def line(self, name: str) -> str:
        """The content of a section's one fence, which must be a single line."""
        text = self.code(name).strip()
        if "\n" in text:
            self._notes.add(self._sections[name].line, f"`## {name}` has several lines", "write it on one line")
        return text

    def content(self, fence: Block, what: str, defines: Definition | None = None) -> str:
        """The code of ``fence``, called ``what`` in a problem."""
        code = fence.code or ""
        if not code.strip():
            self._notes.add(fence.line, f"the code of {what} is empty", "write it between the ``` lines")
        elif len(code.encode()) > MAX_SOURCE:
            self._notes.add(fence.line, f"the code of {what} exceeds {MAX_SOURCE // 1024} KiB", "shorten it")
        elif defines and defines.name not in definitions(code):
            self._notes.add(fence.line, f"the code of {what} does not define `{defines.name}`", defines.mend)
        return code

    def items(self, name: str, mend: str) -> tuple[Item, ...]:
        """The items of a section's list; ``mend`` says how to write one."""
        section = self._sections.get(name)
        if section is None:
            return ()
        for block in section.blocks:
            if not block.items:
                self._notes.add(block.line, f"`## {name}` contains something else than a list", mend)
        return tuple(item for block in section.blocks for item in block.items)


def _swallows(fence: Block, name: str, needed: bool) -> bool:
    """Whether a fence that was not closed in time took the section ``name``, rather than its code saying so.

    A section one can do without is taken for code unless a fence opens under it.
    """
    lines = (fence.code or "").split("\n")
    return f"## {name}" in lines and (needed or any(line.startswith(("```", "~~~")) for line in lines))
