"""A folder of question files."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.authoring.document import normalised
from bot.authoring.parsing import digest, parse
from bot.authoring.problems import Problem, Problems
from bot.core.questions import Question
from bot.core.sizes import MAX_QUESTION_FILE

# Two thousand copies of one file would otherwise each name all the others.
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """The sound questions of a folder, by id, each with its digest; and what is wrong with the other files.

    ``broken`` are the ids those other files go by, in their text or by their names.
    """

    questions: tuple[tuple[Question, str], ...]
    problems: tuple[Problem, ...]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    question: Question
    digest: str
    id_line: int


def load_folder(path: Path, known: Mapping[str, Question] = MappingProxyType({})) -> Loaded:
    """Every ``*.md`` in ``path`` but hidden ones. A file's trouble is a problem and never keeps the others out.

    ``known`` are questions by digest, as :func:`bot.authoring.parsing.parse` reads them: such a file is not read again.
    """
    try:
        files = sorted(file for file in path.iterdir() if file.suffix == ".md" and not file.name.startswith("."))
    except OSError as error:
        mend = "name a folder that holds question files"
        return Loaded((), (Problem(str(path), 1, f"the folder cannot be read ({error.strerror})", mend),))
    problems: list[Problem] = []
    read: list[_File] = []
    for file in files:
        outcome = _read(file, known)
        if isinstance(outcome, Problems):
            problems += outcome.problems
        else:
            read.append(outcome)
    alike: defaultdict[str, list[_File]] = defaultdict(list)
    for found in sorted(read, key=lambda file: file.path.stem != file.question.id):
        alike[found.question.id].append(found)
    kept = [file for file in read if _well_named(file, alike[file.question.id], problems)]
    ordered = sorted(kept, key=lambda file: file.question.id)
    sound = {file.question.id for file in kept}
    named = {Path(problem.file).stem for problem in problems} | {file.question.id for file in read}
    return Loaded(
        tuple((file.question, file.digest) for file in ordered), tuple(problems), tuple(sorted(named - sound))
    )


def load_file(path: Path) -> Question | Problems:
    """The question in one file, or everything that is wrong with it, its name included."""
    file = _read(path)
    if isinstance(file, Problems):
        return file
    problems: list[Problem] = []
    return file.question if _well_named(file, (file,), problems) else Problems(tuple(problems))


def _read(path: Path, known: Mapping[str, Question] = MappingProxyType({})) -> _File | Problems:
    try:
        content = _content(path)
    except OSError as error:
        return Problems((Problem(str(path), 1, f"cannot be read ({error.strerror})", "check the file and its rights"),))
    if content is None:
        mend = "put the question's own text there, or move it out of the folder"
        return Problems((Problem(str(path), 1, "this is not a file", mend),))
    mark = digest(content)
    question = known.get(mark) or parse(content, str(path))
    if isinstance(question, Problems):
        return question
    lines = normalised(content).split(b"\n")
    id_line = next((number for number, line in enumerate(lines, 1) if line.startswith(b"id")), 1)
    return _File(path, question, mark, id_line)


def _content(path: Path) -> bytes | None:
    """As much of a file as is ever read; None where there is no regular file to read."""
    with open(path, "rb", opener=_without_waiting) as stream:
        regular = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
        return stream.read(MAX_QUESTION_FILE + 1) if regular else None


def _without_waiting(path: str, flags: int) -> int:
    # Opening a pipe waits for whoever writes to it, which may be nobody.
    return os.open(path, flags | os.O_NONBLOCK)


def _well_named(file: _File, alike: Sequence[_File], problems: list[Problem]) -> bool:
    """Whether the file's id is its own and its name; of those ``alike`` in it, the one named so keeps it."""
    identity = file.question.id
    if file.path.stem == identity:
        return True
    if len(alike) > 1:
        what, mend = f"the id `{identity}` is also that of {_others(file, alike)}", "give one of them an id of its own"
    else:
        what, mend = f"the id `{identity}` is not the file's name", f"rename the file to `{identity}.md`"
    problems.append(Problem(str(file.path), file.id_line, what, mend))
    return False


def _others(file: _File, alike: Sequence[_File]) -> str:
    """The first few of the files ``alike`` in id but this one, and how many more there are."""
    shown = [str(other.path) for other in alike[: _MOST_NAMED + 1] if other is not file][:_MOST_NAMED]
    more = len(alike) - 1 - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
