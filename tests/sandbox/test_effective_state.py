"""What holds in a running child, as it reads it of itself and as root sees it from the host, in both kinds of cell."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox.cell.confinement import CPU_SECONDS, MEMORY_BUDGET, OPEN_FILES, PROCESSES, SIGNALS
from sandbox.docker_cell import MEMORY_BYTES
from sandbox.frames import Unconfined
from sandbox.pool import Cells
from sandbox.protocol import Ending
from sandbox.slots import Slot
from tests.sandbox.conftest import OneCell
from tests.sandbox.jobs import answer
from tests.sandbox.leased import AS_ROOT, LeasedCells, block, children, processes

LOOK = """
import ctypes, os, resource

def lines(path):
    with open(path) as file:
        return file.read().splitlines()

LIMITS = ("CPU", "AS", "NPROC", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "SIGPENDING")
GET_PDEATHSIG, GET_DUMPABLE = 2, 3

def prctl(option):
    number = ctypes.c_int(0)
    kept = ctypes.CDLL(None).prctl(option, ctypes.byref(number), 0, 0, 0)
    return number.value if option == GET_PDEATHSIG else kept

def f(x):
    return {
        "status": dict(line.split(":", 1) for line in lines("/proc/self/status")),
        "limits": {name: list(resource.getrlimit(getattr(resource, "RLIMIT_" + name))) for name in LIMITS},
        "mounts": [line.split()[4:6] for line in lines("/proc/self/mountinfo")],
        "out of memory": lines("/proc/self/oom_score_adj"),
        "interfaces": lines("/proc/self/net/dev")[2:],
        "routes": lines("/proc/self/net/route")[1:],
        "addresses": lines("/proc/self/net/fib_trie"),
        "host": os.uname().nodename,
        "environment": dict(os.environ),
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "umask": os.umask(0),
        "folder": os.getcwd(),
        "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
        "when its leader dies": prctl(GET_PDEATHSIG),
        "dumpable": prctl(GET_DUMPABLE),
    }
"""
JUDGES_OWN = "CHAINRULE_NO_DOCKER_HERE"


@pytest.fixture(scope="module")
def mark() -> Iterator[str]:
    """What stands in the judge's environment while the cell starts."""
    with pytest.MonkeyPatch.context() as patch:
        mark = secrets.token_hex(8)
        patch.setenv(JUDGES_OWN, mark)
        yield mark


@pytest.fixture(scope="module")
def one(cells: Cells, mark: str) -> Iterator[OneCell]:
    """A cell of each kind, whose processes can be found."""
    one = OneCell(LeasedCells(cells))
    yield one
    one.close()


@pytest.fixture(scope="module")
def state(one: OneCell) -> Mapping[str, Any]:
    """What one child says of itself."""
    return inside(one, LOOK)


@pytest.fixture
def parked(one: OneCell, state: Mapping[str, Any]) -> int:
    """The host's number for the child that gets the next source."""
    assert one.client is not None
    one.runner.run(one.client.ping())  # it answers once that one is confined
    return min(children(slot_of(one)))


def slot_of(one: OneCell) -> Slot:
    assert isinstance(one.cells, LeasedCells)
    return one.cells.slots[-1]


def inside(one: OneCell, source: str) -> Any:
    """What ``f`` in ``source`` returns."""
    report = one.run(answer(source, wall_ms=60_000))
    assert report.ending is Ending.COMPLETED, report
    assert report.failure is None, report.failure
    return report.trials[0]["result"]


def has_users(one: OneCell) -> bool:
    """Whether children get users of their own; an ordinary user's local cell cannot give them, and says so."""
    return not lacks(one, Unconfined.UID)


def lacks(one: OneCell, wall: Unconfined) -> bool:
    """Whether the cell says that it could not build ``wall``."""
    assert one.client is not None
    return bool(one.client.readiness.unconfined & wall)


NOTHING = "0" * 16
STATUS = {
    "CapEff": NOTHING,
    "CapPrm": NOTHING,
    "CapInh": NOTHING,
    "CapAmb": NOTHING,
    "NoNewPrivs": "1",
    "Seccomp": "2",
    "Threads": "1",
    "TracerPid": "0",
}


@pytest.mark.parametrize(("name", "value"), STATUS.items(), ids=STATUS)
def test_its_status_is(state: Mapping[str, Any], name: str, value: str) -> None:
    assert state["status"][name].strip() == value


def test_no_more_could_ever_be_gained_than_the_zygote_needs(state: Mapping[str, Any]) -> None:
    # SETGID and SETUID: their owner may not drop them from this set, and nothing that could give them may be executed.
    assert int(state["status"]["CapBnd"], 16) & ~0xC0 == 0


def test_it_lives_under_the_childs_filter_and_in_a_container_under_that_ones_too(
    one: OneCell, state: Mapping[str, Any]
) -> None:
    assert int(state["status"]["Seccomp_filters"]) >= {"docker": 2, "local": 1}[one.cells.kind]


def test_all_its_ids_are_one_of_the_block_that_its_cell_was_lent(one: OneCell, state: Mapping[str, Any]) -> None:
    status = state["status"]
    users, groups = ({int(number) for number in status[name].split()} for name in ("Uid", "Gid"))
    if not has_users(one):
        assert (users, groups) == ({os.getuid()}, {os.getgid()})
        return
    assert users == groups
    assert len(users) == 1
    assert users <= set(block(slot_of(one)))
    assert status["Groups"].strip() == ""


def test_no_two_children_share_a_user(one: OneCell, state: Mapping[str, Any]) -> None:
    if not has_users(one):
        pytest.skip("a local cell started by an ordinary user has no users of its own to give")
    first, second = (inside(one, "import os\ndef f(x): return os.getuid()") for _ in range(2))
    assert first != second


def test_the_oom_killer_takes_the_child_first_and_it_cannot_change_that(one: OneCell, state: Mapping[str, Any]) -> None:
    assert state["out of memory"] == ["1000"]
    report = one.run(answer("def f(x): open('/proc/self/oom_score_adj', 'w').write('0')"))
    assert report.failure is not None
    assert report.failure.type in {"PermissionError", "OSError"}


LIMITS = {
    "CPU": CPU_SECONDS,
    "NPROC": PROCESSES,
    "FSIZE": 0,
    "NOFILE": OPEN_FILES,
    "CORE": 0,
    "MEMLOCK": 0,
    "SIGPENDING": SIGNALS,
}


@pytest.mark.parametrize(("name", "limit"), LIMITS.items(), ids=LIMITS)
def test_it_is_limited_to(one: OneCell, state: Mapping[str, Any], name: str, limit: int) -> None:
    if name == "NPROC" and not has_users(one) and lacks(one, Unconfined.PROCESSES):
        pytest.skip("without users or namespaces of its own, the processes of whoever started it would count")
    soft, hard = state["limits"][name]
    assert soft == limit
    # A second between the two lets the kernel say which limit it was.
    assert hard - soft in ({0, 1} if name == "CPU" else {0})


def test_it_may_map_what_its_zygote_did_and_the_budget(one: OneCell, state: Mapping[str, Any]) -> None:
    assert one.client is not None
    soft, hard = state["limits"]["AS"]
    assert soft == hard
    assert abs(soft - MEMORY_BUDGET - one.client.readiness.vm_size_kb * 1024) < 1024 * 1024


@pytest.mark.parametrize(
    ("what", "value"),
    [("umask", 0o022), ("folder", "/"), ("leads", True), ("when its leader dies", 9), ("dumpable", 0)],
)
def test_its_other_state_is(state: Mapping[str, Any], what: str, value: object) -> None:
    assert state[what] == value


def _mounts(state: Mapping[str, Any]) -> dict[str, set[str]]:
    return {point: set(options.split(",")) for point, options in state["mounts"]}


DEVICES = {f"/dev/{name}" for name in ("null", "zero", "random", "urandom")}
ENGINES = {"/", "/proc", "/sys", "/dev", "/dev/pts", "/dev/mqueue", "/tmp"}
NAMES = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}
"""What some engines mount although there is no network."""


def test_only_what_belongs_there_is_mounted(one: OneCell, state: Mapping[str, Any], sandbox_python: Path) -> None:
    found = _mounts(state).keys()
    if one.cells.kind == "docker":
        own = {point for point in found if not point.startswith(("/proc/", "/sys/"))}  # there, to hide what is below
        assert own - NAMES == ENGINES
        return
    shown = [sandbox_python.parent.parent, sandbox_python.resolve().parent.parent, *map(Path, sandbox.__path__)]
    system = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")
    rest = found - DEVICES - {"/", "/proc"}
    assert DEVICES | {"/", "/proc"} <= found
    assert all(any(Path(point).is_relative_to(path) for path in (*system, *shown)) for point in rest)


ALWAYS = {"nosuid", "nodev", "noexec"}
OPTIONS = {
    "docker": {"/": {"ro"}, "/sys": {"ro"} | ALWAYS, "/proc": ALWAYS, "/tmp": ALWAYS, "/dev/mqueue": ALWAYS},
    "local": {"/": {"ro", "nosuid", "nodev"}, "/proc": ALWAYS},
}
WRITABLE = {
    "docker": {"/proc", "/dev", "/dev/pts", "/dev/mqueue", "/tmp", "/sys/fs/cgroup"},
    "local": {"/proc"} | DEVICES,
}
"""Mounts that are not read-only, and whose modes therefore have to keep a child from writing."""


def test_mounts_have_the_options_they_should(one: OneCell, state: Mapping[str, Any]) -> None:
    mounts = _mounts(state)
    wanted = OPTIONS[one.cells.kind]
    assert {point: mounts[point] & options for point, options in wanted.items()} == wanted
    writable = {point for point, options in mounts.items() if "ro" not in options}
    # Engines hide files below /proc behind /dev/null.
    assert {point for point in writable if not point.startswith("/proc/")} <= WRITABLE[one.cells.kind]


def test_nothing_in_the_file_tree_is_writable(one: OneCell, state: Mapping[str, Any]) -> None:
    walk = (
        "import os\ndef f(x): return [os.path.join(top, name) for top, folders, files in os.walk('/')"
        " if not top.startswith('/proc') for name in folders + files + ['.']"
        " if os.access(os.path.join(top, name), os.W_OK) and not os.path.islink(os.path.join(top, name))][:20]"
    )
    assert set(inside(one, walk)) <= {
        f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts/ptmx")
    }


def test_no_network_interface_but_a_silent_loopback_that_leads_nowhere(one: OneCell, state: Mapping[str, Any]) -> None:
    (loopback,) = state["interfaces"]
    name, *counts = loopback.replace(":", " ").split()
    assert name == "lo"
    assert set(counts) == {"0"}
    assert state["routes"] == []
    # An engine switches it on; only the filters keep children of one container from talking by it.
    addresses = {line.split("|-- ")[1] for line in state["addresses"] if "|-- " in line}
    assert addresses <= ({"127.0.0.0", "127.0.0.1", "127.255.255.255"} if one.cells.kind == "docker" else set())


ENVIRONMENT = {
    "PATH",
    "LANG",
    "LC_CTYPE",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONDONTWRITEBYTECODE",
    "TORCHINDUCTOR_CACHE_DIR",
}


def test_its_environment_has_nothing_of_the_judges(one: OneCell, state: Mapping[str, Any], mark: str) -> None:
    assert os.environ[JUDGES_OWN] == mark
    engines = {"HOME", "HOSTNAME"} if one.cells.kind == "docker" else set()
    assert state["environment"].keys() <= ENVIRONMENT | engines
    assert mark not in str(state["environment"])


def test_a_container_has_a_name_of_its_own(one: OneCell, state: Mapping[str, Any]) -> None:
    if one.cells.kind != "docker":
        pytest.skip("a local cell keeps the name of the machine, in a namespace of its own")
    assert state["host"] != os.uname().nodename
    assert int(state["host"], 16) >= 0


def test_only_the_two_pipes_and_the_standard_streams_are_open(state: Mapping[str, Any]) -> None:
    # The directory being listed is a descriptor too.
    assert state["descriptors"] == [0, 1, 2, 3, 4, 5]


@AS_ROOT
def test_what_is_open_is_nothing_and_three_pipes(parked: int) -> None:
    opened = {int(path.name): os.readlink(path) for path in Path(f"/proc/{parked}/fd").iterdir()}
    assert opened.pop(0) == "/dev/null"
    assert opened[1] == opened.pop(2)
    assert opened.keys() == {1, 3, 4}
    assert len(set(opened.values())) == 3
    assert all(target.startswith("pipe:") for target in opened.values())


@AS_ROOT
@pytest.mark.parametrize("name", ["pid", "net", "ipc", "uts", "mnt", "cgroup"])
def test_its_namespace_is_not_the_hosts(one: OneCell, parked: int, name: str) -> None:
    if name == "cgroup" and one.cells.kind == "local":
        pytest.skip("a local cell sees the name of its group, and none of the groups themselves")
    assert os.readlink(f"/proc/{parked}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}")


@AS_ROOT
def test_nothing_of_the_judges_environment_is_in_any_process_of_the_cell(one: OneCell, parked: int, mark: str) -> None:
    assert mark.encode() not in b"".join(Path(f"/proc/{pid}/environ").read_bytes() for pid in processes(slot_of(one)))


GROUP_LIMITS = {
    "memory": (("memory/", "memory.limit_in_bytes", str(MEMORY_BYTES)), ("memory.max", str(MEMORY_BYTES))),
    "memory and swap": (("memory/", "memory.memsw.limit_in_bytes", str(MEMORY_BYTES)), ("memory.swap.max", "0")),
    "processes": (("pids/", "pids.max", "64"), ("pids.max", "64")),
    "a processor's time": (("cpu/", "cpu.cfs_quota_us", "100000"), ("cpu.max", "100000 100000")),
}
"""Where a limit is told, and what it is, in control groups of version 1 (by controller) and of version 2."""


@AS_ROOT
@pytest.mark.parametrize(("first", "second"), GROUP_LIMITS.values(), ids=GROUP_LIMITS)
def test_its_control_group_limits(
    one: OneCell, parked: int, first: tuple[str, str, str], second: tuple[str, str]
) -> None:
    if one.cells.kind == "local":
        pytest.skip("a local cell has no control group of its own; its limits are those of its processes")
    controller, file, limit = first
    groups = {
        name: path.lstrip("/")
        for _, names, path in (line.split(":", 2) for line in Path(f"/proc/{parked}/cgroup").read_text().splitlines())
        for name in names.split(",")
    }
    if controller.rstrip("/") in groups:
        at = Path("/sys/fs/cgroup", controller, groups[controller.rstrip("/")], file)
    else:
        file, limit = second
        at = Path("/sys/fs/cgroup", groups[""], file)
    assert at.read_text().strip() == limit


@AS_ROOT
def test_every_process_of_a_cell_is_in_the_same_control_groups(one: OneCell, parked: int) -> None:
    assert len({Path(f"/proc/{pid}/cgroup").read_text() for pid in processes(slot_of(one))}) == 1
