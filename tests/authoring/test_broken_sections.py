"""A file broken in every section in turn: a located problem on the right line, and the other problems with it."""

import pytest

from tests.authoring.texts import (
    CHOICE,
    CODE,
    FENCE,
    VALUE,
    line_of,
    line_told,
    problems_of,
    sections_of,
    with_body,
    with_section,
    without,
)
from tests.authoring.texts import section as section_of

PROBE = FENCE.format("def probe(scaled_dot, a, b, scale, upstream):\n    return {}")
# Every section there is stands in one of these.
FILES = {
    "value": VALUE,
    "code": with_section(
        with_section(CODE.replace("backward: true\n", ""), "Probe", PROBE), "Example", FENCE.format('{"a": 1}')
    ),
    "choice": CHOICE,
}
EACH = [(kind, name) for kind, text in FILES.items() for name in sections_of(text)]
OPTIONAL = {("code", "Probe"), ("code", "Example"), ("choice", "Snippet"), ("choice", "Hints")}
PROSE = {"Prompt", "Explanation"}
FENCED = {"Snippet", "Expression", "Proof", "Starter", "Inputs", "Probe", "Example", "Solution"}

each_section = pytest.mark.parametrize(("kind", "name"), EACH)


def test_the_files_hold_every_section() -> None:
    assert {name for _, name in EACH} >= PROSE | FENCED | {"Options", "Wrong answers", "Hints"}
    for text in FILES.values():
        problems = [problem for problem in problems_of(f"{text}\n## Hints\n") if "second section" not in problem]
        assert [problem for problem in problems if "`## Hints` has no" not in problem] == []


@pytest.mark.parametrize(("kind", "name"), [pair for pair in EACH if pair not in OPTIONAL])
def test_a_section_left_out_is_missing_at_the_end(kind: str, name: str) -> None:
    text = without(FILES[kind], name)
    (problem,) = problems_of(text)
    assert problem == f"q.md:{text.count(chr(10)) + 1}: the section `## {name}` is missing; add it"


@each_section
def test_an_empty_section_is_told_once_where_it_stands(kind: str, name: str) -> None:
    text = with_body(FILES[kind], name, "<!-- later -->")
    (problem,) = problems_of(text)
    assert line_told(problem) == line_of(text, f"## {name}")


@each_section
def test_a_section_written_twice_is_told_at_the_second(kind: str, name: str) -> None:
    start, end = section_of(FILES[kind], name)
    text = FILES[kind] + "\n" + FILES[kind][start:end]
    (problem,) = problems_of(text)
    assert line_told(problem) == FILES[kind].count("\n") + 2
    assert f"join it with the one at line {line_of(text, f'## {name}')}" in problem


@each_section
def test_a_misspelt_section_names_the_nearest(kind: str, name: str) -> None:
    text = FILES[kind].replace(f"## {name}\n", f"## {name[:-1]}\n")
    line = line_of(text, f"## {name[:-1]}")
    assert problems_of(text) == [f"q.md:{line}: unknown section `{name[:-1]}`; did you mean `{name}`?"]


@each_section
def test_a_fence_closed_too_late_is_told_where_it_opens(kind: str, name: str) -> None:
    text = with_body(FILES[kind], name, "```python\ndef f():\n    pass")
    after = text[section_of(text, name)[1] :]
    told = [problem for problem in problems_of(text) if line_told(problem) == line_of(text, f"## {name}") + 2]
    if "\n```\n" in after:
        swallowed = sections_of(after)[0]
        assert any(f"the section `## {swallowed}` stands inside this code fence; end the code" in each for each in told)
    else:
        assert any("this code fence is never closed" in each for each in told)


@each_section
def test_a_section_of_another_kind_is_told_at_its_heading(kind: str, name: str) -> None:
    for other, text in FILES.items():
        if other != kind and name not in sections_of(text):
            extended = with_section(text, name, FENCE.format("x"))
            (problem,) = problems_of(extended)
            told = f"`## {name}` has no meaning for a {other} question; remove it"
            assert problem == f"q.md:{line_of(extended, f'## {name}')}: {told}"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in EACH if name in FENCED])
@pytest.mark.parametrize(
    "body",
    ["No code.", f"Look:\n\n{FENCE.format('x')}", f"{FENCE.format('x')}\n\n{FENCE.format('y')}", "    indented = 1"],
    ids=["prose", "prose and code", "two fences", "indented code"],
)
def test_what_is_not_one_fence_is_told_inside_the_section(kind: str, name: str, body: str) -> None:
    text = with_body(FILES[kind], name, body)
    told = [problem for problem in problems_of(text) if f"`## {name}` must be one code fence" in problem]
    assert len(told) == 1
    first = line_of(text, f"## {name}")
    assert first <= line_told(told[0]) <= first + 2 + body.count("\n")


def test_every_section_broken_at_once_is_told_at_once() -> None:
    for kind, whole in FILES.items():
        text = whole
        for name in sections_of(whole):
            text = with_body(text, name, "")
        lines = [line_told(problem) for problem in problems_of(text)]
        assert set(lines) >= {line_of(text, f"## {name}") for name in sections_of(whole)}, kind
        assert lines == sorted(lines)


ANSWER = "### {0}\n\n```text\n{0}\n```\n\nIt is not {0}.\n\n"
REPEATED = [
    (
        ANSWER.format(1) + ANSWER.format(2).replace("### 2", "### 1"),
        "this wrong answer has the name of the one at line",
    ),
    (ANSWER.format(1) + ANSWER.format(2).replace("not 2", "not  1"), "has the message of the one at line"),
    ("".join(ANSWER.format(n) for n in range(1, 14)), "13 wrong answers are too many; keep the 12"),
]


@pytest.mark.parametrize(("body", "told"), REPEATED, ids=range(len(REPEATED)))
def test_wrong_answers_are_few_and_each_has_a_name_and_a_message_of_its_own(body: str, told: str) -> None:
    (problem,) = problems_of(with_body(VALUE, "Wrong answers", body))
    assert told in problem


def test_more_hints_than_anybody_reads_are_told() -> None:
    (problem,) = problems_of(with_body(VALUE, "Hints", "- One more.\n" * 9))
    assert "9 hints are too many; keep the 8 that help most" in problem
