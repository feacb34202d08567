from collections import Counter

import pytest

from bot.authoring.loading import load_folder
from bot.core.questions import ChoiceTask, CodeTask, Level, Question, ValueTask
from tests.authoring.texts import BANK, DOCUMENTATION

LOADED = load_folder(BANK)
QUESTIONS = [question for question, _ in LOADED.questions]
IDS = {question.id for question in QUESTIONS}
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


# --- what the bank covers ----------------------------------------------------------------------------------


def test_topics_are_those_documented_and_each_finds_at_least_two_questions() -> None:
    _, _, below = DOCUMENTATION.partition("\n## Topics of our bank\n")
    documented = [line.split("`")[1] for line in below.partition("\n## ")[0].split("\n") if line.startswith("| `")]
    uses = Counter(topic for question in QUESTIONS for topic in question.topics)
    assert sorted(documented) == sorted(uses)
    assert [topic for topic, count in uses.items() if count < 2] == []


@each_question
def test_a_question_has_two_to_four_topics(question: Question) -> None:
    assert 2 <= len(set(question.topics)) == len(question.topics) <= 4


FIRST_STEPS = {
    "the gradient of a sum of squares is 2x": "square-gradient square-gradient-code personal-square",
    "a gradient is verified by hand": "check-by-hand least-squares-by-hand mean-or-sum",
    "gradients accumulate until they are cleared": "backward-twice personal-accumulation list-of-gradients "
    "optimizer-zero-grad zero-between-passes",
    "MulBackward0 and an inherited requires_grad": "grad-fn-name three-flags",
    "what detach keeps and what it cuts": "edit-after-detach detach-what-is-lost half-right-norm",
    "no graph under no_grad": "no-grad-inference leaving-no-grad no-grad-step-by-hand",
    "what requires_grad asks for": "tracking-switch switched-on-late",
    "where .grad is": "which-tensor-has-grad leaf-or-not retained-gradient",
    "what grad_fn is": "grad-fn-name grad-fn-after-sum",
    "what backward does with its argument": "backward-with-weights vector-jacobian-by-hand",
    "detach or no_grad, and when": "detach-or-no-grad half-detached-square bootstrapped-target",
}
INTERVIEWS = {
    "integers cannot require grad": "integers-and-grad",
    "what is no leaf keeps no gradient": "non-leaf-grad",
    "backward adds to .grad": "micro-step-gradient",
    "zero_grad sets None": "one-step-more",
    "backward of a vector needs a gradient": "vector-backward",
    "paths add up": "fan-out",
    "a mean divides": "mean-or-sum",
    "a cast makes another tensor": "cast-leaf",
    "a tensor made anew is cut off": "shrinking-fit",
    "a broadcast is summed on the way back": "bias-gradient",
    "an index used twice counts twice": "embedding-counts",
    "where the transposes go": "matmul-vjp",
    "the sum of a softmax is constant": "honest-softmax",
    "a frozen weight lets gradients through": "frozen-weight",
    "a second backward": "second-backward",
    "inference mode is no no_grad": "inference-mode",
    "a baseline is detached": "actor-and-critic",
    "truncated backpropagation through time": "truncated-steps",
    "an unused input": "unused-input",
    "a step between two backwards": "step-between-backwards",
    "a leaf changed in place": "weight-update",
    "only saved values must stay": "add-after",
    "edits autograd does not see": "edit-through-data",
    "a write to a view reaches its base": "written-view",
    "an overwritten element": "replaced-element",
    "the views of unbind": "write-into-a-row",
    "gradients at a kink": "at-the-kink",
    "gradients at a tie": "tied-maximum",
    "rounding has no slope": "rounded-factor",
    "a straight-through estimator": "straight-through",
    "sorting permutes": "weighted-ranks",
    "where lets NaN through": "guarded-root masked-distance",
    "a norm at zero": "length-of-nothing",
    "the logarithm of a softmax": "likely-minus-infinity",
    "a saturated sigmoid": "confidently-wrong",
    "repeated eigenvalues": "equal-eigenvalues",
    "clipping comes after unscaling": "scale-and-limit",
    "gradcheck wants float64": "failing-gradcheck",
    "a gradient of a gradient": "derivative-of-a-gradient",
    "a Hessian-vector product": "hessian-vector",
    "differentiable once only": "differentiated-twice",
    "a slot for every argument of forward": "slots-of-backward",
    "a Function under torch.func": "function-under-transform",
    "a hook replaces the gradient": "two-hooks",
    "a checkpoint runs again": "counted-calls",
    "a gradient per sample": "per-sample-gradients",
    "forward mode": "pushed-forward",
    "complex gradients": "complex-square",
    "a step of an optimizer by hand": "adam-by-hand momentum-by-hand",
    "cross-entropy by hand": "logit-gradient",
    "layer norm by hand": "norm-with-statistics",
    "attention by hand": "attention-scores",
    "micro-batches": "micro-batches",
    "clipping by norm": "norm-clipping",
    "a gradient penalty": "slope-near-one",
    "an embedding by hand": "token-table",
    "a convolution by hand": "slid-kernel",
    "log-sum-exp": "far-apart-exponentials",
    "gradients through chance": "noise-from-outside reward-gradient",
    "an autograd of one's own": "autograd-of-ones-own",
}


@pytest.mark.parametrize(("fact", "ids"), FIRST_STEPS.items())
def test_each_first_step_is_asked_about_at_least_twice(fact: str, ids: str) -> None:
    assert len(set(ids.split()) & IDS) >= 2, fact
    assert set(ids.split()) <= IDS, fact


@pytest.mark.parametrize(("fact", "ids"), INTERVIEWS.items())
def test_each_topic_of_interviews_is_asked_about(fact: str, ids: str) -> None:
    assert set(ids.split()) <= IDS, fact
