"""Files people send: the same bytes give the same text, or the same sentence, whichever chat they came by."""

import pytest

from bot.core.commands import MAX_ARGUMENT
from bot.core.sizes import MAX_QUESTION_FILE
from bot.platforms.files import Unreadable, refuse_larger, text_in

KEPT = [
    (b"x = 1\r\n", "x = 1\r\n"),
    ("x = '→'".encode(), "x = '→'"),
    (b"\xef\xbb\xbf  x\n\n", "  x\n\n"),
    (b"y" * MAX_ARGUMENT, "y" * MAX_ARGUMENT),
]


@pytest.mark.parametrize(("raw", "text"), KEPT, ids=["line ends", "accents", "mark", "largest"])
def test_a_file_is_read_as_it_is(raw: bytes, text: str) -> None:
    assert text_in(raw, "answer") == text


REFUSED = [
    (b"\xff\xfe\x00", "answer", "That file is not text in UTF-8"),
    (b"", "answer", "That file is empty"),
    (b"\xef\xbb\xbf \n\t", "upload", "That file is empty"),
    (b"y" * (MAX_ARGUMENT + 1), "answer", "That file is larger than the 64 KiB"),
    (b"y" * (MAX_ARGUMENT + 1), "try", "That file is larger than the 64 KiB"),
    (b"y" * (MAX_QUESTION_FILE + 1), "upload", "That file is larger than the 256 KiB"),
]


@pytest.mark.parametrize(("raw", "verb", "says"), REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_cannot_be_taken_says_why_and_that_nothing_was_submitted(raw: bytes, verb: str, says: str) -> None:
    with pytest.raises(Unreadable, match=f"^{says}.*, so nothing was submitted"):
        text_in(raw, verb)


def test_a_question_may_be_larger_than_an_answer() -> None:
    assert text_in(b"y" * MAX_QUESTION_FILE, "upload") == "y" * MAX_QUESTION_FILE
    refuse_larger(MAX_QUESTION_FILE, "upload")
    with pytest.raises(Unreadable):
        refuse_larger(MAX_QUESTION_FILE, "answer")
