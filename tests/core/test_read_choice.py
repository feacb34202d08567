import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import Unreadable, read_choice
from bot.core.questions import Option


def options(*texts: str) -> list[Option]:
    return [Option(text, "why") for text in texts]


TENSORS = options("`b`", "`a`", "`c`")
LINES = options("`x * 2`", "`x ** 2`", "`x_1`", "`x1`", "`True`", "`true`")


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("c", TENSORS[2]),
        ("option A", TENSORS[0]),
        ("option b", TENSORS[1]),
        ("A) b", TENSORS[0]),
        ("b)", TENSORS[1]),
        ("(C)", TENSORS[2]),
    ],
)
def test_where_options_are_letters_themselves_the_word_option_or_a_bracket_says_which_is_meant(
    said: str, choice: Option
) -> None:
    assert read_choice(said, TENSORS) == choice


@pytest.mark.parametrize("said", ["a", "B", "`b`"])
def test_a_letter_that_is_the_text_of_another_option_is_asked_about(said: str) -> None:
    read = read_choice(said, TENSORS)
    assert isinstance(read, Unreadable)
    assert "“option A” or “option B”" in read.message or "“option B” or “option A”" in read.message


@pytest.mark.parametrize(
    ("said", "choice"),
    [("x * 2", LINES[0]), ("x ** 2", LINES[1]), ("x_1", LINES[2]), ("x1", LINES[3]), ("e", LINES[4])],
)
def test_signs_that_mean_something_in_code_tell_options_apart(said: str, choice: Option) -> None:
    assert read_choice(said, LINES) == choice


def test_a_text_that_fits_two_options_is_not_guessed_at() -> None:
    assert isinstance(read_choice("TRUE", LINES), Unreadable)


@given(st.text())
def test_any_text_at_all_is_an_option_or_unreadable_with_the_letters_there_are(said: str) -> None:
    read = read_choice(said, TENSORS)
    assert read in TENSORS if isinstance(read, Option) else ("A, B and C" in read.message or "option" in read.message)
