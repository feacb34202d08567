"""The effective state of a child, read from inside a running one."""

from __future__ import annotations

import pytest

from sandbox.frames import Unconfined
from sandbox.protocol import Ending
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer

STATUS = """
def f(x):
    lines = open('/proc/self/status').read().splitlines()
    return dict(line.split(':', 1) for line in lines if ':' in line and len(line) < 500)
"""


def _inside(cell: OneCell, body: str) -> object:
    report = cell.run(answer(f"import os, resource\ndef f(x):\n    {body}", wall_ms=60_000))
    assert report.ending is Ending.COMPLETED, report
    assert report.failure is None, report.failure
    return report.trials[0]["result"]


def test_a_child_has_no_privilege_and_runs_under_a_filter(cell: OneCell) -> None:
    status = cell.run(answer(STATUS)).trials[0]["result"]
    assert isinstance(status, dict)
    read = {key: str(value).strip() for key, value in status.items()}
    assert read["CapEff"] == read["CapPrm"] == read["CapInh"] == read["CapAmb"] == "0" * 16
    assert (read["NoNewPrivs"], read["Seccomp"], read["Threads"]) == ("1", "2", "1")
    assert read["Uid"].split()[0] != "0"
    assert len(set(read["Uid"].split())) == 1
    assert read["Groups"] == "" or not has_users(cell)


def has_users(cell: OneCell) -> bool:
    """Whether children get users of their own; an ordinary user's local cell cannot give them, and says so."""
    assert cell.client is not None
    return not cell.client.readiness.unconfined & Unconfined.UID


def test_no_two_children_share_a_user(cell: OneCell) -> None:
    cell.run(answer(STATUS))
    if not has_users(cell):
        pytest.skip("a local cell started by an ordinary user has no users of its own to give")
    first, second = (_inside(cell, "return os.getuid()") for _ in range(2))
    assert first != second


def test_the_oom_killer_takes_the_child_first_and_it_cannot_change_that(cell: OneCell) -> None:
    assert _inside(cell, "return open('/proc/self/oom_score_adj').read()") == "1000\n"
    report = cell.run(answer("def f(x): open('/proc/self/oom_score_adj', 'w').write('0')"))
    assert report.failure is not None
    assert report.failure.type in {"PermissionError", "OSError"}


def test_only_the_two_pipes_and_the_standard_streams_are_open(cell: OneCell) -> None:
    # The directory being listed is a descriptor too.
    assert _inside(cell, "return sorted(int(n) for n in os.listdir('/proc/self/fd'))") == [0, 1, 2, 3, 4, 5]


def test_no_network_interface_but_a_silent_loopback(cell: OneCell) -> None:
    lines = _inside(cell, "return open('/proc/self/net/dev').read()")
    assert isinstance(lines, str)
    assert [line.split(":")[0].strip() for line in lines.splitlines()[2:]] == ["lo"]


def test_nothing_in_the_file_tree_is_writable(cell: OneCell) -> None:
    body = (
        "return [os.path.join(top, name) for top, folders, files in os.walk('/')"
        " if not top.startswith('/proc') for name in folders + files + ['.']"
        " if os.access(os.path.join(top, name), os.W_OK) and not os.path.islink(os.path.join(top, name))][:20]"
    )
    assert set(_inside(cell, body)) <= {  # type: ignore[call-overload]
        f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts/ptmx")
    }
