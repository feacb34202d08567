from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.preview._markdown import markdown_tokens

from bot.platforms import marked
from bot.platforms.discord_chat.text import escaped, fenced, inline_code, write
from bot.platforms.layout import FactLines, Part, Preformatted, Prose, Quiet, Verbatim
from tests.players.discord import plain

EVERYBODY = {"everyone": True, "users": {"1": "ada"}, "roles": {"2": "all"}, "channels": {"3": "daily"}}
HOSTILE = [
    "@everyone @here",
    "<@1> <@!1> <@&2> <#3> <:smile:4> <t:1700000000:R> </grad today:5>",
    "[free points](https://evil.example) <https://evil.example>",
    "https://evil.example/a_b_c",
    "**b** *i* __u__ _i_ ~~s~~ ||spoiler|| `c` ``c`` ***x***",
    "```python\ncode\n```",
    "# big\n## big\n### big",
    "- a\n* b\n+ c\n1. d\n2) e\n  - f",
    "> quote\n>>> all of it",
    "a\\*b\\\\c\\",
    "tail `",
    "``` ``` ```",
]


def read(text: str) -> list[dict[str, Any]]:
    """What another reader of Discord's Markdown makes of ``text``, knowing everybody one could mention."""
    return list(_flat(markdown_tokens(text, "text_display", context=EVERYBODY)))


def _flat(tokens: list[dict[str, Any]]) -> Any:
    for token in tokens:
        if token["type"] not in {"paragraph", "inline"}:
            yield token
        yield from _flat(token.get("children", []))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_learner_wrote_is_shown_as_it_is_and_does_nothing(text: str) -> None:
    tokens = read(escaped(text))
    assert {token["type"] for token in tokens} <= {"text", "break"}
    shown = "".join(token.get("content", "\n") for token in tokens)
    assert [line.strip() for line in shown.split("\n")] == [line.strip() for line in text.split("\n")]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["python", ""])
def test_code_never_leaves_its_block(text: str, language: str) -> None:
    tokens = read(fenced(text, language))
    assert [token["type"] for token in tokens] == ["code_block"]
    assert tokens[0]["content"].replace("\u200b", "") == f"{text}\n"


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\n" not in text])
def test_a_span_of_code_never_leaves_it(text: str) -> None:
    assert [token["type"] for token in read(f"{inline_code(text)}.")] == ["code", "text"]


SIGNS = st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from("`*_~|\\<@>[]()# -.1\n")
# The other reader takes these two for markup where Discord does not: after four blanks, and after escapes are gone.
OTHERWISE = {"code_block", "subtext"}


@given(st.text(SIGNS, max_size=60))
def test_escaped_text_reads_back_as_it_was(text: str) -> None:
    assert plain(escaped(text)) == text
    assert {token["type"] for token in read(escaped(text))} <= {"text", "break", *OTHERWISE}


def test_small_print_is_none_of_a_learners() -> None:
    assert escaped("-# small\n  -# small") == "\\-\\# small\n  \\-\\# small"


@given(st.text("`ab\n ", min_size=1, max_size=40))
def test_three_backticks_in_a_row_never_occur_within_a_block(text: str) -> None:
    assert fenced(text).count("```") == 2
    assert fenced(text).replace("\u200b", "") == f"```\n{text}\n```"


PARTS: list[tuple[Part, str]] = [
    (Verbatim("a *b*"), "a \\*b\\*"),
    (Quiet("one\n\ntwo @here"), "-# one\n-# two \\@here"),
    (Preformatted("x", "python", "You *sent*:"), "You \\*sent\\*:\n```python\nx\n```"),
    (FactLines((("level", "easy"), ("got", "[1,\n 2]"))), "**level** easy\n**got** \n```\n[1,\n 2]\n```"),
]


@pytest.mark.parametrize(("part", "text"), PARTS)
def test_each_part_has_its_markup(part: Part, text: str) -> None:
    assert write(part) == text


PROSE = [
    ("a **b *c*** ~~d~~ `e` `f``g`", "a **b *c*** ~~d~~ `e` `` f`\u200b`g ``"),
    ("## H\n\npara\\\nnext\n\nlast", "### H\npara\nnext\n\nlast"),
    ("- a\n  - b\n- c", "- a\n  - b\n- c"),
    ("3. a\n4. b", "3. a\n4. b"),
    ("- a\n\nb\n\n```\nc\n```\n\nd", "- a\n\nb\n```\nc\n```\nd"),
    ("> a\n> - b", "> a\n> - b"),
    ("- a\n\n  ```py\n  x\n    y\n  ```", "- a\n```py\nx\n  y\n```"),
    ("```c++ extra\nx\n```", "```c++\nx\n```"),
    ("```{evil}\nx\n```", "```\nx\n```"),
    ("[l *i*](https://e.org/a_(b)) <https://e.org>", "[l ](<https://e.org/a_%28b%29>)*[i](<https://e.org/a_%28b%29>)* <https://e.org>"),
    ("<b>@everyone</b> &lt;", "\\<b>\\@everyone\\</b> \\<"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), PROSE)
def test_an_authors_markdown_becomes_discords(source: str, text: str) -> None:
    assert write(Prose(marked.parse(source), source)) == text


@pytest.mark.parametrize("source", [source for source, _ in PROSE])
def test_the_words_of_an_author_stay_the_same(source: str) -> None:
    blocks = marked.parse(source)
    shown = plain(write(Prose(blocks, source)))
    for word in marked.plain(blocks).split():
        assert word in shown or word == "•"
