"""``chainrule check``: proves question files in reference cells, and tells what their authors can do."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.authoring.loading import load_file
from bot.authoring.locating import code_lines, line_of
from bot.authoring.problems import Problem, Problems
from bot.core.proving.proof import Proof
from bot.core.questions import Question
from bot.core.words import counted
from bot.judging.config import SandboxConfig, choose_cells
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.platforms.console.proofs import problem_lines, proof_line, proof_table
from bot.platforms.console.screen import Screen, terminal_console
from sandbox.protocol import SandboxFault

NOT_PROVEN, UNREADABLE, FAULT = 1, 2, 3

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with its proof, or with the problems that kept it from being read as a question."""

    file: Path
    outcome: Proof | Problems

    @property
    def ok(self) -> bool:
        """Whether its question is proven."""
        return isinstance(self.outcome, Proof) and self.outcome.ok

    def lines(self) -> tuple[int, ...]:
        """The line of the file that each check of the proof is about."""
        checks = self.outcome.checks if isinstance(self.outcome, Proof) else ()
        try:
            begins = code_lines(self.file.read_bytes())
        except OSError:  # gone since it was read
            begins = {}
        return tuple(line_of(check, begins) or 1 for check in checks)

    def places(self) -> tuple[str, ...]:
        """As :meth:`lines`, the way editors find it."""
        return tuple(f"{self.file.name}:{line}: " for line in self.lines())


async def check(config: SandboxConfig, files: Sequence[Path], tell: Tell, *, as_json: bool) -> int:
    """Prove every question of ``files`` (a folder stands for the files in it), print the proofs, return the exit code.

    0 where all are proven, 1 where some are not, 2 where a file cannot be opened, 3 where no cell can be had.
    """
    paths = list(_expanded(files))
    problems = {path: problem for path in paths if (problem := _unreadable(path))}
    read: dict[Path, Question | Problems] = {path: problems.get(path) or load_file(path) for path in paths}
    report = _Report(as_json, alone=len(paths) == 1)
    try:
        await _prove(config, read, report, tell)
    except SandboxFault as fault:
        tell(f"the sandbox failed: {fault}. Nothing is wrong with the files because of that; see chainrule doctor")
        return FAULT
    report.close()
    if problems:
        return UNREADABLE
    return 0 if report.all_proven else NOT_PROVEN


def _expanded(files: Sequence[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for file in files:
        inside = sorted(path for path in file.glob("*.md") if not path.name.startswith(".")) if file.is_dir() else []
        for path in inside or [file]:
            if path not in seen:
                seen.add(path)
                yield path


def _unreadable(path: Path) -> Problems | None:
    if path.is_dir():
        return _problem(path, "there is no question file in this folder", "name one that holds *.md files")
    if path.exists() and not path.is_file():
        return _problem(path, "this is not a file", "name a question file, or a folder of them")
    try:
        path.open("rb").close()
    except OSError as error:
        return _problem(path, f"cannot be read ({error.strerror})", "check its name and its rights")
    return None


def _problem(path: Path, what: str, mend: str) -> Problems:
    return Problems((Problem(str(path), 1, what, mend),))


async def _prove(config: SandboxConfig, read: Mapping[Path, Question | Problems], report: _Report, tell: Tell) -> None:
    """Tell of every file in order, each as soon as it and those before it are through."""
    if all(isinstance(outcome, Problems) for outcome in read.values()):
        for path, outcome in read.items():
            assert isinstance(outcome, Problems)
            report.take(Checked(path, outcome))
        return
    cells = await choose_cells(config, tell)
    tell(f"starting two {cells.kind} cells")
    async with ReferenceCells(cells) as reference:
        prover = Prover(cells, reference)
        questions = {path: outcome for path, outcome in read.items() if isinstance(outcome, Question)}
        proving = {path: asyncio.create_task(prover.prove(question)) for path, question in questions.items()}
        try:
            for path, outcome in read.items():
                report.take(Checked(path, outcome if isinstance(outcome, Problems) else await proving[path]))
        finally:
            for task in proving.values():
                task.cancel()
            await asyncio.gather(*proving.values(), return_exceptions=True)


class _Report:
    """Prints what was checked: every row of a file that is ``alone`` or failed, a line for any other; or JSON."""

    def __init__(self, as_json: bool, *, alone: bool) -> None:
        self._as_json = as_json
        self._alone = alone
        self._checked: list[Checked] = []
        self._screen = Screen(terminal_console(sys.stdout), animated=False)

    @property
    def all_proven(self) -> bool:
        """Whether every file taken so far is proven."""
        return all(checked.ok for checked in self._checked)

    def take(self, checked: Checked) -> None:
        """Print ``checked``."""
        self._checked.append(checked)
        if self._as_json:
            return
        match checked.outcome:
            case Problems() as problems:
                self._screen.part(problem_lines(str(checked.file), map(str, problems.problems)))
            case Proof() as proof:
                self._screen.part(proof_line(proof, checked.file.name))
                if self._alone or not proof.ok:
                    self._screen.part(proof_table(proof.checks, checked.places()))

    def close(self) -> None:
        """Print what remains to be printed once all was taken."""
        if self._as_json:
            files = [_plain(checked) for checked in self._checked]
            sys.stdout.write(json.dumps({"ok": self.all_proven, "files": files}, indent=1) + "\n")
        elif len(self._checked) > 1:
            proven = sum(checked.ok for checked in self._checked)
            self._screen.say(
                f"{counted(len(self._checked), 'file')}: {proven} proven, {len(self._checked) - proven} not."
            )


def _plain(checked: Checked) -> Mapping[str, object]:
    outcome = checked.outcome
    problems = outcome.problems if isinstance(outcome, Problems) else ()
    checks = outcome.checks if isinstance(outcome, Proof) else ()
    return {
        "file": str(checked.file),
        "id": outcome.question_id if isinstance(outcome, Proof) else None,
        "ok": checked.ok,
        "problems": [{"line": problem.line, "what": problem.what, "mend": problem.mend} for problem in problems],
        "checks": [{**asdict(check), "line": line} for check, line in zip(checks, checked.lines(), strict=True)],
    }
