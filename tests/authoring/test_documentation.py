from collections.abc import Iterable

from markdown_it import MarkdownIt

from bot.authoring.head import KEYS, KINDS
from bot.authoring.parsing import parse
from bot.authoring.sections import SECTIONS
from bot.core.mutants import MUTANTS
from bot.core.questions import Question
from tests.authoring.texts import DOCUMENTATION, VALUE, documented_examples, problems_of, section, with_keys


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
