"""Value questions: typed answers, and personal ones with placeholders."""

import pytest

from bot.authoring.problems import MAX_PROBLEMS
from bot.core.personal import filled, variants
from bot.core.questions import Param, Question, ValueTask
from tests.authoring.texts import FENCE, VALUE, line_of, line_told, problems_of, question_of, with_body, with_keys

PARAMS = "params: {a: [2, 3, 4, 5], b: [1, 3.5, -5e1, pi]}"
SNIPPET = "import torch\n\nx = torch.tensor([$a, $b], requires_grad=True)\nx.mean().backward()"
WRONG = "### One\n\n```python\n[1 * $a, 1]\n```\n\nNot $a.\n\n### Two\n\n```python\n[$b, 0]\n```\n\nNot $b."


def personal(params: str = PARAMS, snippet: str = SNIPPET, solution: str = "[0.5 * $a / $a, 1 / 2]") -> str:
    text = with_body(VALUE, "Solution", FENCE.format(solution))
    text = with_body(text, "Wrong answers", WRONG)
    return with_body(with_keys(text, params), "Snippet", FENCE.format(snippet))


def task_of(question: Question) -> ValueTask:
    assert isinstance(question.task, ValueTask)
    return question.task


def test_a_personal_question_is_read_and_can_be_filled() -> None:
    question = question_of(personal())
    assert task_of(question).params == (Param("a", ("2", "3", "4", "5")), Param("b", ("1", "3.5", "-5e1", "pi")))
    assert task_of(question).solution == "[0.5 * $a / $a, 1 / 2]"
    for variant in variants(task_of(question).params, 1):
        whole = filled(question, variant)
        texts = (task_of(whole).snippet, task_of(whole).solution, *(wrong.answer for wrong in whole.wrong_answers))
        assert not [text for text in texts if "$" in text]


SIXTEEN = ", ".join(map(str, range(16)))
GOOD_PARAMS = [
    ("params:\n  a: [1, 2, 3, 4]\n  b:\n  - .5\n  - 1.\n  - 2\n  - exp", "ab"),
    (f"params: {{b: 7, a: [{SIXTEEN}]}}", "ba"),
    ('params: {"a": [relu, "tanh", sin, cos], b: [+0, 1, 2, 3]}'.replace("+0", "0"), "ab"),
]


@pytest.mark.parametrize(("params", "names"), GOOD_PARAMS)
def test_placeholders_are_numbers_or_names_in_the_order_written(params: str, names: str) -> None:
    assert "".join(param.name for param in task_of(question_of(personal(params))).params) == names


BAD_PARAMS = [
    ("params: [a, b]", "`params` needs names of its own; write `params: {a: [2, 3, 4, 5], b: [1, 3, 5, 7]}`"),
    ("params: {}", "`params` needs names of its own"),
    ("params: {a: [1, 2, 3], b: [1, 2, 3, 4, 5]}", "the values make 15 combinations; write more values"),
    ("params: {a: [], b: [1]}", "the values make 0 combinations"),
    ("params: {a: [1, 1, 2, 3, 4], b: [1, 2, 3, 4]}", "`a` has a value twice; write each value once"),
    ("params: {a: [1, 2, 3, 4], a: [1], b: [1, 2, 3, 4]}", "`params` has `a` twice"),
    (f"{PARAMS[:-1]}, c d: [1]}}", "`c d` cannot be a placeholder; name a placeholder like a variable"),
    (f"{PARAMS[:-1]}, é: [1]}}", "`é` cannot be a placeholder"),
    (f"{PARAMS[:-1]}, {'c' * 61}: [1]}}", "cannot be a placeholder"),
    (PARAMS.replace("pi", "'f()'"), "the value `f()` of `b` is neither a number nor a name; write numbers or"),
    (PARAMS.replace("pi", "'1+1'"), "the value `1+1` of `b`"),
    (PARAMS.replace("pi", "'\"'"), 'the value `"` of `b`'),
    (PARAMS.replace("pi", "٣"), "the value `٣` of `b`"),
    (PARAMS.replace("pi", "1" * 41), "of `b` is neither a number nor a name; write numbers or plain names, each of"),
    (PARAMS.replace("pi", "''"), "the value `` of `b`"),
    (PARAMS.replace("pi", "[1]"), "the list `b` is nested"),
    (PARAMS.replace("[2, 3, 4, 5]", "{c: [1]}"), "the value of `a` is nested too deep"),
]


@pytest.mark.parametrize(("params", "told"), BAD_PARAMS)
def test_a_mistake_in_the_params_is_told_at_its_line(params: str, told: str) -> None:
    found = [problem for problem in problems_of(personal(params)) if told in problem]
    assert [line_told(problem) for problem in found] == [3]


def test_every_placeholder_must_be_used_in_the_snippet() -> None:
    text = personal(snippet=SNIPPET.replace("$b", "1.0"))
    (problem,) = problems_of(text)
    assert "the snippet does not use `$b`; write `$b` where its value goes, or remove it from `params`" in problem
    assert line_told(problem) == line_of(text, "## Snippet") + 2


UNKNOWN = [
    ("Snippet", FENCE.format(SNIPPET + "\n$aa"), "`$aa`; did you mean `$a`? (for a dollar sign write `$$`)", 7),
    ("Expression", FENCE.format("x.grad[$index]"), "`$index`; known are `$a`, `$b` (for a", 3),
    ("Solution", FENCE.format("[0.5, ${a_}]"), "`$a_`; did you mean `$a`?", 3),
    ("Wrong answers", WRONG.replace("$b, 0", "$bb, 0"), "`$bb`; did you mean `$b`?", 13),
    ("Wrong answers", WRONG.replace("Not $b", "Not $c or $c"), "`$c`; known are `$a`, `$b`", 16),
    ("Prompt", "What is $a?\n\nAnd $c?", "`$c`; known are", 4),
    ("Hints", "- One.\n- Two\n  ${hint}.", "`$hint`; known are", 4),
    ("Explanation", f"So.\n\n{FENCE.format('$A')}", "`$A`; did you mean `$a`?", 5),
]


@pytest.mark.parametrize(("name", "body", "told", "line"), UNKNOWN)
def test_an_unknown_placeholder_is_told_at_its_line(name: str, body: str, told: str, line: int) -> None:
    text = with_body(personal(), name, body)
    (problem,) = problems_of(text)
    assert f"unknown placeholder {told}" in problem
    assert line_told(problem) == line_of(text, f"## {name}") + line


LONE = [
    ("Prompt", "With $a: what\ncosts $5?", 3),
    ("Hints", "- It costs 5 $.\n- Two", 2),
    ("Explanation", "So ${a b} it is.", 2),
    ("Explanation", "$", 2),
    ("Wrong answers", WRONG.replace("Not $a.", "Not $1$."), 8),
    ("Snippet", FENCE.format(SNIPPET + "\nx['$']"), 7),
]


@pytest.mark.parametrize(("name", "body", "line"), LONE, ids=range(len(LONE)))
def test_a_lone_dollar_is_told_at_its_line(name: str, body: str, line: int) -> None:
    text = with_body(personal(), name, body)
    place = line_of(text, f"## {name}") + line
    told = "a `$` without the name of a placeholder; write `$$` for a dollar sign"
    assert problems_of(text) == [f"q.md:{place}: {told}"]


def test_two_dollars_are_one_and_braces_end_a_name() -> None:
    question = question_of(with_body(personal(), "Prompt", "What do $a things cost at $$5, or ${a}x at $$a?"))
    assert filled(question, {"a": "2", "b": "3"}).prompt == "What do 2 things cost at $5, or 2x at $a?"


def test_dollars_mean_nothing_without_params_nor_where_no_learner_reads() -> None:
    text = with_body(VALUE, "Prompt", "What costs $a in $cash, or $$5?")
    assert filled(question_of(text), {"a": "2"}).prompt == "What costs $a in $cash, or $$5?"
    assert question_of(personal().replace("### One", "### Costs $5").replace("## Hints", "<!-- $c -->\n\n## Hints"))


def test_a_file_of_nothing_but_unknown_placeholders_is_told_up_to_a_count() -> None:
    prompt = "\n".join(" ".join(f"$name{line}x{column}" for column in range(20)) for line in range(500))
    assert len(problems_of(with_body(personal(), "Prompt", prompt))) == MAX_PROBLEMS + 1


@pytest.mark.parametrize("answer", ["[0.5, 0.5", "half of it, twice", "1 / 0 / ???", "x" * 5_000, "f(x)"])
def test_an_answer_no_learner_could_type_is_told_at_its_fence(answer: str) -> None:
    solution = with_body(VALUE, "Solution", f"```text\n{answer}\n```")
    (problem,) = problems_of(solution)
    assert "the solution cannot be read as a value" in problem
    assert line_told(problem) == line_of(solution, "## Solution") + 2
    wrong = VALUE.replace("```text\n3\n```", f"```text\n{answer}\n```")
    (problem,) = problems_of(wrong)
    assert "this wrong answer cannot be read as a value" in problem
    assert line_told(problem) == line_of(wrong, "### The mean itself") + 2


@pytest.mark.parametrize("answer", ["RuntimeError", "None", "MulBackward0", "tensor([4., 6.])", "True", "-inf", "1/3"])
def test_a_typed_answer_may_be_a_value_of_any_sort(answer: str) -> None:
    assert task_of(question_of(with_body(VALUE, "Solution", FENCE.format(answer)))).solution == answer


def test_a_code_fence_of_a_personal_solution_needs_not_be_a_typed_value() -> None:
    assert task_of(question_of(personal(solution="(torch.arange(2) * $a).tolist()"))).params


def test_a_solution_that_is_the_expression_again_proves_nothing() -> None:
    text = personal(solution=" x . grad")
    (problem,) = problems_of(text)
    assert "the solution is the expression; derive it in other words" in problem
    assert line_told(problem) == line_of(text, "## Solution") + 2


@pytest.mark.parametrize("written", ["$a", "${b}"])
def test_a_placeholder_in_the_title_is_told_since_everybody_sees_one_title(written: str) -> None:
    text = personal().replace("title: The gradient of a mean", f'title: "Of {written}"')
    (problem,) = problems_of(text)
    assert f"the title has the placeholder `${written.strip('${}')}`; a title is the same for everybody" in problem
    assert line_told(problem) == line_of(text, "title:")
