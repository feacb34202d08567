import pytest

from bot.authoring.loading import load_folder
from bot.core.questions import ChoiceTask, CodeTask, Level, Question, ValueTask
from tests.authoring.texts import BANK

LOADED = load_folder(BANK)
QUESTIONS = [question for question, _ in LOADED.questions]
PLAIN = str.maketrans("", "", " ,.[]()")

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)


def test_the_bank_loads_without_a_problem() -> None:
    assert [str(problem) for problem in LOADED.problems] == []
    assert len(QUESTIONS) == len(list(BANK.glob("*.md"))) >= 8


def test_the_bank_has_every_kind_and_every_level() -> None:
    assert {question.kind for question in QUESTIONS} == {"code", "value", "choice"}
    assert {question.level for question in QUESTIONS} == set(Level)


@each_question
def test_a_question_teaches_with_hints_and_a_message_for_every_mistake(question: Question) -> None:
    if isinstance(question.task, ChoiceTask):
        told = [option.note for option in question.task.options]
    else:
        told = [wrong.message for wrong in question.wrong_answers]
        assert len(question.hints) >= 2
    assert len(told) >= 2
    assert len(set(told)) == len(told)


@each_question
def test_a_question_fits_a_chat_message(question: Question) -> None:
    task = question.task
    shown = task.starter if isinstance(task, CodeTask) else task.snippet
    assert len(question.prompt) + len(shown) <= 1_900
    assert len(question.explanation) <= 2_000
    assert all(len(hint) <= 300 for hint in question.hints)
    assert all(len(wrong.message) <= 400 for wrong in question.wrong_answers)
    if isinstance(task, ChoiceTask):
        assert all(len(option.note) <= 400 for option in task.options)


@each_question
def test_no_hint_shows_the_solution_of_a_value_question(question: Question) -> None:
    if isinstance(question.task, ValueTask):
        solution = question.task.solution
        spellings = (solution, solution.replace(".,", ",").replace(".]", "]"))
        shown = (*question.hints, question.prompt, question.title)
        assert not [text for text in shown if any(spelling in text for spelling in spellings)]


@each_question
def test_wrong_answers_differ_from_the_solution_whatever_their_spelling(question: Question) -> None:
    if isinstance(question.task, ChoiceTask):
        assert len({option.text.translate(PLAIN) for option in question.task.options}) == len(question.task.options)
        return
    solution = question.task.solution.translate(PLAIN)
    answers = [wrong.answer.translate(PLAIN) for wrong in question.wrong_answers]
    assert solution not in answers
    assert len(set(answers)) == len(answers)
    if isinstance(question.task, CodeTask):
        assert solution != question.task.starter.translate(PLAIN)
