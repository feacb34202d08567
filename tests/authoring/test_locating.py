"""Where code and keys stand in a file."""

import pytest

from bot.authoring.locating import CODE_SECTIONS, code_lines
from bot.authoring.sections import SECTIONS
from bot.core.questions import ChoiceTask, CodeTask, Question, ValueTask
from tests.authoring.test_broken_sections import FILES
from tests.authoring.texts import BANK, CHOICE, CODE, FENCE, VALUE, line_of, question_of, with_body, with_section

# Where in the documentation's examples: the start of the line that must be found.
EXAMPLES = [
    (VALUE, "Snippet", "import torch"),
    (VALUE, "Expression", "x.grad"),
    (VALUE, "Solution", "[0.5, 0.5]"),
    (VALUE, "Wrong answers/1", "[1, 1]"),
    (VALUE, "Wrong answers/2", "3"),
    (VALUE, "key/format", "format:"),
    (VALUE, "key/topics", "topics:"),
    (CODE, "Starter", "import torch"),
    (CODE, "key/observe", "observe:"),
    (CODE, "key/time_limit", "time_limit:"),
    (CHOICE, "Proof", "import warnings"),
    (CHOICE, "key/kind", "kind:"),
]


@pytest.mark.parametrize(("text", "name", "start"), EXAMPLES)
def test_the_first_line_of_code_and_the_line_of_a_key_are_found(text: str, name: str, start: str) -> None:
    assert code_lines(text)[name] == line_of(text, start)


def codes_of(question: Question) -> dict[str, str]:
    """All code a question holds, by where it was written."""
    match question.task:
        case CodeTask() as task:
            codes = {name: getattr(task, name.lower()) for name in CODE_SECTIONS if hasattr(task, name.lower())}
        case ValueTask() as task:
            codes = {"Snippet": task.snippet, "Expression": task.expression, "Solution": task.solution}
        case ChoiceTask() as task:
            codes = {"Snippet": task.snippet, "Proof": task.proof}
    wrong = {f"Wrong answers/{number}": wrong.answer for number, wrong in enumerate(question.wrong_answers, 1)}
    return {name: code for name, code in (codes | wrong).items() if code}


SHAPES = [
    VALUE.replace("```python\n", "```python\n\n\n"),
    VALUE.replace("```text\n", "```text\n\n\n"),
    CODE.replace("```python\n", "```python\n\n"),
    CODE.replace("```", "~~~~"),
    CODE.replace("## Solution\n", "## Solution\n<!-- Why this one?\n-->\n"),
    CODE.replace("## ", "##   "),
    CODE.replace("def scaled_dot(a, b, scale):\n", "def scaled_dot(a, b, scale):\n    ## Solution\n"),
    with_body(CODE, "Prompt", "Mend:\n\n" + FENCE.format("x = 1") + "\n\nand go."),
    with_section(CODE, "Example", FENCE.format('{"a": torch.ones(2)}')),
    *(path.read_text() for path in sorted(BANK.glob("*.md"))),
]


@pytest.mark.parametrize("text", SHAPES, ids=range(len(SHAPES)))
def test_line_n_of_the_code_is_n_minus_1_lines_below_its_first(text: str) -> None:
    found, lines = code_lines(text), text.split("\n")
    codes = codes_of(question_of(text))
    assert {name for name in found if not name.startswith("key/")} == set(codes)
    for name, code in codes.items():
        first = found[name] - 1
        assert lines[first : first + code.rstrip("\n").count("\n") + 1] == code.rstrip("\n").split("\n"), name


def test_every_section_of_one_fence_is_found() -> None:
    found = {name.partition("/")[0] for text in FILES.values() for name in code_lines(text)}
    assert found == {*CODE_SECTIONS, "Wrong answers", "key"}
    assert set(CODE_SECTIONS) <= set(SECTIONS)


@pytest.mark.parametrize("text", [VALUE, CODE, CHOICE])
def test_line_ends_change_no_line(text: str) -> None:
    for same in (text.encode(), text.replace("\n", "\r\n"), "\ufeff" + text.replace("\n", "\r")):
        assert code_lines(same) == code_lines(text)


BROKEN: list[tuple[str | bytes, set[str]]] = [
    ("", set()),
    (b"\xff", set()),
    ("---\nformat: 1\n---\n", {"key/format"}),
    ("---\nid: a\n---\n\n## Proof\n\nNone.\n\n## Solution\n\n```\n1\n```\n", {"key/id", "Solution"}),
    ("---\nid: a\n---\n\n## Wrong answers\n\n### One\n\n### Two\n\n```\n1\n```\n", {"key/id", "Wrong answers/2"}),
]


@pytest.mark.parametrize(("text", "names"), BROKEN, ids=range(len(BROKEN)))
def test_what_a_broken_file_lacks_is_left_out(text: str | bytes, names: set[str]) -> None:
    assert set(code_lines(text)) == names
