"""How a PostgreSQL server is reached, and how long one that says nothing is waited for."""

from __future__ import annotations

from sqlalchemy import URL, make_url

UNLESS_SET = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What the URL does not say itself: a host that vanished, which closes no connection, is given up after 20 s. The
system would wait a quarter of an hour for the answer to what was sent, and two hours where nothing was."""


def bounded(url: URL) -> URL:
    """The same server, not waited for without end."""
    return url.set(query={**UNLESS_SET, **url.query})


def conninfo(url: str) -> str:
    """What the driver itself connects by, without SQLAlchemy."""
    from psycopg.conninfo import make_conninfo

    address = bounded(make_url(url)).set(drivername="postgresql+psycopg")
    _, parts = address.get_dialect()().create_connect_args(address)
    return make_conninfo(**parts)
