from pathlib import Path

import pytest

from bot.authoring.loading import load_file
from bot.core.cards import Action, Block, Card, Code, Facts, Markdown, Note, Plain, Table, Tone
from bot.core.questions import Question
from bot.platforms import marked
from bot.platforms.layout import (
    Budget,
    FactLines,
    Part,
    Preformatted,
    Prose,
    Quiet,
    Verbatim,
    cut,
    lay_out,
    text_of,
)
from bot.platforms.marked import Fence, Heading, Listing, Paragraph, Quote, Span

ROOMY = Budget(message=4000, part=4000, title=100, size=lambda part: len(text_of(part)) + 1)

MARKDOWN: list[tuple[str, tuple[marked.Block, ...]]] = [
    ("one\ntwo\\\nthree", (Paragraph((Span("one two\nthree"),)),)),
    ("## H *i*", (Heading(2, (Span("H "), Span("i", italic=True))),)),
    (
        "a **b *c*** ~~d~~ `e*`",
        (
            Paragraph(
                (
                    Span("a "),
                    Span("b ", bold=True),
                    Span("c", bold=True, italic=True),
                    Span(" "),
                    Span("d", strike=True),
                    Span(" "),
                    Span("e*", code=True),
                )
            ),
        ),
    ),
    ("```python\nx = 1\n\n```", (Fence("x = 1\n", "python"),)),
    ("    y", (Fence("y"),)),
    ("- a\n- b", (Listing(((Paragraph((Span("a"),)),), (Paragraph((Span("b"),)),))),)),
    ("3. a", (Listing(((Paragraph((Span("a"),)),),), 3),)),
    ("> a\n>\n> b", (Quote((Paragraph((Span("a"),)), Paragraph((Span("b"),)))),)),
    ("[l](https://example.org)", (Paragraph((Span("l", link="https://example.org"),)),)),
    ("[l](ftp://example.org) [m](relative)", (Paragraph((Span("l m"),)),)),
    ("[l](file:///etc/passwd)", (Paragraph((Span("[l](file:///etc/passwd)"),)),)),
    ("[l](javascript:alert(1))", (Paragraph((Span("[l](javascript:alert(1))"),)),)),
    ("<b onclick=x>hi</b>\n\n<script>", (Paragraph((Span("<b onclick=x>hi</b>"),)), Paragraph((Span("<script>"),)))),
    ("![what](https://example.org/p.png)", (Paragraph((Span("what", link="https://example.org/p.png"),)),)),
]


@pytest.mark.parametrize(("text", "blocks"), MARKDOWN)
def test_markdown_becomes_a_small_tree(text: str, blocks: tuple[marked.Block, ...]) -> None:
    assert marked.parse(text) == blocks


HOSTILE = ["*_", "[", "![", "a*", "`a", "[a](", "<", "- a\n", "a\n\n", "1) a\n  - b\n", "[a]: b\n", "# a\n", "*a*\n\n"]


@pytest.mark.parametrize("unit", HOSTILE)
def test_markdown_that_would_take_long_to_read_is_shown_as_it_stands(unit: str) -> None:
    text = (unit * 4_000)[:4_000]
    assert marked.parse(text) == (Paragraph((Span(text),)),)


QUESTIONS = sorted(Path(__file__).parents[2].glob("questions/*.md"))


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_every_text_of_every_question_is_read_as_markdown(file: Path) -> None:
    question = load_file(file)
    assert isinstance(question, Question)
    for text in (question.prompt, *question.hints, question.explanation):
        assert marked.parse(f"{text}\n\n# end")[-1] == Heading(1, (Span("end"),))


def test_markdown_is_read_once_however_often_it_is_shown() -> None:
    assert marked.parse("*the same*") is marked.parse("*the same*")


def test_code_of_many_lines_and_signs_is_none_the_less_code() -> None:
    code = "x[0] = [[*a], [*b]]  # `x`\n" * 150
    assert marked.parse(f"Read:\n\n```python\n{code}```")[1] == Fence(code.removesuffix("\n"), "python")


def test_each_part_is_measured_once_and_once_more_where_a_file_takes_its_place() -> None:
    measured: list[Part] = []

    def size(part: Part) -> int:
        measured.append(part)
        return len(text_of(part)) + 1

    lay_out(Card("T", tuple(Plain("y" * 200) for _ in range(60))), Budget(4_000, 4_000, 100, size))
    assert len(measured) <= 2 * 60


def test_markdown_nested_too_deep_to_be_read_is_shown_as_it_stands() -> None:
    text = "> " * 40 + "deep"
    assert marked.parse(text) == (Paragraph((Span(text),)),)


def test_the_plain_words_of_markdown_have_no_markup() -> None:
    text = "# T\n\na `b` **c**\n\n1. x\n2. y\n\n- z\n\n> q\n\n```\ncode\n```"
    assert marked.plain(marked.parse(text)) == "T\n\na b c\n\n1. x\n2. y\n\n• z\n\nq\n\ncode"


@pytest.mark.parametrize(
    ("tone", "title"),
    [(Tone.NEUTRAL, "T"), (Tone.GOOD, "✓ T"), (Tone.BAD, "✗ T"), (Tone.WARNING, "! T")],
)
def test_a_tone_has_its_sign(tone: Tone, title: str) -> None:
    assert lay_out(Card("T", tone=tone), ROOMY).title == title


BLOCKS: list[tuple[Block, Part]] = [
    (Plain("\nas *is*\u202e\n"), Verbatim("as *is*\\u202e")),
    (Code("\n  x\n", "python", "a\nb"), Preformatted("  x", "python", "a\\nb")),
    (Code("", "text"), Preformatted(" ")),
    (Facts((("got", "[1,\n 2]"),)), FactLines((("got", "[1,\n 2]"),))),
    (Note("quiet"), Quiet("quiet")),
    (Markdown("*a*"), Prose((Paragraph((Span("a", italic=True),)),), "*a*")),
    (Table(("#", "who"), (("1", "漢"), ("10", "Bo\nb"))), Preformatted(" #  who\n 1  漢\n10  Bo\\nb")),
    (Table(("#", "who"), (("1", "Ada"), ("2", "me")), 1), Preformatted("  #  who\n  1  Ada\n▸ 2  me")),
]


@pytest.mark.parametrize(("block", "part"), BLOCKS)
def test_each_block_becomes_a_part(block: Block, part: Part) -> None:
    assert lay_out(Card("T", (block,)), ROOMY).parts == (part,)


@pytest.mark.parametrize("block", [Plain(" \n"), Facts(()), Markdown("")])
def test_a_block_without_anything_in_it_becomes_none(block: Block) -> None:
    assert lay_out(Card("T", (block,)), ROOMY).parts == ()


def test_actions_and_what_they_are_about_stay() -> None:
    laid = lay_out(Card("T", actions=(Action("Go", "answer"),), about=7), ROOMY)
    assert (laid.actions, laid.about, laid.attachments) == ((Action("Go", "answer"),), 7, ())


def test_what_does_not_fit_is_attached_whole_and_the_rest_stays() -> None:
    code = "x = 1\n" * 600 + "last = 1"
    card = Card("T", (Plain("p" * 600), Code(code, "python", "What you sent:"), Note("n")))
    laid = lay_out(card, ROOMY)
    assert [(file.name, file.text) for file in laid.attachments] == [("code.py", f"{code}\n")]
    notice = Quiet("What you sent: too long to be shown here; it is in the attached code.py.")
    assert laid.parts == (Verbatim("p" * 600), notice, Quiet("n"))


def test_a_part_too_long_by_itself_is_attached_even_where_the_message_has_room() -> None:
    narrow = Budget(message=4000, part=300, title=100, size=ROOMY.size)
    laid = lay_out(Card("T", (Markdown("*a* " * 100), Plain("b"), Code("c" * 500, "text"))), narrow)
    assert [file.name for file in laid.attachments] == ["text-2.txt", "text.txt"]
    assert laid.attachments[0].text == "*a* " * 100 + "\n"
    assert laid.parts[1] == Verbatim("b")


def test_far_too_many_parts_are_attached_together() -> None:
    blocks = tuple(Plain(f"{number} " + "w" * 80) for number in range(200))
    laid = lay_out(Card("T", blocks), ROOMY)
    assert len(laid.parts) == len(laid.attachments) == 1
    assert all(f"\n{number} w" in f"\n{laid.attachments[0].text}" for number in range(200))


@pytest.mark.parametrize("count", [0, 1, 10, 1000, 3990, 3995, 4000, 5000])
def test_whatever_the_length_all_of_it_is_there_and_the_message_fits(count: int) -> None:
    laid = lay_out(Card("Title", (Plain("x" * count), Note("n"))), ROOMY)
    assert len(laid.title) + 1 + sum(map(ROOMY.size, laid.parts)) <= ROOMY.message
    everything = "".join(map(text_of, laid.parts)) + "".join(file.text for file in laid.attachments)
    assert "x" * count in everything


def test_a_title_too_long_is_cut_at_a_word_and_repeated_below_in_full() -> None:
    title = "word " * 40
    laid = lay_out(Card(title), ROOMY)
    assert len(laid.title) <= ROOMY.title
    assert laid.title.endswith("word…")
    assert laid.parts == (Verbatim(title.strip("\n")),)


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("short", 45, "short"),
        ("one two three", 9, "one two…"),
        ("x" * 50, 10, "x" * 9 + "…"),
        ("a, bcdefgh", 5, "a, b…"),
    ],
)
def test_text_is_cut_after_a_word(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown
