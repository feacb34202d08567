"""The naive checkers are no straw men: on answers that mean no harm, each says what is so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.docker_cell import DockerCells
from tests.sandbox.attacks.naive import CHECKERS
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import SQUARE, answer

WRONG = SQUARE.replace("** 2", "** 3")


@pytest.fixture(scope="module")
def container(docker_cells: DockerCells) -> Iterator[OneCell]:
    one = OneCell(docker_cells)
    yield one
    one.close()


@pytest.mark.parametrize("name", CHECKERS)
def test_a_naive_checker_tells_right_from_wrong(name: str, container: OneCell) -> None:
    checker = CHECKERS[name]
    right, wrong = (
        checker.outcome(container.run(answer(checker.applied(code), entry="gradient"))) for code in (SQUARE, WRONG)
    )
    assert right == "verdict accepted"
    assert wrong in ("verdict wrong answer", "no verdict")
