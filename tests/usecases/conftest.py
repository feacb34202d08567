from collections.abc import AsyncIterator

import pytest

from bot.store import open_store
from tests.usecases.town import Town


@pytest.fixture
async def town(migrated_sqlite_url: str) -> AsyncIterator[Town]:
    store = await open_store(migrated_sqlite_url)
    yield Town(store)
    await store.close()
