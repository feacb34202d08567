import pytest

from bot.authoring.head import KEYS
from bot.authoring.parsing import parse
from bot.authoring.sections import SECTIONS
from bot.core.questions import Question
from tests.authoring.texts import DOCUMENTATION, documented_examples


def test_the_documentation_holds_a_full_example_of_each_kind() -> None:
    questions = [parse(text, "example.md") for text in documented_examples()]
    assert [question.kind if isinstance(question, Question) else str(question) for question in questions] == [
        "value",
        "code",
        "choice",
    ]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_documented(key: str) -> None:
    assert f"\n| `{key}` |" in DOCUMENTATION


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_is_documented(name: str) -> None:
    assert f"\n| `## {name}` |" in DOCUMENTATION
