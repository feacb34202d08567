"""Whatever stands in a card or a form, Slack takes it, shows it as it is, and calls nobody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.core.cards import Action, Card, Code, Facts, Form, Markdown, Note, Plain, Table, Tone
from bot.platforms.slack_chat.forms import card_view, form_view
from bot.platforms.slack_chat.rendering import fallback, laid_out, rendered
from tests.slack_stand_in.limits import check_message, check_view
from tests.slack_stand_in.world import mentions, reading

HOSTILE = (
    "<!everyone> <@U0001> <#C0001> @channel @here *b* _i_ ~s~ `c` ```f``` :smile: &lt; <http://x|y> \x00 \u202e > <"
)
SHOWN = HOSTILE.replace("\x00", "\\x00").replace("\u202e", "\\u202e")


def everywhere(text: str) -> Card:
    return Card(
        text,
        (
            Plain(text),
            Code(text, caption=text),
            Code(text, "text"),
            Facts(((text, text), ("", text))),
            Table((text, "n"), ((text, text),), emphasis=0),
            Note(text),
        ),
        Tone.WARNING,
        (Action(text, "answer", "yes"), Action(text, "hint")),
        7,
    )


def check(card: Card) -> None:
    laid = laid_out(card)
    blocks = rendered(laid, "verdict:91")
    check_message(fallback(laid), blocks)
    check_view(card_view(laid, "verdict:91", "C0001"))
    for block in Block.parse_all(blocks):
        block.validate_json()
    assert mentions([blocks, {"type": "mrkdwn", "text": fallback(laid)}]) == []


def test_hostile_text_is_inert_and_whole_in_every_field() -> None:
    check(everywhere(HOSTILE))
    shown = reading(rendered(laid_out(everywhere(HOSTILE))))
    assert shown.count(SHOWN) >= 9


def test_hostile_text_is_inert_in_a_form() -> None:
    form = Form(HOSTILE, everywhere(HOSTILE).blocks, "answer", HOSTILE, about=7, label=HOSTILE)
    view, _ = form_view(form, "C0001")
    check_view(view)
    assert mentions(view["blocks"]) == []
    assert SHOWN in reading(view["blocks"])


def test_an_authors_markdown_keeps_its_meaning_and_calls_nobody() -> None:
    text = (
        "# Title\n\nSome **bold**, *it*, ~~no~~ and `code` <!everyone> <@U1>\n\n1. one\n   - deep\n2. two\n\n"
        "> quoted\n\n```python\nx = 1\n```\n\n3 < 4"
    )
    blocks = rendered(laid_out(Card("T", (Markdown(text),))))
    check_message("T", blocks)
    assert mentions(blocks) == []
    kinds = [element["type"].removeprefix("rich_text_") for element in blocks[1]["elements"]]
    assert kinds == ["section", "list", "list", "list", "quote", "preformatted", "section"]
    assert blocks[1]["elements"][2]["indent"] == 1
    assert blocks[1]["elements"][3]["offset"] == 1


def test_links_of_an_author_lead_where_they_say() -> None:
    (_, prose) = rendered(laid_out(Card("T", (Markdown("[docs](https://pytorch.org) [bad](javascript:x)"),))))
    parts = prose["elements"][0]["elements"]
    assert [(part["type"], part.get("url")) for part in parts] == [("link", "https://pytorch.org"), ("text", None)]


@pytest.mark.parametrize(
    "card",
    [
        Card("t" * 1_000),
        Card("T", (Plain("x" * 100_000),)),
        Card("T", tuple(Plain("y" * 2_999) for _ in range(60))),
        Card("T", tuple(Note(f"{n}") for n in range(200))),
        Card("T", (Note("n" * 9_000),)),
        Card("T", (Markdown("- a\n" * 3_000),)),
        Card("T", (Markdown("- a\n" * 8_000),)),
        Card("T", (Markdown("\n\n".join(["> q", "```\nc\n```"] * 300)),)),
        Card("T", (Facts(tuple((f"label {n}", "value" * 9) for n in range(300))),)),
        Card("T", actions=tuple(Action("b" * 200, "hint", f"{n}") for n in range(60))),
        Card("T", (Plain(" "), Markdown(""), Code(""), Note(" "), Facts(()))),
    ],
    ids=lambda card: repr(card)[:40],
)
def test_however_much_there_is_slack_takes_it(card: Card) -> None:
    check(card)


TEXTS = st.text(max_size=400) | st.just("x" * 5_000)
PARTS = (
    st.builds(Markdown, TEXTS)
    | st.builds(Plain, TEXTS)
    | st.builds(Note, TEXTS)
    | st.builds(Code, TEXTS, st.sampled_from(["python", "text"]), TEXTS)
    | st.builds(Facts, st.lists(st.tuples(TEXTS, TEXTS), max_size=5).map(tuple))
)


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=200), st.lists(PARTS, max_size=60).map(tuple))
def test_slack_takes_any_card(title: str, blocks: tuple[Plain, ...]) -> None:
    check(Card(title, blocks))


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=99), st.lists(PARTS, max_size=99).map(tuple), TEXTS, st.booleans())
def test_slack_takes_any_form(title: str, task: tuple[Plain, ...], initial: str, multiline: bool) -> None:
    view, _ = form_view(Form(title, task, "answer", initial, multiline, 7, title), "C0001")
    check_view(view)


@pytest.mark.parametrize("multiline", [True, False])
def test_the_sdk_finds_nothing_wrong_with_a_form(multiline: bool) -> None:
    view, _ = form_view(Form("Answer", (Plain("task"),), "answer", "x", multiline), "C0001")
    View(**view).validate_json()
