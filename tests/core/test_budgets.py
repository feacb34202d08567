from dataclasses import replace
from pathlib import Path

import pytest

from bot.authoring.loading import load_folder
from bot.core.proving.budgets import check_size, excesses
from bot.core.proving.proof import State
from bot.core.questions import ChoiceTask, CodeTask, Option, Param, Question, ValueTask, WrongAnswer
from bot.core.sizes import DISCORD_MESSAGE, SLACK_INPUT

QUESTIONS = {question.id: question for question, _ in load_folder(Path(__file__).parents[2] / "questions").questions}
CODE = QUESTIONS["square-gradient-code"]
VALUE = QUESTIONS["square-gradient"]
LONG = "word " * 1000
CODE_LINE = "    x = x + 1  # again\n"


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.id)
def test_every_question_of_the_bank_fits(question: Question) -> None:
    assert list(excesses(question)) == []


def code(**changed: object) -> Question:
    assert isinstance(CODE.task, CodeTask)
    return replace(CODE, task=replace(CODE.task, **changed))  # type: ignore[arg-type]


def choice(text: str, note: str) -> Question:
    options = (Option("one", "why", right=True), Option(text, note), Option("three", "why not"))
    return replace(VALUE, task=ChoiceTask(options, "assert True"), wrong_answers=())


TOO_LONG = [
    (replace(CODE, prompt=LONG), "Prompt"),
    (replace(CODE, hints=("short", LONG)), "Hints"),
    (replace(CODE, explanation=LONG), "Explanation"),
    (replace(CODE, title="t" * 160), "title"),
    (replace(CODE, wrong_answers=(WrongAnswer("", LONG, "Halved"),)), "Wrong answers (Halved)"),
    (code(starter="def gradient(x):\n" + CODE_LINE * 150), "Starter"),
    (code(solution="def gradient(x):\n" + CODE_LINE * 150), "Solution"),
    (code(probe="def probe(gradient, x):\n" + CODE_LINE * 150), "Probe"),
    (replace(VALUE, task=ValueTask(CODE_LINE * 150, "x", "3")), "Snippet"),
    (choice(LONG, "why not"), "Options"),
    (choice("two", LONG), "Options (two)"),
]


@pytest.mark.parametrize(("question", "section"), TOO_LONG, ids=[section for _, section in TOO_LONG])
def test_what_is_too_long_is_named_with_its_section(question: Question, section: str) -> None:
    check = check_size(question)
    assert check.state is State.FAILED
    assert check.mend.startswith("shorten ")
    assert f"`{section}`" in check.mend


def test_how_much_does_not_fit_is_told() -> None:
    (excess, *_) = (found for found in excesses(replace(CODE, explanation="x" * 5000)) if "Discord" in found.where)
    assert excess.limit == DISCORD_MESSAGE
    assert excess.size > 5000
    assert str(excess) == f"the solution on Discord has {excess.size} characters, {excess.size - 4000} more than fit"


def test_a_solution_must_fit_into_a_form() -> None:
    sizes = [len("def f(): pass\n") * count for count in (SLACK_INPUT // 14, SLACK_INPUT // 14 + 1)]
    found = [
        [e for e in excesses(code(solution="def f(): pass\n" * (size // 14))) if "field" in e.where] for size in sizes
    ]
    assert [len(each) for each in found] == [0, 1]


def test_slack_counts_what_it_escapes() -> None:
    fits, does_not = (replace(CODE, explanation=sign * 2000) for sign in "a<")
    assert list(excesses(fits)) == []
    assert "Slack" in check_size(does_not).detail


def test_a_personal_question_is_measured_at_its_longest() -> None:
    task = ValueTask("x = $a", "x", "$a", (Param("a", ("1", "2" * 2500)),))
    assert check_size(replace(VALUE, task=task, prompt="is it $a?")).state is State.FAILED
