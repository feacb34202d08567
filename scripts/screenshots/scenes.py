"""The scenes that are drawn: a day among four people, on whichever chat it is played."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from bot.authoring.template import template
from tests.players import Player

MORNING = datetime(2026, 1, 1, 9, tzinfo=UTC)
"""When the day is played: nine hours after the simulated Discord begins."""
_MEAN = """import torch


def gradient(x):
    x = x.detach().clone().requires_grad_(True)
    (x**2).mean().backward()
    return x.grad
"""
_SUM = _MEAN.replace("mean", "sum")
_UPLOADED = template("gradient-of-a-mean", "value")


class Stage(Protocol):
    """Four people on one platform, and a camera over somebody's shoulder."""

    @property
    def ada(self) -> Player:
        """Whom most pictures are of."""

    @property
    def others(self) -> tuple[Player, Player]:
        """Two more learners."""

    @property
    def admin(self) -> Player:
        """Who runs the community."""

    async def draw(self, name: str, who: Player) -> None:
        """A picture of what is in front of ``who``: the open form, else the newest message."""

    async def a_minute_later(self) -> None:
        """Until the counter on the posting may move again."""


Play: TypeAlias = Callable[[Stage], Awaitable[None]]


async def play(stage: Stage) -> None:
    """Every scene once. The others answer first, so that counter and board have something to tell."""
    await stage.admin.says("gradadmin post-now")
    await stage.admin.sees()
    for somebody, answers in zip(stage.others, ((_SUM,), (_MEAN, _MEAN)), strict=True):
        for answer in answers:
            await _answer(somebody, answer)
    await stage.a_minute_later()
    await stage.draw("posting", stage.ada)
    await _opened(stage.ada)
    await stage.draw("form", stage.ada)
    await stage.ada.fills(_MEAN)
    await stage.ada.sees()
    await stage.draw("failing", stage.ada)
    await stage.ada.presses("Fix and retry")
    await stage.ada.form()
    await stage.ada.fills(_SUM)
    await stage.ada.sees()
    await stage.draw("accepted", stage.ada)
    await _answer(stage.others[1], _SUM)
    await stage.ada.presses("Leaderboard")
    await stage.ada.sees()
    await stage.draw("board", stage.ada)
    await stage.admin.says("gradadmin question upload", _UPLOADED)
    await stage.admin.sees()
    await stage.draw("upload", stage.admin)


async def _answer(who: Player, text: str) -> None:
    await _opened(who)
    await who.fills(text)
    await who.sees()


async def _opened(who: Player) -> None:
    await who.says("answer")
    await who.form()
