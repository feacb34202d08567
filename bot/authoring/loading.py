"""A folder of question files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.authoring.document import MAX_BYTES, normalised
from bot.authoring.parsing import digest, parse
from bot.authoring.problems import Problem, Problems
from bot.core.questions import Question


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
    kept = [file for file in read if _well_named(file, read, problems)]
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
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return Problems((Problem(str(path), 1, f"cannot be read ({error.strerror})", "check the file and its rights"),))
    mark = digest(content)
    question = known.get(mark) or parse(content, str(path))
    if isinstance(question, Problems):
        return question
    lines = normalised(content).split(b"\n")
    id_line = next((number for number, line in enumerate(lines, 1) if line.startswith(b"id")), 1)
    return _File(path, question, mark, id_line)


def _well_named(file: _File, files: Sequence[_File], problems: list[Problem]) -> bool:
    """Whether the file's id is its own and its name; of two files with one id, the one named so keeps it."""
    identity = file.question.id
    if file.path.stem == identity:
        return True
    others = [str(other.path) for other in files if other is not file and other.question.id == identity]
    if others:
        what, mend = f"the id `{identity}` is also that of {', '.join(others)}", "give one of them an id of its own"
    else:
        what, mend = f"the id `{identity}` is not the file's name", f"rename the file to `{identity}.md`"
    problems.append(Problem(str(file.path), file.id_line, what, mend))
    return False
