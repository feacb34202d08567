"""A question file to start from: a small sound question of each kind, with comments that say what goes where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.authoring.examples import EXAMPLES
from bot.authoring.head import ID_FORM, is_id
from bot.authoring.problems import Problem, Problems, nearest, quoted

_KEYS: Mapping[str, str] = {
    "format": "the version of this format",
    "id": "the file's name without .md",
    "title": "one line, public: it must not give the answer away",
    "kind": "code, value or choice",
    "level": "easy, medium or hard: what it is worth",
    "topics": "what practice finds it by",
    "entry": "the function or class a learner writes",
    "observe": "what is compared: result, or the gradient of an input",
    "backward": "call backward on the result before gradients are read",
    "time_limit": "seconds for all trials together",
}
_SECTIONS: Mapping[str, str] = {
    "Prompt": "The task. The snippet or the starter is shown along with it, so do not repeat it.",
    "Snippet": "What is run. The same every time, so no random numbers.",
    "Expression": "What is asked about after the snippet ran. Where something raises: the exception's name.",
    "Options": "3 to 6, one of them right: [x]. Under each, indented, why it is right, or what to think instead.",
    "Proof": "Runs after the snippet and must raise if the facts are not as you say. Nobody needs to see it.",
    "Starter": "What a learner begins with. It defines the entry and must not pass.",
    "Inputs": "Drawn from the generator, anew for each trial: both signs, sizes that change, dimensions all different.",
    "Solution": "The answer, proven before anybody is asked. A value is written as a learner would type it.",
    "Wrong answers": "At least two that people really give. Under each the message they get: no solution in it.",
    "Hints": "From gentle to strong. Each costs points, so each must help.",
    "Explanation": "Shown at the end: the rule, the numbers worked through, where it bites in practice.",
}
_MORE = "# more keys and sections: docs/questions.md"


def template(id: str, kind: str) -> str:  # noqa: A002 - the key's own name
    """The text of a complete question file with this ``id``, of kind ``code``, ``value`` or ``choice``.

    It parses, and passes every check as it stands. Raises ValueError for any other ``kind``, or what is no id.
    """
    if not is_id(id) or kind not in EXAMPLES:
        raise ValueError(f"no template {id!r} of kind {kind!r}")
    return "\n".join(_commented(EXAMPLES[kind], id))


def _commented(example: str, id: str) -> Iterator[str]:  # noqa: A002
    fences = 0
    for line in example.split("\n"):
        fences += line == "---"
        if line == "---" and fences == 2:
            yield _MORE
        key = line.partition(":")[0]
        if fences == 1 and key in _KEYS:
            yield f"{f'id: {id}' if key == 'id' else line}  # {_KEYS[key]}"
        else:
            yield line
        if line.startswith("## "):
            yield from ("", f"<!-- {_SECTIONS[line.removeprefix('## ')]} -->")


def write_new(folder: Path, id: str, kind: str) -> Path | Problems:  # noqa: A002
    """Write the template to ``folder/id.md`` and say where it is, or why not; never overwrites a file."""
    if not is_id(id):
        return _problem("", f"{quoted(id)} cannot be an id", ID_FORM)
    if kind not in EXAMPLES:
        return _problem("", f"{quoted(kind)} is no kind of question", nearest(kind, EXAMPLES))
    path = folder / f"{id}.md"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(template(id, kind))
    except FileExistsError:
        return _problem(str(path), "the file is there already", "choose another id, or edit that file")
    except OSError as error:
        return _problem(str(path), f"cannot be written ({error.strerror})", "name a folder that is there and yours")
    return path


def _problem(file: str, what: str, mend: str) -> Problems:
    return Problems((Problem(file, 0, what, mend),))
