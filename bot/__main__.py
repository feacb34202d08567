"""``python -m bot`` is ``chainrule``."""

from bot.cli import main

main()
