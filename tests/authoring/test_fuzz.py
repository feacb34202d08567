"""Real files, damaged: a question or problems, never an exception, and never more work than the file is long."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.authoring import front_matter
from bot.authoring.document import MAX_LINES
from bot.authoring.parsing import digest, parse
from bot.authoring.problems import MAX_PROBLEMS, Problems
from bot.core.questions import Question
from bot.core.sizes import MAX_QUESTION_FILE
from tests.authoring.texts import BANK, CHOICE, CODE, VALUE

REAL = [path.read_text() for path in sorted(BANK.glob("*.md"))] + [VALUE, CODE, CHOICE]
PIECES = [
    "```", "~~~", "````", "---", "...", "## ", "### ", "# ", "- ", "- [x] ", "- [ ]", "1. ", "\n", "\r", "\r\n", "\t",
    ": ", "&a ", "*a", "!!x ", "!!python/object/apply:os.system [ls]", "<!--", "-->", ">", "> ", "[", "{", "]", "}",
    "$", "${", "$$", "|", ">-", '"', "'", "\\", "%", "?", "@everyone", "\x00", "\u202e", "\ufeff", "\ud800", "٣", "𝟙",
    "    ",
    "<script>", "<?", "<![CDATA[", "[a]: b", "## Probe\n", "## Options\n", "kind: choice\n", "params: {a: [1]}\n",
    "tolerance: {relative: 1e-3}\n", "observe: [x]\n", "[" * 500, "{a: " * 100, "> " * 300, "- " * 300, "$a" * 200,
    "a: &a [x]\nb: [" + "*a, " * 200 + "]\n",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A real file after a few cuts, copies, swaps and insertions of lines and characters."""
    text = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 6))):
        text = draw(st.sampled_from([edited, relined, truncated]))(draw, text)
    return text


def edited(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 200)))
    put = draw(st.sampled_from([*PIECES, text[start:end] * 2]) | st.text(max_size=20))
    return text[:start] + put + text[end:]


def relined(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    match draw(st.sampled_from(["delete", "duplicate", "swap", "hostile"])):
        case "delete":
            del lines[one]
        case "duplicate":
            lines.insert(other, lines[one])
        case "swap":
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            lines.insert(one, draw(st.sampled_from(PIECES)))
    return "\n".join(lines)


def truncated(draw: st.DrawFn, text: str) -> str:
    return text[: draw(st.integers(0, len(text)))]


@st.composite
def flipped(draw: st.DrawFn) -> bytes:
    """A real file with some bits of it flipped."""
    raw = bytearray(draw(st.sampled_from(REAL)).encode())
    for _ in range(draw(st.integers(1, 8))):
        raw[draw(st.integers(0, len(raw) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(raw)


def check(text: str | bytes) -> None:
    outcome = parse(text, "q.md")
    assert isinstance(outcome, Question | Problems)
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    assert outcome == parse(raw, "q.md")
    if isinstance(outcome, Problems):
        lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        assert 1 <= len(outcome.problems) <= MAX_PROBLEMS + 1
        assert all(1 <= problem.line <= lines for problem in outcome.problems)
        assert all("\n" not in str(problem) and len(str(problem)) < 700 for problem in outcome.problems)


@settings(max_examples=400, deadline=None)
@given(damaged() | flipped())
def test_a_damaged_file_is_a_question_or_problems_and_never_an_exception(text: str | bytes) -> None:
    check(text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet=st.characters(), max_size=300))
def test_any_text_at_all_is_read_without_an_exception(text: str | bytes) -> None:
    head = "---\nformat: 1\n---\n"
    for whole in (text, head + text if isinstance(text, str) else head.encode() + text):
        assert isinstance(parse(whole, "q.md"), Problems)
        assert len(digest(whole)) == 64


@settings(max_examples=100, deadline=None)
@given(damaged())
def test_front_matter_is_read_without_an_exception_where_yaml_has_no_libyaml(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(front_matter, "_LOADER", yaml.SafeLoader)
        check(text)


# --- bounded work ------------------------------------------------------------------------------------------


def calls(work: Callable[[], object]) -> int:
    """How many Python functions ``work`` calls: a measure of time that is the same on every machine."""
    count = 0

    def counting(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


HEAD = VALUE[: VALUE.index("## Prompt")]
LARGEST = [
    "[" * MAX_QUESTION_FILE,
    HEAD + "## Prompt\n\n" + "a" * (MAX_QUESTION_FILE - 1_000),
    HEAD + "## Prompt\n\n" + "[x](" * (MAX_QUESTION_FILE // 5),
    HEAD + "## Prompt\n\n" + "> " * 2_000 + "a",
    HEAD + "## Prompt\n\n" + "- " * 2_000 + "a",
    HEAD + "## Hints\n\n" + "- a\n" * (MAX_LINES - 50),
    HEAD + "## Hints\n\n" + "\n".join("  " * (n % 24) + "- a" for n in range(MAX_LINES - 50)),
    HEAD.replace("value", "choice") + "## Options\n\n" + "- [ ] a\n\n  b\n" * (MAX_LINES // 3 - 20),
    HEAD + "## Wrong answers\n\n" + "### a\n```\n1\n```\n" * (MAX_LINES // 4 - 20),
    HEAD + "## Snippet\n" * (MAX_LINES - 50),
    HEAD + "## Unknown\n" * (MAX_LINES - 50),
    HEAD.replace("title:", f"params: {{a: [{'1, ' * 2_000}]}}\ntitle:") + f"## Snippet\n\n```\n{'$b ' * 60_000}\n```\n",
    HEAD.replace("topics: [", "topics: [" + "a, " * 2_500),
    HEAD.replace("topics: [", "topics: " + "[" * 7_000),
    HEAD + "## Prompt\n\n" + (">- " * 17 + "\n") * 4_800,
    HEAD + "## Prompt\n\n" + ("> 1. " * 10 + "\n") * 4_800,
    HEAD + "## Prompt\n\n" + ("> - " * 10 + "a\n") * 4_800,
    HEAD + "## Prompt\n\n" + ">" * 20 + "a\n" + "b\n" * 4_800,
    HEAD + "## Prompt\n\n" + (">" * 20 + "a\n" + "b\n" * 20) * 228,
    HEAD + "## Prompt\n\n" + ">+ + ```\n    * + > * - 1. * ```\n" * 2_400,
    HEAD + "## Prompt\n\n" + "> >* >a\n    1. - 1. ---\n      1. \n" * 1_600,
    HEAD + "## Prompt\n\n" + ">#\na\n  ><!--\n> >1. > + > ```\n" * 1_200,
    HEAD + "<!--\n" * (MAX_LINES - 50),
    HEAD + "```\n" * (MAX_LINES - 50),
    HEAD + "## Prompt\n\n```\n" + "## Hints\n" * (MAX_LINES - 50) + "```",
]  # fmt: skip


@pytest.mark.parametrize("text", LARGEST, ids=range(len(LARGEST)))
def test_the_worst_file_of_the_largest_size_is_read_in_bounded_steps(text: str) -> None:
    assert isinstance(parse(text, "q.md"), Problems)
    # A sound file of 100 lines takes about 2,500 calls.
    assert calls(lambda: parse(text, "q.md")) < 1_500_000
