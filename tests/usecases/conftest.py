from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import open_store
from tests.usecases.town import Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    store = await open_store(f"sqlite:///{tmp_path / 'town.db'}")
    yield Town(store)
    await store.close()
