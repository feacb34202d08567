"""Waiting for what comes of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

LOOK_SECONDS = 0.1


async def until(happened: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Wait until something is so; that it never is ends the test."""
    async with asyncio.timeout(seconds):
        while True:
            if await happened():
                return
            await asyncio.sleep(LOOK_SECONDS)
