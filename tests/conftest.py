"""Docker in tests: what carries the mark `docker` needs an engine and the image, and says so where they are missing."""

import asyncio
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from sandbox.docker_cell import DockerCells, engine_status
from sandbox.engine_facts import EngineStatus

ROOT = Path(__file__).resolve().parent.parent

# By default a traceback is drawn with all locals, which takes seconds.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

pytest_plugins = ["tests.cells", "tests.chatting", "tests.databases", "tests.sandbox.attacks.summary"]


@functools.cache
def _found() -> EngineStatus:
    asked = engine_status(os.environ.get("DOCKER_HOST"), os.environ.get("CHAINRULE_IMAGE"))
    with ThreadPoolExecutor(1) as elsewhere:  # a test's event loop may be current in this thread
        return elsewhere.submit(asyncio.run, asked).result()


_NEEDS_DOCKER = "needs Docker"


def _missing() -> str:
    return os.environ.get("CHAINRULE_NO_DOCKER") or _found().advice


@pytest.fixture(scope="session")
def engine() -> EngineStatus:
    """The engine that answers: its `host`, and the `image` of a cell on it."""
    return _found()


@pytest.fixture(scope="session")
def docker_cells(engine: EngineStatus) -> DockerCells:
    """Starts cells on that engine."""
    return DockerCells(engine.host, engine.image)


@pytest.fixture(scope="session")
def sandbox_python() -> Path:
    """An interpreter that has torch, for local cells."""
    python = Path(os.environ.get("CHAINRULE_SANDBOX_PYTHON") or ROOT / ".venv-sandbox/bin/python")
    if not python.exists():
        pytest.fail(f"{python} is missing; `make test` sets it up", pytrace=False)
    return python


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.docker)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") and (missing := _missing()):
        if os.environ.get("CHAINRULE_REQUIRE_DOCKER"):
            pytest.fail(f"CHAINRULE_REQUIRE_DOCKER is set, but {missing}", pytrace=False)
        pytest.skip(_NEEDS_DOCKER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # From the reports, not from what this process did: tests may run in others.
    reasons = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    if skipped := [reason for reason in reasons if _NEEDS_DOCKER in reason]:
        terminalreporter.write_line(f"*** {len(skipped)} DOCKER TESTS SKIPPED: {_missing()} ***", red=True, bold=True)
