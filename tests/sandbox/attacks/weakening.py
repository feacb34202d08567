"""Cells with a defence switched off, to show that an attack would succeed without it.

Only ever in a container, whose own walls (no network, a PID namespace, limits of memory and processes) stay. The cell
program has no switches: what is left out is patched in the container's first process before the program starts.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import docker

from sandbox.docker_cell import DockerCells

OUTSIDE = "comparing outside"
HIDDEN = "hidden trials"
EVERY = "every trial"
OF_THE_JUDGE = frozenset({OUTSIDE, HIDDEN, EVERY})
"""Those that are no part of a cell: a checker in the learner's process instead of a judge (see
:mod:`tests.sandbox.attacks.naive`), scoring on the trials that are shown, and scoring on one trial only."""

START = """
import os, runpy, sys, types
os.environ["OMP_NUM_THREADS"] = "1"  # a patch may import torch before the cell program says so
sys.path.insert(0, "/opt/chainrule")
later = {later}
sys.modules.update((name, types.ModuleType(name)) for name in later)
{patches}
if later:
    from sandbox.cell import warming
    assert warming.thorough
    def no_more():
        for name in later:
            del sys.modules[name]
    warming.thorough = no_more
runpy.run_path("/opt/chainrule/sandbox/cell/__main__.py", run_name="__main__")
"""
"""What a cell only does so that a learner need not wait for it later is left out: it is most of what a start takes."""
LATER = ("torch._dynamo", "torch.fx.experimental.symbolic_shapes")


@dataclass(frozen=True, slots=True)
class Weakening:
    """``patch`` is run before the cell program; ``options`` replace those of the container.

    ``plants`` puts a Python beside the image's own that makes whoever starts it root. ``whole`` imports all that a cell
    does: for tensors that a child could not make otherwise.
    """

    patch: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    plants: bool = False
    whole: bool = False


def _kept_capability(name: str) -> Weakening:
    """One more than a cell's container has; for a child that keeps its user, since changing it takes them all."""
    return Weakening(
        "from sandbox.cell import system\nsystem.keep_capabilities = lambda kept: None",
        {"CapAdd": ["SETUID", "SETGID", name]},
    )


GENEROUS = """
from sandbox import frames
class Generous:
    size = frames.JOB_LIMITS.size
    def unpack(self, raw, real=frames.JOB_LIMITS):
        wall, output, *more = real.unpack(raw)
        return wall * 20, output * 1000, *more
frames.JOB_LIMITS = Generous()
"""
"""Twenty times the time and a thousand times the output: a test must still come to an end."""

LEADERS_ONLY = """
import os
kill_any = os.kill
def kill_leaders(pid, number):
    if pid != -1:
        return kill_any(pid, number)
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                session = stat.read().rpartition(")")[2].split()[3]
            if session == name and name != str(os.getpid()):
                kill_any(int(name), number)
        except OSError:
            pass
os.kill = kill_leaders
"""
"""Leaders of a session, as every child is, instead of all that run as its user."""

ALL_BUT_THE_JUDGES = """
import os
from sandbox.cell import system
judges = {os.fstat(0).st_ino, os.fstat(1).st_ino}
def close_most(first):
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        try:
            if descriptor >= first and os.fstat(descriptor).st_ino not in judges:
                os.close(descriptor)
        except OSError:
            pass  # that of the listing itself
system.close_from = close_most
"""
"""A child with the other end of its own pipe of source would wait for ever for that to end."""

AS_PYTHON_EXITS = """
import atexit, threading
from sandbox import frames
pack_at_once = frames.pack_result
def pack_at_exit(payload):
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    return pack_at_once(payload)
frames.pack_result = pack_at_exit
"""
"""What an interpreter does before it is gone comes before the result, as where a result is what a process leaves."""

CARELESS = """
import ctypes
from sandbox.cell import harness, observation
from sandbox.values import TensorValue
def careless(thing, depth=0, room=None):
    if isinstance(thing, observation.torch.Tensor):
        thing = thing.dequantize() if thing.is_quantized else thing.to_dense() if thing.is_sparse else thing
        size = thing.numel() * thing.element_size()
        data = bytes((ctypes.c_char * size).from_address(thing.data_ptr()))
        return TensorValue(str(thing.dtype).removeprefix("torch."), tuple(thing.shape), data)
    if isinstance(thing, (list, tuple)):
        return [careless(item) for item in thing]
    if isinstance(thing, dict):
        return {key: careless(item) for key, item in thing.items()}
    return careless(thing.item()) if type(thing).__module__ == "numpy" else thing
observation.to_value = harness.to_value = careless
"""
"""What a tensor says of itself is believed, and as many bytes read from where it says that it begins."""

WEAKENINGS: Mapping[str, Weakening] = {
    "filter": Weakening(
        "from sandbox.cell import confinement\nconfinement.seccomp_program = lambda: b''",
        {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]},
    ),
    "user": Weakening("import os\nos.setresuid = os.setresgid = lambda *ids: None"),
    "limits": Weakening("from sandbox.cell import confinement\nconfinement._limit = lambda *limits: None"),
    "frame header": Weakening(
        "from sandbox import frames\nframes.result_length = lambda head, limit=0: int.from_bytes(head[8:12], 'little')"
    ),
    "closed descriptors": Weakening(ALL_BUT_THE_JUDGES),
    "timer": Weakening(
        "from sandbox import frames\n"
        "class Patient:\n"
        "    size = frames.JOB_LIMITS.size\n"
        "    def unpack(self, raw, of=frames.JOB_LIMITS):\n"
        "        wall_ms, *rest = of.unpack(raw)\n"
        "        return (10 * wall_ms, *rest)\n"
        "frames.JOB_LIMITS = Patient()"
    ),
    "memory": Weakening(options={"Memory": 2 << 30, "MemorySwap": 2 << 30}),
    "job limits": Weakening(GENEROUS),
    "killing all": Weakening(LEADERS_ONLY),
    "watching the process": Weakening("import os\nos.pidfd_open = lambda pid, flags=0: os.eventfd(0)"),
    "sending first": Weakening(AS_PYTHON_EXITS),
    "care with texts": Weakening(
        "from sandbox.cell import failing\n"
        "failing._message, failing.name_of = str, lambda error: type(error).__name__\n"
        "failing._plain = lambda error: True"
    ),
    "careful reading": Weakening(CARELESS, whole=True),
    "layout first": Weakening(
        "from sandbox.cell import observation\nobservation._refuse_layout = lambda layout: None", whole=True
    ),
    "replaced surrogates": Weakening(
        "from sandbox import values\n"
        "class Strict(str):\n"
        "    def encode(self, encoding='utf-8', errors='strict'):\n"
        "        return str.encode(self, encoding)\n"
        "def strict(self, value, depth, write=values._Writer.value):\n"
        "    write(self, Strict(value) if isinstance(value, str) else value, depth)\n"
        "values._Writer.value = strict"
    ),
    "base methods": Weakening(
        "from sandbox.cell import observation\n"
        "def trusting(thing, depth=0, careful=observation.to_value):\n"
        "    if isinstance(thing, list):\n"
        "        return [trusting(item) for item in thing]\n"
        "    if isinstance(thing, dict):\n"
        "        return {str(key): trusting(item) for key, item in thing.items()}\n"
        "    kind = next((kind for kind in (float, str) if isinstance(thing, kind)), careful)\n"
        "    return kind(thing)\n"
        "observation.to_value = trusting"
    ),
    "saved user": Weakening(
        "import os\n"
        "def changed(real, effective, saved, change=os.setresuid):\n"
        "    change(real, effective, 0)\n"
        "os.setresuid = changed"
    ),
    "dumpable": Weakening(
        "from sandbox.cell import system\n"
        "def dumpable(option, *arguments, prctl=system.prctl):\n"
        "    prctl(option, *arguments)\n"
        "    if option != system.PR_SET_SECCOMP:\n"  # behind the filter it is refused
        "        prctl(system.PR_SET_DUMPABLE, 1)\n"
        "system.prctl = dumpable\n"
        "def die_with_parent(die=system.die_with_parent):\n"
        "    die()\n"
        "    system.prctl(system.PR_SET_DUMPABLE, 1)\n"
        "system.die_with_parent = die_with_parent"
    ),
    "new privileges": Weakening(
        "from sandbox.cell import system\n"
        "def silent(option, *arguments, prctl=system.prctl):\n"
        "    if option != system.PR_SET_NO_NEW_PRIVS:\n"
        "        prctl(option, *arguments)\n"
        "system.prctl = silent",
        {"SecurityOpt": ["seccomp=unconfined"]},
    ),
    "small image": Weakening(options={"ReadonlyRootfs": False}, plants=True),
    "closed places": Weakening(  # in the image /tmp is closed from the start
        "import os\nfrom pathlib import Path\nPath.chmod = lambda self, mode: os.chmod(self, 0o1777)"
    ),
    "shared memory": Weakening(options={"IpcMode": "private"}),
    "read-only paths": Weakening(options={"ReadonlyPaths": []}),
    "core limits": Weakening(options={"Ulimits": []}),
    **{f"capability {name}": _kept_capability(name) for name in ("DAC_READ_SEARCH", "SYS_ADMIN", "SYSLOG")},
}
"""What can be switched off, by name."""


class WeakCells(DockerCells):
    """Docker cells without the defences named."""

    def __init__(self, cells: DockerCells, without: Sequence[str]) -> None:
        super().__init__(cells.host, cells.image)
        self._weakenings = [WEAKENINGS[name] for name in without]

    def _connected(self) -> docker.APIClient:
        if self._client is None:
            self._client = _Weakened(self.host, self._weakenings)
        return self._client


class _Weakened(docker.APIClient):
    """Creates containers with other options and another start than it is asked for."""

    def __init__(self, host: str, weakenings: Sequence[Weakening]) -> None:
        super().__init__(base_url=host, version="auto")
        self._weakenings = weakenings

    def create_container(self, image: str, **asked: Any) -> dict[str, Any]:
        host_config = asked.pop("host_config")
        for weakening in self._weakenings:
            host_config |= weakening.options
        later = () if any(weakening.whole for weakening in self._weakenings) else LATER
        program = START.format(patches="\n".join(weakening.patch for weakening in self._weakenings), later=later)
        entry = ["/opt/venv/bin/python3", "-I", "-c", program]
        made: dict[str, Any] = super().create_container(image, entrypoint=entry, host_config=host_config, **asked)
        if any(weakening.plants for weakening in self._weakenings):
            self._plant(made["Id"])
        return made

    def _plant(self, container: str) -> None:
        _, link = self.get_archive(container, "/opt/venv/bin/python3")
        chunks, _ = self.get_archive(container, link["linkTarget"])
        planted = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as found,
            tarfile.open(fileobj=planted, mode="w") as archive,
        ):
            (python,) = found.getmembers()
            python.name, python.mode, python.uid = "planted", 0o4755, 0
            archive.addfile(python, found.extractfile(python))
        self.put_archive(container, "/usr/bin", planted.getvalue())
