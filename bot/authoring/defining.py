"""Which names a piece of code defines, and whether each piece that must define the entry does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.authoring.problems import Notes, closest, quoted

# Text only: compiling an author's code can take minutes, and that belongs in a cell.
_DEFINED = re.compile(r"^(?:(def|class)[ \t]+([A-Za-z_]\w*)|([A-Za-z_]\w*)[ \t]*=(?!=))", re.MULTILINE)
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that code must define, and whether as a class."""

    name: str
    is_class: bool = False

    @property
    def mend(self) -> str:
        """How to define it."""
        return f"write `{f'class {self.name}:' if self.is_class else f'def {self.name}(…):'}`, not indented"


def definitions(code: str) -> Mapping[str, bool]:
    """The names that ``code`` defines at its top, each with whether as a class."""
    return {match[2] or match[3]: match[1] == "class" for match in _DEFINED.finditer(code)}


def entry_definition(entry: str, line: int, codes: Sequence[str], notes: Notes) -> Definition | None:
    """What each of ``codes`` must define; None where that cannot be said.

    Where none of them defines ``entry``, the name is wrong rather than all of them: that is noted once, at the
    1-based ``line`` of the key.
    """
    found = [definitions(code) for code in codes]
    ways = [names[entry] for names in found if entry in names]
    if ways or not found:
        return Definition(entry, is_class=any(ways))
    defined = list(dict.fromkeys(name for names in found for name in names))
    notes.add(line, f"no code defines {quoted(entry)}", _mend(entry, defined))
    return None


def _mend(entry: str, defined: Sequence[str]) -> str:
    if not defined:
        return f"write `def {entry}(…):` or `class {entry}:` in the starter, the solution and the wrong answers"
    if meant := closest(entry, defined):
        return f"did you mean `{meant}`?"
    shown = ", ".join(quoted(name) for name in defined[:_MOST_SHOWN])
    return f"the starter, the solution and the wrong answers define {shown}: name what a learner shall write"
