"""The bank of the real questions, with tasks that need no torch in their place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.authoring.loading import load_folder
from bot.core.questions import ChoiceTask, CodeTask, Question, ValueTask

CODE = CodeTask("double", "def double(x):\n    ...\n", "", "def double(x):\n    return 2 * x\n")
VALUE = ValueTask("x = 3", "x * 2", "6")
_QUESTIONS = Path(__file__).parents[2] / "questions"


def bank() -> tuple[Question, ...]:
    """Every question with its own title, level, topics and hints; what is right about it is always the same."""
    return tuple(_without_torch(question) for question, _ in load_folder(_QUESTIONS).questions)


def _without_torch(question: Question) -> Question:
    match question.task:
        case CodeTask():
            return replace(question, task=CODE, wrong_answers=())
        case ValueTask():
            return replace(question, task=VALUE, wrong_answers=())
    return question


def answer_to(question: Question, *, right: bool) -> str:
    """What somebody says who is right, or not."""
    if isinstance(question.task, ChoiceTask):
        return next(option.text for option in question.task.options if option.right is right)
    if isinstance(question.task, ValueTask):
        return "6" if right else "5"
    return f"```python\ndef double(x):\n    return {'2 * ' if right else ''}x\n```"
