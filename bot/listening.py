"""A port of this process, at which programs ask it something over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

_LAST_SECONDS = 3.0


class CannotListen(Exception):
    """The address is taken, or is none of this host's; the message names the variable it came from."""


@contextlib.asynccontextmanager
async def listening(app: web.Application, address: str, variable: str) -> AsyncIterator[str]:
    """Answer by ``app`` at ``address``, ``host:port``, while the block lasts: where, which tells port 0 apart.

    Requests under way are answered when it ends. Raises :class:`CannotListen`.
    """
    host, _, port = address.rpartition(":")
    # No access log: what is asked for may hold what belongs into none.
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_LAST_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host.strip("[]"), int(port))
        try:
            await site.start()
        except OSError as fault:
            reason = fault.strerror or type(fault).__name__
            raise CannotListen(
                f"{variable} is {address}, where this process cannot listen ({reason}). Name another port, or end "
                "whoever listens there."
            ) from fault
        yield "{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()
