"""What stands in the modals that are open now, as far as this process knows."""

from __future__ import annotations

import time
from collections import OrderedDict

UNSETTLED_SECONDS = 1.0
_KEPT = 2_000


class Views:
    """Keeps a late verdict from wiping out a form somebody is filling in.

    A modal this process knows nothing about may be written to: Slack says itself when it is closed. So may one that
    has not shown the message here yet: then another process took the form that stood there.
    """

    def __init__(self) -> None:
        self._slots: OrderedDict[str, str | None] = OrderedDict()
        self._left: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._answered: OrderedDict[str, float] = OrderedDict()

    def holds(self, view: str, slot: str) -> None:
        """The modal shows the message of ``slot`` now; the empty one stands for a form, or for what has no slot."""
        self._remember(view, slot)

    def leaves(self, view: str, slot: str) -> None:
        """The message of ``slot`` stood in the modal, and is about to make room."""
        self._left[view, slot] = None
        while len(self._left) > _KEPT:
            self._left.popitem(last=False)

    def answered(self, view: str) -> None:
        """An acknowledgement that changes the modal has just been sent."""
        self._answered[view] = time.monotonic()
        while len(self._answered) > _KEPT:
            self._answered.popitem(last=False)

    def is_unsettled(self, view: str) -> bool:
        """Whether Slack may still be about to act on such an acknowledgement, over what was shown after it.

        Of a modal this process knows nothing about, another one may just have sent it.
        """
        if view not in self._slots:
            return True
        return time.monotonic() - self._answered.get(view, float("-inf")) < UNSETTLED_SECONDS

    def closed(self, view: str) -> None:
        """Whoever it was shown to has closed it."""
        self._remember(view, None)

    def takes(self, view: str, slot: str) -> bool:
        """Whether what is new in ``slot`` belongs into that modal."""
        known = self._slots.get(view, slot)
        return known == slot or (known is not None and (view, slot) not in self._left)

    def _remember(self, view: str, slot: str | None) -> None:
        before = self._slots.get(view)
        if before and before != slot:
            self.leaves(view, before)
        self._slots[view] = slot
        self._slots.move_to_end(view)
        while len(self._slots) > _KEPT:
            self._slots.popitem(last=False)
