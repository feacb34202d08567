import hashlib

import pytest

from bot.authoring.document import MAX_LINES
from bot.authoring.parsing import READER, parse
from bot.authoring.problems import MAX_PROBLEMS
from bot.core.questions import CodeTask, Level, ValueTask, WrongAnswer
from bot.core.sizes import MAX_QUESTION_FILE
from tests.authoring.texts import (
    CODE,
    FENCE,
    VALUE,
    line_of,
    line_told,
    problems_of,
    question_of,
    with_body,
    without,
)


def test_a_value_question_is_read_whole() -> None:
    question = question_of(VALUE)
    assert (question.id, question.title, question.level) == ("mean-gradient", "The gradient of a mean", Level.EASY)
    assert question.topics == ("backward", "mean")
    assert question.prompt == "After `backward()`, what is in `x.grad`?"
    assert isinstance(question.task, ValueTask)
    assert question.task.snippet.startswith("import torch\n\nx = ")
    assert (question.task.expression, question.task.solution) == ("x.grad", "[0.5, 0.5]")
    assert question.wrong_answers[1] == WrongAnswer(
        "3", "That is the value of the mean. A gradient has the shape of `x`, so it has two numbers.", "The mean itself"
    )
    assert question.hints[0] == "By how much does the mean change when one element grows by 1?"
    assert question.explanation.endswith("with the batch.")
    assert question.time_limit_ms == 5_000


def test_a_code_question_is_read_whole() -> None:
    question = question_of(CODE.replace("time_limit: 5", "time_limit: 2.5\nnone_is_zero: true"))
    task = question.task
    assert isinstance(task, CodeTask)
    assert (task.entry, task.observe) == ("scaled_dot", ("result", "grad(scale)", "grad(a)"))
    assert (task.backward, task.none_is_zero, question.time_limit_ms) == (True, True, 2_500)
    assert "scale.item()" in task.starter
    assert task.inputs.startswith("import torch\n\n\ndef inputs(generator):\n    n = ")
    assert task.solution.endswith(".sum(dim=1) * scale\n")
    assert len(question.wrong_answers) == 2
    assert "<!--" not in question.prompt


@pytest.mark.parametrize(
    "name", ["Prompt", "Snippet", "Expression", "Solution", "Wrong answers", "Hints", "Explanation"]
)
@pytest.mark.parametrize("body", [None, "", "<!-- later -->"])
def test_a_section_missing_or_empty_is_told_by_name_and_nothing_else_is(name: str, body: str | None) -> None:
    text = without(VALUE, name) if body is None else with_body(VALUE, name, body)
    (problem,) = problems_of(text)
    assert f"`## {name}`" in problem or (name == "Wrong answers" and "0 wrong answers are too few" in problem)


FRONT_MATTER = [
    ("format: 1", "format: 2", "format `2` is not known here; this version of chainrule reads `format: 1`"),
    ("format: 1\n", "", "the key `format` is missing"),
    ("id: mean-gradient", "id: ../../etc/passwd", "`id` is `../../etc/passwd`; use lower-case words"),
    ("id: mean-gradient", "id: Mean_Gradient", "use lower-case words joined by hyphens"),
    ("id: mean-gradient", "id: [a, b]", "`id` needs one value"),
    ("id: mean-gradient", f"id: {'a' * 61}", "at most 60 characters"),
    ("title: The gradient of a mean", "title:", "`title` needs one value"),
    ("title: The gradient of a mean", f"title: {'a' * 81}", "the title has 81 characters; shorten it to 80"),
    ("title: The gradient of a mean", 'title: "a\\u202eb"', "an invisible character"),
    ("title: The gradient of a mean", 'title: "a\\nb"', "a line break"),
    ("title: The gradient of a mean", "title: Hello @everyone", "the title has `@everyone`, which calls people in a"),
    ("title: The gradient of a mean", "title: Look @Here, now", "the title has `@Here`, which calls people in a chat"),
    ("title: The gradient of a mean", 'title: "<@1234> asks"', "the title has `<@`"),
    ("title: The gradient of a mean", 'title: "What does <!channel> do?"', "the title has `<!`"),
    ("title: The gradient of a mean", 'title: "In <#C123|general>"', "the title has `<#`"),
    ("title: The gradient of a mean", 'title: "?! -"', "the title has neither a letter nor a digit"),
    ("title: The gradient of a mean", "title: a: b", "the front matter is not YAML"),
    ("title: The gradient of a mean", "title: &a b", "anchors and aliases"),
    ("title: The gradient of a mean", "title: *a", "anchors and aliases"),
    ("title: The gradient of a mean", "title: !!python/object/apply:os.system [ls]", "YAML tags"),
    ("title: The gradient of a mean", "title: {a: b}", "`title` needs one value"),
    ("title: The gradient of a mean", "\ttitle: a", "a tab in the front matter; write spaces"),
    ("title: The gradient of a mean", 'title: "\\UFFFFFFFF"', "the front matter is not YAML"),
    ("kind: value", "kind: vlaue", "`kind` is `vlaue`; did you mean `value`?"),
    ("level: easy", "level: extreme", "`level` is `extreme`; known are `easy`, `medium`, `hard`"),
    ("level: easy", "levle: easy", "unknown key `levle`; did you mean `level`?"),
    ("level: easy", "level: easy\nlevel: hard", "the key `level` is there twice"),
    ("level: easy", "level: easy\n? [a]\n: b", "a key must be a word"),
    ("level: easy", "level: easy\n...\nx: y", "the front matter is not YAML"),
    ("topics: [backward, mean]", "topics: backward", "`topics` is not a list"),
    ("topics: [backward, mean]", "topics: []", "`topics` is not a list"),
    ("topics: [backward, mean]", "topics: [a, a]", "`topics` names `a` twice"),
    ("topics: [backward, mean]", "topics: [a, [b]]", "the list `topics` is nested"),
    ("topics: [backward, mean]", "topics: [a b]", "`topics` contains `a b`"),
    ("level: easy", "level: easy\nentry: f", "`entry` has no meaning for a value question"),
    ("level: easy", "level: easy\ntime_limit: 5", "`time_limit` has no meaning for a value question"),
    ("level: easy", "level: easy\n# " + "a" * 9_000, "the front matter is longer than 8192 characters"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), FRONT_MATTER)
def test_a_mistake_in_the_front_matter_is_told_at_its_line(right: str, wrong: str, told: str) -> None:
    text = VALUE.replace(right, wrong, 1)
    told_problems = [problem for problem in problems_of(text) if told in problem]
    assert len(told_problems) == 1
    line = line_told(told_problems[0])
    whole_file = "missing" in told or "longer" in told
    assert line == 1 if whole_file else 1 < line <= line_of(text, "## Prompt")


@pytest.mark.parametrize(
    "title", ["What is `x @ w`?", "The [x](y) of *it*", "a_b_c < d > e", "@heresy and w@everything", "# 1: 5 % off"]
)
def test_markup_in_a_title_that_calls_nobody_is_plain_text(title: str) -> None:
    assert question_of(VALUE.replace("title: The gradient of a mean", f'title: "{title}"')).title == title


NESTED = [
    ("> a\n\n- a\n  - b\n\n    > c", None),
    ("a\n\n- a\n  - b\n    - c", "lists or quotes are nested too deep; put at most one list or quote inside another"),
    ("a\n\n> > > > > > a\nb", "lists or quotes are nested too deep"),
    ("> - a\n>\n>   b", None),
]


@pytest.mark.parametrize(("body", "told"), NESTED, ids=range(len(NESTED)))
def test_lists_and_quotes_nested_too_deep_are_told_once(body: str, told: str | None) -> None:
    text = with_body(VALUE, "Prompt", body)
    if told is None:
        assert question_of(text).prompt == body
        return
    (problem,) = problems_of(text)
    assert told in problem
    assert line_told(problem) in range(line_of(text, "## Prompt") + 4, line_of(text, "## Snippet"))


def test_markdown_that_must_be_read_again_and_again_is_told_by_its_line() -> None:
    text = with_body(VALUE, "Prompt", ">+ + ```\n    * + > * - 1. * ```\n" * 2_000)
    (problem,) = problems_of(text)
    assert "lists, quotes and code fences are too tangled to be read; put at most one list" in problem
    assert line_told(problem) > line_of(text, "## Prompt")


@pytest.mark.parametrize("character", "\xad\u034f\u061c\u115f\u17b5\u180e\u2061\u2065\u2800\u3164\uffa0\U000e0041")
def test_what_does_not_show_is_refused_in_prose_and_in_a_title(character: str) -> None:
    prose, title = VALUE.replace("what is in", f"what{character} is in"), f'title: "a\\U{ord(character):08x}b"'
    (problem,) = problems_of(prose)
    assert f"the invisible character U+{ord(character):04X} is not allowed" in problem
    (problem,) = problems_of(VALUE.replace("title: The gradient of a mean", title))
    assert "an invisible character" in problem


def test_an_emoji_and_its_variation_selector_are_text() -> None:
    assert question_of(VALUE.replace("what is in", "\u2764\ufe0f what is in")).prompt.count("\ufe0f") == 1


def test_a_file_of_a_later_format_is_told_which_formats_are_read() -> None:
    (problem,) = problems_of(VALUE.replace("format: 1", "format: 7"))
    assert problem == (
        "q.md:2: format `7` is not known here; this version of chainrule reads `format: 1`: write that, "
        "or use a newer version"
    )


CODE_FRONT_MATTER = [
    ("entry: scaled_dot\n", "", "the key `entry` is missing"),
    ("entry: scaled_dot", "entry: os.system", "`entry` is `os.system`; write the name of the function"),
    ("entry: scaled_dot", "entry: lambda", "`entry` is `lambda`"),
    ("observe: [result, grad(scale), grad(a)]", "observe: [value]", "`observe` contains `value`; observe `result` or"),
    ("observe: [result, grad(scale), grad(a)]", "observe: [grad(a.b)]", "`observe` contains `grad(a.b)`"),
    ("time_limit: 5", "time_limit: 1e9", "`time_limit` is `1e9`; write seconds from 0.1 to 30"),
    ("time_limit: 5", "time_limit: 0", "`time_limit` is `0`"),
    ("backward: true", "backward: maybe", "`backward` is `maybe`; write `true` or `false`"),
    ("backward: true", "backwards: true", "did you mean `backward`?"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), CODE_FRONT_MATTER)
def test_a_mistake_in_a_key_of_code_questions_is_told(right: str, wrong: str, told: str) -> None:
    assert [problem for problem in problems_of(CODE.replace(right, wrong, 1)) if told in problem]


TWO_WRONG = "### One\n\n```text\n1\n```\n\nNot one.\n\n### Two\n\n```text\n2\n```\n\nNot two."

BODIES = [
    (VALUE, "Snippet", "x = 1", "`## Snippet` must be one code fence"),
    (VALUE, "Snippet", "Look:\n\n" + FENCE.format("x = 1"), "`## Snippet` must be one code fence"),
    (VALUE, "Snippet", f"{FENCE.format('a')}\n\n{FENCE.format('b')}", "`## Snippet` must be one code fence"),
    (VALUE, "Snippet", FENCE.format(" "), "the code of `## Snippet` is empty"),
    (VALUE, "Snippet", FENCE.format("#" * 65_537), "the code of `## Snippet` exceeds 64 KiB"),
    (VALUE, "Expression", FENCE.format("x\ny"), "`## Expression` has several lines"),
    (VALUE, "Solution", FENCE.format("1\n2"), "`## Solution` has several lines"),
    (VALUE, "Hints", "Think.", "`## Hints` contains something else than a list"),
    (VALUE, "Hints", "- a\n-\n- b", "has an empty hint"),
    (VALUE, "Wrong answers", "Some.\n\n" + TWO_WRONG, "begins without a `###` heading"),
    (VALUE, "Wrong answers", TWO_WRONG.split("### Two")[0], "1 wrong answer is too few"),
    (VALUE, "Wrong answers", TWO_WRONG.replace("Not two.", ""), "this wrong answer has no message"),
    (VALUE, "Wrong answers", TWO_WRONG + "\n\n### Three\n\nThree.", "does not begin with a code fence"),
    (VALUE, "Wrong answers", TWO_WRONG + "\n\n### Three", "does not begin with a code fence"),
    (VALUE, "Wrong answers", TWO_WRONG.replace("\n2\n", "\n1\n"), "this wrong answer is the one at line"),
    (VALUE, "Wrong answers", TWO_WRONG.replace("\n2\n", "\n[0.5, 0.5]\n"), "this wrong answer is the solution"),
    (VALUE, "Prompt", "What?\n\n# Really\n\nYes.", "the heading `Really` has one `#`"),
    (VALUE, "Prompt", "What?\n\n## Promt\n\nYes.", "unknown section `Promt`; did you mean `Prompt`?"),
    (VALUE, "Prompt", "What?\n\n## Hints\n\n- a", "a second section `## Hints`; join it with the one at line"),
    (VALUE, "Prompt", "What?\n\n## Starter\n\nYes.", "`## Starter` has no meaning for a value question"),
    (VALUE, "Prompt", "What?\u200b", "the invisible character U+200B is not allowed; delete it"),
    (VALUE, "Prompt", "What?\x00", "the invisible character U+0000"),
    (VALUE, "Prompt", "<!-- What?", "this comment is never closed"),
    (CODE, "Starter", FENCE.format("def other():\n    pass"), "`## Starter` does not define `scaled_dot`"),
    (CODE, "Inputs", FENCE.format("def input(generator):\n    pass"), "`## Inputs` does not define `inputs`"),
    (CODE, "Solution", FENCE.format("    def scaled_dot(): pass"), "`## Solution` does not define `scaled_dot`"),
    (CODE, "Solution", FENCE.format("scaled_dot(1)"), "`## Solution` does not define `scaled_dot`"),
    (CODE, "Wrong answers", TWO_WRONG, "the wrong answer does not define `scaled_dot`"),
]


@pytest.mark.parametrize(("text", "name", "body", "told"), BODIES)
def test_a_mistake_in_a_section_is_told_inside_that_section(text: str, name: str, body: str, told: str) -> None:
    broken = with_body(text, name, body)
    told_problems = [problem for problem in problems_of(broken) if told in problem]
    assert told_problems
    first = line_of(broken, f"## {name}")
    for problem in told_problems:
        if "second section" not in told:
            assert first <= line_told(problem) <= first + body.count("\n") + 2


def test_all_problems_are_told_at_once_by_line() -> None:
    text = without(VALUE.replace("kind: value", "kind: value\ncolour: red").replace("[1, 1]", ""), "Hints")
    lines = [line_told(problem) for problem in problems_of(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_problem_reads_as_file_line_what_and_mend() -> None:
    (problem,) = problems_of(VALUE.replace("level: easy", "level: esay"))
    assert problem == "q.md:6: `level` is `esay`; did you mean `easy`?"


def test_a_heading_inside_a_fence_is_code() -> None:
    text = VALUE.replace("x.mean().backward()", "## Hints\nx.mean().backward()")
    task = question_of(text).task
    assert isinstance(task, ValueTask)
    assert "## Hints\n" in task.snippet


def test_longer_fences_and_tildes_hold_fences() -> None:
    body = "Look:\n\n````text\n```\n## Hints\n```\n````\n\n~~~text\n```\n~~~"
    assert question_of(with_body(VALUE, "Prompt", body)).prompt == body


def test_a_fence_never_closed_is_one_problem_at_its_first_line() -> None:
    text = VALUE.replace("x.mean().backward()\n```", "x.mean().backward()\n")
    assert problems_of(text[: text.index("## Expression")] + "the rest") == [
        f"q.md:{line_of(text, '```')}: this code fence is never closed, so the rest of the file is lost in it; "
        "end the code with a line ```"
    ]


def test_text_over_a_rule_is_not_a_section() -> None:
    assert question_of(with_body(VALUE, "Prompt", "Solution\n---\nWhat?")).prompt == "Solution\n---\nWhat?"


def test_section_names_are_read_kindly() -> None:
    question_of(VALUE.replace("## Wrong answers", "##  wrong  Answers:").replace("## Hints", "## HINTS"))


def test_hints_keep_their_own_markdown_without_the_list() -> None:
    body = "1. One\n   goes on\n\n   ```python\n   x = 1\n   ```\n2. Two\nlazy\n\n\t- nested"
    assert question_of(with_body(VALUE, "Hints", body)).hints == (
        "One\ngoes on\n\n```python\nx = 1\n```",
        "Two\nlazy\n\n - nested",
    )


def test_a_message_may_hold_code_of_its_own() -> None:
    message = "Compare:\n\n```python\nx.mean()\n```\n\nwith `x.sum()`."
    question = question_of(with_body(VALUE, "Wrong answers", TWO_WRONG.replace("Not two.", message)))
    assert question.wrong_answers[1] == WrongAnswer("2", message, "Two")


@pytest.mark.parametrize("text", [VALUE, CODE], ids=["value", "code"])
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(text: str) -> None:
    raw = text.encode()
    for same in (raw.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + raw, raw.replace(b"\n", b"\r"), "\ufeff" + text):
        assert parse(same, "q.md") == question_of(raw)


def test_tabs_in_code_are_kept() -> None:
    code = "def scaled_dot(a, b, scale):\n\treturn a"
    task = question_of(with_body(CODE, "Starter", FENCE.format(code))).task
    assert isinstance(task, CodeTask)
    assert task.starter == code + "\n"


NO_QUESTIONS = [
    ("", "does not begin with front matter"),
    ("---", "the front matter is not closed"),
    ("---\n---", "the front matter has no keys"),
    ("---\n- a\n---", "the front matter has no keys"),
    (VALUE.replace("]\n---", "]", 1), "the front matter is not closed; put a line `---` before line 9"),
    (b"\xff" + VALUE.encode(), "q.md:1: byte 0xff is not UTF-8"),
    (VALUE.encode() + b"\n\xc3(", f"q.md:{VALUE.count(chr(10)) + 2}: byte 0xc3 is not UTF-8"),
    (VALUE + "\ud800", "is not UTF-8"),
    (VALUE + "a" * MAX_QUESTION_FILE, "the file is larger than 256 KiB"),
    ("a" * 5_000_000, "the file is larger than 256 KiB"),
    (VALUE + "\n" * MAX_LINES, "the file has more than 5000 lines"),
    ("---\n" + "[" * 8_000 + "\n---", "the front matter has no keys"),
    ("---\na: " + "{a: " * 1_500 + "\n---", "nested too deep"),
    ("---\na: &a [x]\nb: [" + "*a, " * 900 + "]\n---", "anchors and aliases"),
    ("## Prompt\n\nWhat?", "does not begin with front matter"),
    (VALUE.replace("## Prompt", "What?\n\n## Prompt"), "text before the first section is never shown"),
]


@pytest.mark.parametrize(("text", "told"), NO_QUESTIONS, ids=range(len(NO_QUESTIONS)))
def test_what_is_no_question_file_is_told_in_words(text: str | bytes, told: str) -> None:
    assert [problem for problem in problems_of(text) if told in problem]


def test_a_file_full_of_mistakes_is_told_up_to_a_count() -> None:
    told = problems_of(VALUE + "\n\n# a" * 200)
    assert len(told) == MAX_PROBLEMS + 1
    assert "150 more problems" in told[-1]


def test_a_long_name_from_the_file_is_cut_in_a_problem() -> None:
    (problem,) = problems_of(VALUE + f"\n\n## {'very ' * 5_000}long\n")
    assert len(problem) < 400


READ = """---
format: 1
id: a-question
title: A question
kind: code
level: hard
topics: [one, two]
entry: f
observe: [result, grad(x), zero]
tolerance: {relative: 1e-2}
zero: [zero]
accepts: [sign]
time_limit: 2.5
---

## Prompt

Do *it*.
## Starter
```python
def f(x): ...
```
## Inputs
```python
def inputs(generator): return {"x": 1.0}
```
## Probe
```python
def probe(f, x): return {"result": f(x), "grad(x)": x, "zero": x}
```
## Example
```python
{"x": 2.0}
```
## Solution
```python
def f(x): return x
```
## Wrong answers
### One
```python
def f(x): return 1
```
No.
### Two
```python
def f(x): return 2
```
No, *no*.
## Hints
- Try.
  Again.
## Explanation
So.
"""


def test_whoever_makes_another_question_of_the_same_text_raises_the_number_of_the_parser() -> None:
    read = repr(question_of(READ))
    assert (READER, hashlib.sha256(read.encode()).hexdigest()[:16]) == (3, "1583045954c0c264")
