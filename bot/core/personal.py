"""What one learner sees of a question: numbers of their own, and an order of options of their own.

Both follow from texts about the posting and the learner, so nothing is stored, and from a secret, so nobody else can
work them out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from string import Template
from typing import TypeAlias

from bot.core.questions import VARIANTS, ChoiceTask, Option, Param, Question, Trial, ValueTask, WrongAnswer
from bot.core.records import Learner, Posting

Seeds: TypeAlias = Callable[[str], int]
"""A number for a text, keyed with the deployment's secret: always the same one, and nobody can foresee it."""


def variants(params: Sequence[Param], seed: int) -> tuple[Mapping[str, str], ...]:
    """:data:`VARIANTS` different fillings of ``params``, text by placeholder; the same ones for the same seed.

    Raises ValueError when ``params`` allow fewer.
    """
    possible = math.prod(len(set(param.values)) for param in params)
    if possible < VARIANTS:
        raise ValueError(f"the params allow {possible} variants; at least {VARIANTS} are needed")
    # Drawn one by one: the product of a hostile file's params need not fit into memory.
    generator = random.Random(seed)  # noqa: S311 - the seed is the secret
    drawn: dict[tuple[str, ...], None] = {}
    while len(drawn) < VARIANTS:
        drawn[tuple(generator.choice(param.values) for param in params)] = None
    names = [param.name for param in params]
    return tuple(dict(zip(names, texts, strict=True)) for texts in drawn)


def filled(question: Question, variant: Mapping[str, str]) -> Question:
    """``question`` with ``variant`` in place of its placeholders; personal no more. Others are returned as they are."""
    task = question.task
    if not isinstance(task, ValueTask) or not task.params:
        return question

    def fill(text: str) -> str:
        return Template(text).safe_substitute(variant)

    return replace(
        question,
        prompt=fill(question.prompt),
        task=ValueTask(fill(task.snippet), fill(task.expression), fill(task.solution)),
        wrong_answers=tuple(
            WrongAnswer(fill(wrong.answer), fill(wrong.message), wrong.name) for wrong in question.wrong_answers
        ),
        hints=tuple(map(fill, question.hints)),
        explanation=fill(question.explanation),
    )


def variant_in(trial: Trial) -> Mapping[str, str]:
    """The filling that ``trial`` of a personal question was drawn for."""
    return {name: str(text) for name, text in trial.inputs.items()}


def in_words(variant: Mapping[str, str]) -> str:
    """A filling as people read it: ``a = 2, b = 3``."""
    return ", ".join(f"{name} = {text}" for name, text in variant.items())


def is_personal(question: Question) -> bool:
    """Whether each learner gets numbers of their own."""
    return isinstance(question.task, ValueTask) and bool(question.task.params)


def shown_generic(question: Question) -> Question:
    """How everybody may see ``question``: letters stand where each learner has numbers of their own."""
    task = question.task
    if not isinstance(task, ValueTask):
        return question
    return filled(question, {param.name: param.name for param in task.params})


def ordered(options: Sequence[Option], seed: int) -> tuple[Option, ...]:
    """``options`` shuffled; the same order for the same seed."""
    shuffled = list(options)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - the seed is the secret
    return tuple(shuffled)


def variants_seed(digest: str, seeds: Seeds) -> int:
    """The seed the variants of the version with this digest are drawn by."""
    return seeds(f"{digest}/variants")


def variant_of(posting: Posting, learner: Learner, seeds: Seeds) -> Mapping[str, str]:
    """The filling that ``learner`` gets on ``posting``; empty where the question is not personal."""
    task = posting.version.question.task
    if not isinstance(task, ValueTask) or not task.params:
        return {}
    drawn = variants(task.params, variants_seed(posting.version.digest, seeds))
    return drawn[seeds(f"variant/{posting.id}/{learner.id}") % VARIANTS]


def own(posting: Posting, learner: Learner, seeds: Seeds) -> Posting:
    """``posting`` as ``learner`` alone sees it: their numbers, their order of options. For showing, not for storing."""
    question = posting.version.question
    if isinstance(question.task, ChoiceTask):
        options = ordered(question.task.options, seeds(f"order/{posting.id}/{learner.id}"))
        question = replace(question, task=replace(question.task, options=options))
    question = filled(question, variant_of(posting, learner, seeds))
    return replace(posting, version=replace(posting.version, question=question))
