"""A deployment on a real PostgreSQL and a real engine, of which nothing runs yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.engine_facts import EngineStatus
from tests.databases import Databases, PostgresServer
from tests.queued.deployment import Deployment, a_deployment


@pytest.fixture
async def deployment(
    tmp_path: Path, postgres: Databases, postgres_server: PostgresServer, engine: EngineStatus
) -> AsyncIterator[Deployment]:
    async with a_deployment(tmp_path, postgres("migrated"), postgres_server, engine) as deployment:
        yield deployment
