"""What fits: on a chat platform, by which questions are proven and cards laid out, and into a question file."""

from __future__ import annotations

DISCORD_MESSAGE = 4_000
"""Characters of all text of one message made of components."""
DISCORD_INPUT = 4_000
DISCORD_FORM_TITLE = 45
SLACK_MESSAGE = 13_000
"""Characters of all blocks of one message; not documented, and refused from about 13,200 on."""
SLACK_SECTION = 3_000
SLACK_HEADER = 150
SLACK_INPUT = 3_000
MAX_QUESTION_FILE = 256 * 1024
"""Bytes of a question file: far more than any has, and little enough to parse."""
