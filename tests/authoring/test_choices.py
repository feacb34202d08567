"""The options of a choice question."""

import pytest

from bot.core.questions import ChoiceTask, Option
from tests.authoring.texts import CHOICE, FENCE, line_of, line_told, problems_of, question_of, with_body, without

OPTION = "- [ ] {0}\n\n  Not {0}, because.\n"
GOOD = "- [x] one\n\n  It is.\n" + OPTION.format("two") + OPTION.format("three")


def options_of(body: str) -> tuple[Option, ...]:
    task = question_of(with_body(CHOICE, "Options", body)).task
    assert isinstance(task, ChoiceTask)
    return task.options


def test_a_choice_question_is_read_whole() -> None:
    question = question_of(CHOICE)
    task = question.task
    assert isinstance(task, ChoiceTask)
    assert [(option.text, option.right) for option in task.options] == [
        ("only `a`", True),
        ("`a` and `b`", False),
        ("only `b`", False),
        ("all three", False),
    ]
    assert task.options[1].note.endswith("unless you call\n`b.retain_grad()`.")
    assert task.snippet.startswith("import torch\n\na = ")
    assert task.proof.endswith("assert b.grad is None and c.grad is None\n")
    assert question.hints == ("`.grad` lives on leaf tensors.",)
    assert question.wrong_answers == ()


@pytest.mark.parametrize("name", ["Snippet", "Hints"])
def test_a_choice_does_without_a_snippet_and_without_hints(name: str) -> None:
    question = question_of(without(CHOICE, name))
    assert isinstance(question.task, ChoiceTask)
    assert not (question.task.snippet if name == "Snippet" else question.hints)


READ = [
    (GOOD, Option("two", "Not two, because.")),
    (GOOD.replace("[ ] two", "[ ]   two\n  goes on"), Option("two goes on", "Not two, because.")),
    (GOOD.replace("- [", "* ["), Option("two", "Not two, because.")),
    (GOOD.replace("[x]", "[X]").replace("\n- [", "\n\n\n- ["), Option("two", "Not two, because.")),
    (GOOD.replace("two\n\n", "two\n  ```\n  x\n  ```\n"), Option("two", "```\nx\n```\nNot two, because.")),
    (GOOD.replace("  Not two", "  - a\n  - b\n\n  Not two"), Option("two", "- a\n- b\n\nNot two, because.")),
    (GOOD.replace("  Not two", "  <!-- why? -->\n\n  Not two"), Option("two", "Not two, because.")),
    (GOOD.replace("\n- [ ] two", "\n<!-- an author's note -->\n\n- [ ] two"), Option("two", "Not two, because.")),
    (GOOD.replace("- [", "-\t[").replace("\n  ", "\n\t"), Option("two", "Not two, because.")),
]


@pytest.mark.parametrize(("body", "second"), READ, ids=range(len(READ)))
def test_an_option_is_its_first_paragraph_and_its_note_the_rest(body: str, second: Option) -> None:
    assert options_of(body)[1] == second


BROKEN = [
    (OPTION.format("one") + OPTION.format("two"), "`## Options` has 2 options; write 3 to 6", 0),
    ("".join(OPTION.format(n) for n in "abcdefg"), "`## Options` has 7 options; write 3 to 6", 0),
    (GOOD.replace("[x]", "[ ]"), "no option is marked as right; mark exactly one with `[x]`", 0),
    (GOOD.replace("- [ ] three", "- [x] three"), "2 options are marked as right", 8),
    (GOOD.replace("[ ] two", "two"), "this option does not begin with `[x]` or `[ ]`; begin each option with", 5),
    (GOOD.replace("[ ] two", "[] two"), "this option does not begin with `[x]` or `[ ]`", 5),
    (GOOD.replace("[ ] two", "[v] two"), "this option does not begin with `[x]` or `[ ]`", 5),
    (GOOD.replace("[ ] two", "[ ]"), "this option has no note", 5),
    (GOOD.replace("[ ] two", f"[ ]\n\n  {FENCE.format('x')}".replace("\n", "\n  ")), "this option has no text", 5),
    (GOOD.replace("  Not two, because.\n", ""), "this option has no note; after an empty line, write indented why", 5),
    (GOOD.replace("[ ] two\n\n", "[ ] two\n"), "this option has no note", 5),
    (GOOD.replace("[ ] three", "[ ]  two"), "this option is the one at line {} again; write one that differs", 8),
    (GOOD.replace("[ ] three", "[ ] `Two`."), "this option is the one at line {} again; write one that differs", 8),
    (GOOD.replace("[ ] two", "[ ] B"), "the option `b` reads like an option's letter; write it in other words", 5),
    (GOOD.replace("[ ] two", "[ ] option A"), "the option `option a` reads like an option's letter", 5),
    (GOOD.replace("- [ ] two", "\nSome words.\n\n- [ ] two"), "`## Options` contains something else than a list", 6),
    ("Some words.", "`## Options` contains something else than a list; begin each option with `- [x]`", 2),
]


@pytest.mark.parametrize(("body", "told", "line"), BROKEN, ids=range(len(BROKEN)))
def test_a_mistake_in_the_options_is_told_at_its_line(body: str, told: str, line: int) -> None:
    text = with_body(CHOICE, "Options", body)
    first = line_of(text, "## Options")
    found = [problem for problem in problems_of(text) if told.format(first + 5) in problem]
    assert [line_told(problem) for problem in found] == [first + line]


def test_mistakes_in_several_options_are_told_at_once() -> None:
    body = GOOD.replace("[ ] two", "two").replace("  Not three, because.\n", "") + "- [ ] four\n\n  No.\n- [ ]\n"
    lines = [line_told(problem) for problem in problems_of(with_body(CHOICE, "Options", body))]
    assert len(lines) == len(set(lines)) == 3


FAILS = [
    "assert a.grad is not None",
    "if b.grad is not None:\n    raise ValueError",
    "torch.testing.assert_close(a.grad, torch.tensor(2.0))",
    "torch.autograd.gradcheck(f, a)",
    "for t in (b, c): assert t.grad is None  # they are no leaves",
]
CANNOT_FAIL = [
    "a.grad is not None",
    "print(a.grad)",
    "# assert a.grad is not None\na.grad",
    "x = 1\n    # raise it\nassertion = a.grad",
    "raised = a",
]


@pytest.mark.parametrize("proof", FAILS)
def test_a_proof_that_can_fail_is_taken(proof: str) -> None:
    assert isinstance(question_of(with_body(CHOICE, "Proof", FENCE.format(proof))).task, ChoiceTask)


@pytest.mark.parametrize("proof", CANNOT_FAIL)
def test_a_proof_that_cannot_fail_is_told_at_its_fence(proof: str) -> None:
    text = with_body(CHOICE, "Proof", FENCE.format(proof))
    line = line_of(text, "## Proof") + 2
    assert problems_of(text) == [
        f"q.md:{line}: this proof cannot fail; assert the facts, as in `assert x.grad is None`"
    ]


def test_a_single_option_is_counted_rightly() -> None:
    text = with_body(CHOICE, "Options", "- [x] one\n\n  It is.")
    assert problems_of(text)[0].endswith(
        "`## Options` has 1 option; write 3 to 6, each beginning with `- [ ]` or `- [x]`"
    )
