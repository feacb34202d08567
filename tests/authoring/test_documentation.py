from collections.abc import Iterable

from bot.authoring.head import KEYS, KINDS
from bot.authoring.parsing import parse
from bot.authoring.sections import SECTIONS
from bot.core.mutants import MUTANTS
from bot.core.questions import Question
from tests.authoring.texts import DOCUMENTATION, documented_examples


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


def test_every_mutation_an_author_may_accept_is_documented() -> None:
    assert [name for name in MUTANTS if f"`{name}`" not in DOCUMENTATION] == []
