"""What fits on a chat platform, in characters: questions are proven by it, and cards are laid out by it."""

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
