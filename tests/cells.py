"""Fixtures for tests that run code: a way of starting cells, of each kind there is."""

from __future__ import annotations

import pytest

from sandbox.local_cell import LocalCells
from sandbox.pool import Cells


@pytest.fixture(scope="session", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def cells(request: pytest.FixtureRequest) -> Cells:
    """A way of starting cells; a test that takes it runs once with each."""
    if request.param == "local":
        return LocalCells(request.getfixturevalue("sandbox_python"))
    found: Cells = request.getfixturevalue("docker_cells")
    return found
