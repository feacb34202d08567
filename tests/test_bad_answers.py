"""Every bad answer, one after the other in one chat: each gets a clear sentence, and the next answer works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.chatting import chat, in_order

RIGHT = "def gradient(x):\n    x = x.clone().requires_grad_()\n    (x ** 2).sum().backward()\n    return x.grad\n"

BAD: list[tuple[str, bytes, tuple[str, ...]]] = [
    ("empty", b"", ("empty",)),
    ("blank", b" \n\n\t", ("empty",)),
    ("huge", b"x = 1\n" * 1_800_000, ("64 KiB",)),
    ("latin", "def gradient(x): return 'é'".encode("latin-1"), ("UTF-8",)),
    ("prose", b"I believe the gradient is twice the input.\n", ("code",)),
    ("asks", b"def gradient(x):\n    return float(input())\n", ("Runtime error", "arguments")),
    ("syntax", b"def gradient(x):\n    return = 2\n", ("SyntaxError", "return = 2", "^")),
    (
        "nested",
        b"def gradient(x):\n    return " + b"-" * 60_000 + b"x\n",
        ("nests deeper than",),
    ),
    ("endless", b"def gradient(x):\n    while True: pass\n", ("Time limit", "stopped after 1 s")),
    ("leaves", b"import os\nos._exit(0)\ndef gradient(x): pass\n", ("Runtime error", "status 0")),
    ("misnamed", b"def gradiant(x):\n    return 2 * x\n", ("gradient", "gradiant")),
    ("shape", b"def gradient(x):\n    return (2 * x).sum()\n", ("Wrong answer", "shape")),
    ("dtype", b"def gradient(x):\n    return (2 * x).half()\n", ("Wrong answer", "float16")),
    ("none", b"def gradient(x):\n    2 * x\n", ("Wrong answer", "None", "return")),
    ("nan", b"def gradient(x):\n    return x * float('nan')\n", ("Wrong answer", "NaN")),
    ("prints", b"def gradient(x):\n    while True: print('!' * 999)\n", ("Output limit",)),
    ("memory", b"import torch\ndef gradient(x):\n    return torch.empty(2 ** 34)\n", ("Memory limit",)),
    ("claims", b"class Yes:\n    def __eq__(self, other): return True\ndef gradient(x): return Yes()\n", ("Yes",)),
]


@pytest.fixture
def said(tmp_path: Path, code_question: Path, sandbox: str) -> str:
    """What the chat says to all of them, with the right answer last, wrapped in prose and a fence."""
    commands = []
    for name, content, _ in BAD:
        (tmp_path / f"{name}.py").write_bytes(content)
        commands.append(f"answer {tmp_path / name}.py")
    (tmp_path / "right.md").write_text(f"Here it is:\n\n```py\n{RIGHT}```\n\nHope it helps!\n")
    commands += [f"answer {tmp_path / 'right.md'}", "me"]
    return chat(tmp_path, "\n".join(commands) + "\n", sandbox=sandbox, questions=code_question)


def test_each_bad_answer_gets_a_clear_sentence_and_the_last_one_is_accepted(said: str) -> None:
    # A long path may stand on the line after the verb.
    parts = re.split(r"^> answer\s", said, flags=re.MULTILINE)
    assert len(parts) == 1 + len(BAD) + 1
    for part, (name, _, words) in zip(parts[1:], BAD, strict=False):
        for word in words:
            assert word in " ".join(part.split()), f"{name}: {word!r} is not in\n{part}"
        assert "Traceback" not in part
    in_order(parts[-1], "Accepted", "1 in a row")
