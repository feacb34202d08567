import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import Unreadable, read_code
from sandbox.protocol import MAX_SOURCE

F = "def f(x):\n    return x"
DOCUMENTED = f'"""Doc.\n\n```python\nf(2)\n```\n>>> f(2)\n2\n"""\n{F}'


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (F, F),
        (f"```python\n{F}\n```", F),
        (f"```\n{F}\n```", F),
        (f"~~~py\n{F}\n~~~", F),
        (f'```py title="answer.py"\n{F}\n```', F),
        (f"```{{.python}}\n{F}\n```", F),
        (f"````python\n{F}\n````", F),
        (f"```python\n{F}", F),
        (f"{F}\n```", F),
        (f"```{F}```", F),
        (f"```py\n{F}``` and that is it", F),
        ("```py x = 1```", "x = 1"),
        ("my answer: ```f = lambda x: x```", "f = lambda x: x"),
        (f"Here's what I've got:\n```python\n{F}\n```\nHope it's right!", F),
        ("```python\na = 1\n```\nthen\n```\nb = 2\n```", "a = 1\nb = 2"),
        (f"```python\n{F}\n```\nprints\n```text\n4\n```", F),
        (f"Here is my answer:\n\n{F}\n\nHope it is right.", F),
        (f"`{F}`", F),
        ("`x = 1`\n`y = 2`", "x = 1\ny = 2"),
        ("    def f(x):\n        return x", F),
        ("  ```python\n  def f(x):\n      return x\n  ```", F),
        ("\ufeffdef f(x):\r\n\u00a0\u00a0\u00a0\u00a0return\u200b x\r\n", F),
        (f"python\n{F}", F),
        (f"Python3:\n{F}", F),
        (">>> def f(x):\n...     return x\n...\n>>> f(2)\n4", "def f(x):\n    return x\n\nf(2)"),
        ("In [3]: def f(x):\n   ...:     return x\n\nIn [4]: f(2)\nOut[4]: 4", "def f(x):\n    return x\nf(2)"),
        ("In [3]:\ndef f(x):\n    return x\nOut[3]:\n4", F),
        ("&gt;&gt;&gt; x = 1\n&gt;&gt;&gt; y = x", "x = 1\ny = x"),
        ("def f(x) -&gt; int:\n    return x &lt; 3 &amp; 1", "def f(x) -> int:\n    return x < 3 & 1"),
        ("def f(x):\n    return {‘a’: “it’s”}", "def f(x):\n    return {'a': \"it’s\"}"),
        ('print("hello”)', 'print("hello")'),
        ("“””doc”””\nx = 1", '"""doc"""\nx = 1'),
        ("def f(x):\n    return x − 1", "def f(x):\n    return x - 1"),
    ],
)
def test_what_chats_do_to_code_is_undone(sent: str, code: str) -> None:
    assert read_code(sent) == code + "\n"
    assert read_code(sent.encode()) == code + "\n"


@pytest.mark.parametrize(
    "code",
    [
        DOCUMENTED,
        "def f(x):\n    return '“'  # “quoted”",
        'def f(x):\n    """He said “hi” − twice…"""\n    return x',
        's = "&lt;"\nx = [s]',
        "x = 1 < 2\ns = '&lt;'",
        "a, b, c = 1, 2, 3",
        "print('one two three four')",
        "match x:\n    case 1:\n        pass",
        "def f(x:\n    return x",
        "retrun x\nimport torch",
        "improt numpy as np\ndef f(x):\n    return x",
        "def f(x)\n    return x",
        'x = """never closed\n```\n',
    ],
)
def test_code_right_or_broken_is_left_as_it_is(code: str) -> None:
    assert read_code(code) == code.strip("\n") + "\n"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("", "empty"),
        (" \n\t\u200b", "empty"),
        ("```python\n```", "no code"),
        ("I think the gradient is 2x, because of the chain rule", "no code"),
        ("The gradient of f(x) is 2x", "no code"),
        ("[4, 6]", "no code"),
        ("# nothing yet", "no code"),
        (b"\xff\xfex\x00", "not UTF-8"),
        (b"x = 1\x00", "not UTF-8"),
        ("x = 1 #" + "é" * 40_000, "78.1 kB; at most 64.0 kB"),
        ("x" * 10_000_000, "9.5 MB"),
        (b"```\n" * 2_500_000, "9.5 MB"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(sent: str | bytes, says: str) -> None:
    answer = read_code(sent)
    assert isinstance(answer, Unreadable)
    assert says in answer.message


def test_a_text_without_code_is_answered_with_an_example() -> None:
    answer = read_code("no idea")
    assert isinstance(answer, Unreadable)
    assert "def f(x): return x * 2" in answer.message


def test_a_lone_surrogate_does_not_stop_the_reading() -> None:
    assert read_code("x = '\ud800'") == "x = '?'\n"


PIECES = ["```", "~~~", "python", "\n", '"', "'", '"""', "“", "”", "’", "`", ">>> ", "... ", "In [1]:", "Out[1]:"]
PIECES += [
    "&lt;",
    "&",
    "<",
    "\\",
    "#",
    "def f(x):",
    " ",
    "    ",
    "x = 1",
    "words in a row",
    "\u200b",
    "\ud800",
    "\0",
    "…",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join))
def test_any_text_becomes_source_or_a_sentence(sent: str) -> None:
    answer = read_code(sent)
    if isinstance(answer, Unreadable):
        assert answer.message
    else:
        assert answer.endswith("\n")
        assert 0 < len(answer.encode()) <= MAX_SOURCE


@given(st.binary(max_size=200))
def test_any_bytes_become_source_or_a_sentence(sent: bytes) -> None:
    assert isinstance(read_code(sent), str | Unreadable)


@given(
    st.lists(st.sampled_from(["x = 1", "y = x + 2", "def g(a):", "    return a", "", "# note"]), min_size=1).map(
        "\n".join
    )
)
def test_reading_twice_changes_nothing_more(sent: str) -> None:
    once = read_code(sent)
    if isinstance(once, str):
        assert read_code(once) == once


@pytest.mark.parametrize(
    "unit", ['"', "'", "`", "“", '"""', '"\\', "a ", "a.", "if : ", "```\n", ">>> ", "In [1]:", "&gt;"]
)
def test_the_longest_answers_made_of_one_mark_are_read(unit: str) -> None:
    # A quadratic pattern would take hours here: 64 kB of each.
    assert isinstance(read_code(unit * (MAX_SOURCE // len(unit.encode()))), str | Unreadable)


LOST = ["def f(x):     z = x**2     return 2 * x", "import torch  def f(x):     z = x     return z"]


@pytest.mark.parametrize("text", LOST)
def test_code_whose_line_breaks_a_slash_command_took_is_no_attempt(text: str) -> None:
    answer = read_code(text)
    assert isinstance(answer, Unreadable)
    assert "line breaks" in answer.message


@pytest.mark.parametrize("text", ["def f(x): return 2 * x", "def f(x):  return 2 * x", "f = lambda x: 2 * x"])
def test_a_function_on_one_line_is_code(text: str) -> None:
    assert read_code(text) == f"{text}\n"
