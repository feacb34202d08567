import re
from collections.abc import Iterable

from markdown_it import MarkdownIt

from bot.authoring.head import KEYS, KINDS
from bot.authoring.parsing import parse
from bot.authoring.sections import SECTIONS
from bot.core.mutants import MUTANTS
from bot.core.proving.budgets import EVIDENCE
from bot.core.proving.code_questions import LITTLE_OUTPUT, TRIALS
from bot.core.questions import SCORED_TRIALS, VARIANTS, Bank, Question
from bot.core.sizes import DISCORD_INPUT, DISCORD_MESSAGE, SLACK_INPUT, SLACK_MESSAGE, SLACK_SECTION
from bot.usecases.banks import FULL
from tests.authoring.texts import DOCUMENTATION, ROOT, VALUE, documented_examples, problems_of, section, with_keys

PROVING = [
    "core/proving/code_questions.py",
    "core/proving/value_questions.py",
    "core/proving/lazy.py",
    "core/proving/budgets.py",
    "core/sizes.py",
    "judging/proving.py",
]


def test_the_documentation_holds_a_full_example_of_each_kind() -> None:
    questions = [parse(text, "example.md") for text in documented_examples()]
    assert [question.kind if isinstance(question, Question) else str(question) for question in questions] == [
        "value",
        "code",
        "choice",
    ]


def rows(heading: str) -> dict[str, str]:
    """The first two columns of the table under a heading of the documentation."""
    _, _, below = DOCUMENTATION.partition(f"\n### {heading}\n")
    cells = [line.split(" | ") for line in below.partition("\n##")[0].split("\n") if line.startswith("| `")]
    return {row[0].strip("|` "): row[1] for row in cells}


def kinds(words: Iterable[str]) -> str:
    """How the documentation says which kinds of question something is for."""
    return "all" if set(words) == set(KINDS) else ", ".join(words)


def test_every_key_is_documented_with_the_kinds_it_is_for() -> None:
    assert rows("Keys") == {key: kinds(meant) for key, meant in KEYS.items()}


def test_every_section_is_documented_with_the_kinds_it_is_for() -> None:
    assert rows("Sections") == {f"## {name}": kinds(meant) for name, meant in SECTIONS.items()}


def test_the_part_of_a_personal_question_shown_fits_into_the_value_question_shown() -> None:
    fences = [token.content for token in MarkdownIt("commonmark").parse(DOCUMENTATION) if token.type == "fence"]
    (part,) = (content for content in fences if content.startswith("params:"))
    params, _, sections = part.partition("\n\n")
    before, after = VALUE[: section(VALUE, "Snippet")[0]], VALUE[section(VALUE, "Hints")[0] :]
    (problem,) = problems_of(with_keys(f"{before}{sections}\n{after}", params))
    assert "1 wrong answer is too few" in problem


def test_every_mutation_an_author_may_accept_is_documented() -> None:
    assert [name for name in MUTANTS if f"`{name}`" not in DOCUMENTATION] == []


def test_every_row_that_check_prints_is_documented() -> None:
    _, _, below = DOCUMENTATION.partition("\n## What is checked, and when\n")
    documented = {line.split("`")[1] for line in below.partition("\n## ")[0].split("\n") if line.startswith("| `")}
    sources = "".join((ROOT / "bot" / path).read_text() for path in PROVING)
    printed = set(re.findall(r'\b(?:passed\(|failed\(|refused\(|skipped\(|_NAME =)\s*"([a-z ]+)"', sources))
    assert documented == printed | {"wrong answer 1"}


def test_the_numbers_of_a_proof_are_as_documented() -> None:
    for said in [
        f"on {TRIALS} draws",
        f"on {SCORED_TRIALS} trials out of a bank of {FULL[Bank.SCORING]}",
        f"comes from {FULL[Bank.PUBLIC]} others",
        f"{VARIANTS} variants",
        f"at most {LITTLE_OUTPUT} characters",
        f"Discord ({DISCORD_MESSAGE:,} characters)",
        f"Slack ({SLACK_SECTION:,} a part, {SLACK_MESSAGE:,} in all), beside {EVIDENCE:,}",
        f"into a form ({min(SLACK_INPUT, DISCORD_INPUT):,})",
    ]:
        assert said in " ".join(DOCUMENTATION.split())
