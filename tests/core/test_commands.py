import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import VERBS, Command, not_understood, parse, suggestion

SPOKEN = [
    ("today", Command("today")),
    ("  TODAY ", Command("today")),
    ("/today", Command("today")),
    ("/grad today", Command("today")),
    ("grad today", Command("today")),
    ("Grad\ttoday", Command("today")),
    ("/grad", Command("help")),
    ("grad", Command("help")),
    ("/", Command("help")),
    ("", Command("help")),
    ("answer [4, 6]", Command("answer", "[4, 6]")),
    ("answer[4, 6]", Command("answer", "[4, 6]")),
    ("answer: [4, 6]", Command("answer", "[4, 6]")),
    ("answer `4`", Command("answer", "`4`")),
    ("answer```python", Command("answer", "```python")),
    ("try: x = 1", Command("try", "x = 1")),
    ("try:\n    x = 1", Command("unknown", "try:\n    x = 1")),
    ("leaderboard week", Command("leaderboard", "week")),
    ("graduate", Command("unknown", "graduate")),
    ("gradanswer 4", Command("unknown", "gradanswer 4")),
    ("todays", Command("unknown", "todays")),
    ("[4, 6]", Command("unknown", "[4, 6]")),
    ("def solve(x):", Command("unknown", "def solve(x):")),
]


@pytest.mark.parametrize(("text", "command"), SPOKEN)
def test_the_first_word_is_the_verb(text: str, command: Command) -> None:
    assert parse(text) == command


CODE = ["    indented\n  first", "def f(x):\r\n\treturn x\n", " 4", "\n\nx = 1\n\n", "x\u00a0=\u00a01"]


@pytest.mark.parametrize("code", CODE)
def test_code_after_the_verb_is_kept_to_the_character(code: str) -> None:
    assert parse(f"answer {code}") == Command("answer", code)


@given(st.text())
def test_any_text_at_all_becomes_a_known_verb_or_says_it_is_unknown(text: str) -> None:
    assert parse(text).verb in {*VERBS, "unknown"}


@pytest.mark.parametrize(
    ("word", "verb"), [("anwser", "answer"), ("leaderbord", "leaderboard"), ("board", "leaderboard"), ("HINTS", "hint")]
)
def test_a_near_miss_is_offered_the_verb_it_missed(word: str, verb: str) -> None:
    assert suggestion(word) == verb
    assert f"Did you mean `{verb}`?" in not_understood(word)


def test_a_word_near_nothing_is_told_how_to_answer() -> None:
    assert suggestion("xyzzy") is None
    assert suggestion("gradadmin schedule void it") != "gradadmin schedule void", "it cannot be undone"
    assert "begin with `answer`" in not_understood("xyzzy")


@pytest.mark.parametrize(
    "said", ["[4, 6]", "4 and 6", "0.5", "-1e-3", "None", "True", "RuntimeError", "MulBackward0", "B", "b)", "(c)"]
)
def test_a_bare_value_or_letter_is_offered_as_an_answer_in_one_line(said: str) -> None:
    assert not_understood(said) == f"Did you mean `answer {said}`?"


@pytest.mark.parametrize("said", ["anwser 4", "todya", "thanks", "gradient descent", "[4, 6", "x" * 50, "[4,\n6]", "g"])
def test_other_words_are_not_taken_for_an_answer(said: str) -> None:
    assert "Did you mean `answer " not in not_understood(said)


def test_a_huge_word_is_not_repeated_whole() -> None:
    assert len(not_understood("x" * 1_000_000)) < 200
