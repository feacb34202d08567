"""What learners wrote and did not submit, so that a form can open with it."""

from __future__ import annotations

from collections import OrderedDict

from bot.core.records import Learner, Posting
from bot.core.sizes import DISCORD_INPUT

MOST = 2_000
"""Drafts kept; the oldest goes. With the longest of them that is a few megabytes."""


class Drafts:
    """The latest draft of each learner on each posting, for as long as this process runs."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[tuple[int, int], str] = OrderedDict()

    def keep(self, posting: Posting, learner: Learner, text: str) -> None:
        """Remember ``text``, if a form has room for it."""
        self.drop(posting, learner)
        if len(text) <= DISCORD_INPUT:
            self._drafts[posting.id, learner.id] = text
        while len(self._drafts) > MOST:
            self._drafts.popitem(last=False)

    def of(self, posting: Posting, learner: Learner) -> str:
        """The draft; empty where there is none."""
        return self._drafts.get((posting.id, learner.id), "")

    def forget(self, learner: Learner) -> None:
        """Forget all of a learner's."""
        for key in [key for key in self._drafts if key[1] == learner.id]:
            del self._drafts[key]

    def drop(self, posting: Posting, learner: Learner) -> None:
        """Forget it: something was submitted."""
        self._drafts.pop((posting.id, learner.id), None)
