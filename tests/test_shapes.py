"""What cannot be read is told of without a word of what was in it."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from bot.core.verdicts import Verdict
from bot.judging.wire import Fields
from bot.store.codec import Document
from sandbox.values import FrameError

SECRET = "the solution"
BROKEN = f'{{"id": 7, "solution": "{SECRET}", "task": ["{SECRET}"]}}'


@pytest.mark.parametrize(
    "read",
    [
        lambda text: Fields({"question": text}).question(),
        lambda text: Fields({"verdict": text}).verdict(),
        lambda text: Fields({"proof": text}).proof(),
        lambda text: Document(Verdict).process_result_value(text, None),  # type: ignore[arg-type]
    ],
    ids=["question", "verdict", "proof", "row"],
)
@pytest.mark.parametrize("text", [BROKEN, f'"{SECRET}"', SECRET], ids=["fields", "kind", "no JSON"])
def test_an_error_says_where_it_is_and_quotes_nothing(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(FrameError, match=r"of another shape: .*\(\w+\)") as raised:
        read(text)
    assert SECRET not in "".join(traceback.format_exception(raised.value))
