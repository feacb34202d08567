import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.core.cards import Action, Block, Card, Code, Facts, Markdown, Note, Plain, Table, Tone
from bot.core.effects import Show
from bot.core.findings import Finding, State
from bot.platforms.console.rendering import card_parts, findings_table, plain
from bot.platforms.console.screen import Screen
from bot.platforms.visible import shortened, visible
from tests.platforms.fake_service import BOARD, QUESTION


def body(*blocks: Block, width: int = 80) -> str:
    """What is below the title, without the blank line after it."""
    return plain(card_parts(Card("T", blocks)), width).partition("\n")[2].removesuffix("\n\n")


BLOCKS: list[tuple[Block, str]] = [
    (Plain("as *it* is\n  here"), "as *it* is\n  here"),
    (Plain("[red]no[/red] :smile: \\[x]"), "[red]no[/red] :smile: \\[x]"),
    (Note("costs 2 points"), "costs 2 points"),
    (Markdown("Write **`x`**:\n\n```python\nx = 1\n```\n\n- a\n- b"), "Write x:\n\n    x = 1\n\n • a\n • b"),
    (Markdown("[site](http://example.org)"), "site (http://example.org)"),
    (Code("def f(x):\n\treturn x\n"), "    def f(x):\n        return x"),
    (Code("[bold]x[/bold]\n\n  y", "text", "printed"), "printed\n    [bold]x[/bold]\n\n      y"),
    (Code("", "text"), ""),
    (Facts((("points", "15"), ("best streak", "3 [b]"))), "points       15\nbest streak  3 [b]"),
    (Facts((("got", "[[1.]\n [2.]]"),)), "got  [[1.]\n      [2.]]"),
    (Table(("#", "who"), (("1", "Ada"), ("2", "[red]Bob"))), "#  who\n1  Ada\n2  [red]Bob"),
    (Table(("#", "who"), (("1", "Ada"), ("2", "Bob")), 1), "   #  who\n   1  Ada\n▸  2  Bob"),
    (Table(("who",), (("a\nb",),)), "who\na\\nb"),
]


@pytest.mark.parametrize(("block", "text"), BLOCKS)
def test_each_block_has_a_plain_form(block: Block, text: str) -> None:
    assert body(block) == text


@pytest.mark.parametrize(
    ("tone", "begin"),
    [
        (Tone.NEUTRAL, "Done ─"),
        (Tone.GOOD, "✓ Done ─"),
        (Tone.BAD, "✗ Done ─"),
        (Tone.WARNING, "! Done ─"),
    ],
)
def test_a_tone_is_a_symbol_and_a_word_before_the_title(tone: Tone, begin: str) -> None:
    assert plain(card_parts(Card("Done", tone=tone))).startswith(begin)


def test_actions_are_words_to_type() -> None:
    actions = (Action("Answer", "answer"), Action("Fix and retry", "answer"), Action("Show it", "solution", "yes"))
    shown = plain(card_parts(Card("T", actions=actions)))
    assert "Next: answer · answer (Fix and retry) · solution yes (Show it)\n" in shown


HOSTILE = [
    ("plain, é, 漢字, 😀, ∂y/∂x", "plain, é, 漢字, 😀, ∂y/∂x"),
    ("a\tb\nc\r\nd", "a\tb\nc\nd"),
    ("over\rwritten", "over\\rwritten"),
    ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
    ("\x9b31m", "\\x9b31m"),
    ("nul\0del\x7fbs\x08", "nul\\x00del\\x7fbs\\x08"),
    ("evil\u202egnp.exe\u2066", "evil\\u202egnp.exe\\u2066"),
    ("zero\u200bwidth\u200d\ufeff\u00ad", "zero\\u200bwidth\\u200d\\ufeff\\xad"),
    ("line\u2028par\u2029", "line\\u2028par\\u2029"),
    ("filler\u3164\u115f", "filler\\u3164\\u115f"),
    ("tag\U000e0041", "tag\\U000e0041"),
    ("lone\udce9", "lone\\udce9"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_cannot_be_seen_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


EVIL = "\x1b[2J\u202e[red]\u200b\x9b"
EVIL_CARDS = [
    Card(EVIL),
    Card("T", (Plain(EVIL), Note(EVIL), Markdown(EVIL))),
    Card("T", (Code(EVIL, "python", EVIL), Code(EVIL, "text"))),
    Card("T", (Facts(((EVIL, EVIL),)), Table((EVIL,), ((EVIL,),), 0))),
    Card("T", actions=(Action(EVIL, "answer"),)),
]


@pytest.mark.parametrize("card", EVIL_CARDS)
@pytest.mark.parametrize("working", [False, True])
def test_no_part_of_a_card_lets_a_control_character_through(card: Card, working: bool) -> None:
    for terminal in (True, False):
        sink = io.StringIO()
        console = Console(file=sink, force_terminal=terminal, width=80, markup=False, legacy_windows=False)
        screen = Screen(console, animated=terminal)
        screen.show(Show(card, slot="s", working=working))
        screen.echo(EVIL, first=True)
        screen.say(EVIL)
        screen.finish()
        shown = sink.getvalue()
        assert "\x1b[2J" not in shown
        assert not set("\u202e\u200b\x9b") & set(shown)
        assert "\\x1b[2J" in shown


@pytest.mark.parametrize("width", [40, 80, 200])
def test_cards_keep_to_the_width_of_the_terminal(width: int) -> None:
    card = Card(
        "A title " * 6, (Plain("word " * 60), Plain("w" * 300), Facts((("a label", "v" * 300),)), Note("n " * 99))
    )
    rows = tuple((str(number), "name " * 10, "漢" * 30) for number in range(3))
    for shown in (card, BOARD, QUESTION, Card("T", (Table(("#", "learner", "said"), rows, 1),))):
        lines = plain(card_parts(shown), width).split("\n")
        assert max(map(cell_len, lines)) <= max(width, 60 if shown is QUESTION else 0)


def test_nothing_of_a_wide_table_is_lost_at_40_columns() -> None:
    shown = body(Table(("name", "text"), (("n" * 50, "t" * 50),)), width=40)
    assert (shown.count("n"), shown.count("t")) == (50 + 1, 50 + 2)


def test_code_is_never_wrapped_so_that_it_can_be_copied() -> None:
    line = "y = " + "x + " * 100 + "1"
    assert body(Code(line), width=40) == f"    {line}"


def test_a_huge_title_or_echo_is_cut_and_says_so() -> None:
    assert shortened("x" * 5000, 10) == "xxxxxxxxxx… (5000 characters)"
    assert len(plain(card_parts(Card("x" * 5000))).strip()) < 300


def test_a_working_card_without_animation_is_one_line() -> None:
    sink = io.StringIO()
    screen = Screen(Console(file=sink, width=40), animated=False)
    screen.show(Show(Card("Running"), slot="v:1", working=True))
    assert screen.working
    screen.show(Show(Card("Accepted", tone=Tone.GOOD), slot="v:1"))
    assert not screen.working
    assert sink.getvalue() == "… Running\n✓ Accepted ─────────────────────────────\n"


def test_a_verdict_takes_the_place_of_its_working_card() -> None:
    sink = io.StringIO()
    screen = Screen(Console(file=sink, force_terminal=True, width=40), animated=True)
    screen.show(Show(Card("Running"), slot="v:1", working=True))
    screen.show(Show(Card("The board"), slot="board:3"))
    assert screen.working
    screen.show(Show(Card("Accepted"), slot="v:1"))
    screen.finish()
    after_the_last_erasure = sink.getvalue().rpartition("\x1b[2K")[2]
    assert "Accepted" in after_the_last_erasure
    assert "Running" not in after_the_last_erasure


def test_what_the_service_says_about_itself_appears_below_a_working_card() -> None:
    sink = io.StringIO()
    screen = Screen(Console(file=sink, force_terminal=True, width=40), animated=True)
    screen.show(Show(Card("Running"), working=True))
    screen.tell("starting a new cell")
    screen.clear()
    assert "starting a new cell" in sink.getvalue()
    assert sink.getvalue().endswith("\x1b[2K")


def test_findings_are_listed_with_advice_below_what_is_missing() -> None:
    findings = [
        Finding("torch", State.OK, "2.13.0+cpu"),
        Finding("Docker", State.MISSING, "no engine answers", "Start Docker."),
    ]
    assert plain([findings_table(findings)]) == (
        "           what    found\n"
        "✓ ok       torch   2.13.0+cpu\n"
        "✗ missing  Docker  no engine answers\n"
        "                     Start Docker.\n"
    )
