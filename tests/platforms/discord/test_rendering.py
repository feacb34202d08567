from typing import Any

import pytest

from bot.core.cards import Action, Block, Card, Code, Facts, Form, Markdown, Note, Plain, Table, Tone
from bot.platforms.discord_chat.forms import modal
from bot.platforms.discord_chat.rendering import Rendered, render, size_of
from tests.players.discord import buttons, plain, texts

BIG = [
    Card("T", (Plain("*" * 3_000),)),
    Card("T", (Plain("😀" * 1_900), Code("x = 1\n" * 900), Note("n"))),
    Card("T" * 5_000, (Code("`" * 3_000, "text"), Facts((("a", "1\n" * 2_000),)))),
    Card("_" * 190, (Markdown("# a\n\n" * 900),)),
    Card("T", tuple(Plain(f"{number} {'w' * 90}") for number in range(100))),
    Card("T", (Table(("#", "who"), tuple((str(n), "x" * 40) for n in range(200))),), Tone.BAD),
    Card("T", (Code("1\n" * 800),) * 9, actions=tuple(Action("A", "answer", f"{number}") for number in range(25))),
]


def components(rendered: Rendered) -> list[dict[str, Any]]:
    return rendered.view.to_components()


def words(rendered: Rendered) -> str:
    return plain("\n".join(texts(components(rendered))))


def every(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*parts, *(inner for part in parts for inner in every(part.get("components", [])))]


@pytest.mark.parametrize("card", BIG)
async def test_whatever_a_card_holds_discord_takes_the_message_and_all_of_it_is_there(card: Card) -> None:
    rendered = render(card)
    parts = every(components(rendered))
    assert sum(size_of(text) for text in texts(components(rendered))) <= 4_000
    assert len(parts) <= 40
    assert len({button["custom_id"] for button in buttons(components(rendered))}) == len(card.actions)
    assert [part["file"]["url"] for part in parts if part["type"] == 13] == [file.uri for file in rendered.files]
    everything = words(rendered) + "".join(file.fp.read().decode() for file in rendered.files)
    for block in card.blocks:
        text = block.text if isinstance(block, Plain | Code) else ""
        assert text.strip("\n") in everything


@pytest.mark.parametrize(
    ("tone", "says", "colour"),
    [
        (Tone.NEUTRAL, "Done", 0x5865F2),
        (Tone.GOOD, "✓ Done", 0x2E8B57),
        (Tone.BAD, "✗ Done", 0xC0392B),
        (Tone.WARNING, "! Done", 0xD4A017),
    ],
)
async def test_a_tone_has_its_sign_and_colour(tone: Tone, says: str, colour: int) -> None:
    rendered = render(Card("Done", tone=tone))
    assert words(rendered) == says
    assert components(rendered)[0]["accent_color"] == colour


async def test_the_button_to_answer_stands_out_and_every_one_carries_what_it_is_about() -> None:
    actions = (Action("Answer", "answer"), Action("Yes", "hint", "yes"), Action("Answer again", "answer"))
    shown = list(buttons(components(render(Card("T", actions=actions, about=7)))))
    ids = [(button["label"], button["custom_id"], button["style"]) for button in shown]
    assert ids == [("Answer", "1:answer:7:", 1), ("Yes", "1:hint:7:yes", 2)]


async def test_a_long_label_is_cut() -> None:
    shown = list(buttons(components(render(Card("T", actions=(Action("word " * 40, "help"),))))))
    assert len(shown[0]["label"]) <= 80


def fields(form: Form) -> dict[str, Any]:
    return modal(form).to_dict()


async def test_a_form_repeats_its_task_and_opens_with_its_text() -> None:
    shown = fields(Form("Title", (Markdown("Do `this`"), Note("n")), "answer", "x = 1", about=7, label="Your code"))
    task, field, upload = shown["components"]
    assert (shown["title"], shown["custom_id"]) == ("Title", "1:answer:7:")
    assert task["content"] == "Do `this`\n\n-# n"
    assert (field["label"], field["component"]["value"], field["component"]["style"]) == ("Your code", "x = 1", 2)
    assert (field["component"]["required"], field["component"]["max_length"]) == (False, 4_000)
    assert upload["component"]["required"] is False


async def test_a_form_of_one_line_takes_no_file_and_must_be_filled_in() -> None:
    *_, field = fields(Form("T", (), "answer", multiline=False))["components"]
    assert (field["component"]["style"], field["component"]["required"]) == (1, True)
    assert field["component"].get("value") is None


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("x" * 45, "x" * 45),
        ("The gradient of a broadcast sum over two axes, twice", "The gradient of a broadcast sum over two…"),
    ],
)
async def test_the_title_of_a_form_is_cut_at_a_word(title: str, shown: str) -> None:
    assert fields(Form(title, (), "answer"))["title"] == shown


@pytest.mark.parametrize(("initial", "fits"), [("x" * 4_000, True), ("x" * 4_001, False), ("😀" * 2_001, False)])
async def test_text_too_long_for_a_form_leaves_it_empty_and_says_so(initial: str, fits: bool) -> None:
    task, field, _ = fields(Form("T", (Plain("Do this."),), "answer", initial))["components"]
    assert field["component"].get("value") == (initial if fits else None)
    assert ("too long for this field" in task["content"]) is not fits


async def test_a_task_too_long_for_a_form_is_left_to_the_command_that_shows_it() -> None:
    task, *_ = fields(Form("T", (Markdown("word " * 900),), "answer"))["components"]
    assert task["content"].endswith("/grad today shows it.")


HOSTILE = "@everyone <@1> `x` ``` **b** [l](https://evil.example)"
FIELDS: list[Block] = [
    Plain(HOSTILE),
    Note(HOSTILE),
    Code(HOSTILE, "text", HOSTILE),
    Facts(((HOSTILE, HOSTILE),)),
    Table((HOSTILE,), ((HOSTILE,),), 0),
]


@pytest.mark.parametrize("block", FIELDS)
async def test_hostile_text_is_shown_as_it_is_in_every_field(block: Block) -> None:
    card = Card(HOSTILE, (block,), actions=(Action("x", "help"),))
    assert words(render(card)).count(HOSTILE) >= 2
