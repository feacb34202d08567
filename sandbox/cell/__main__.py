"""Start of a cell: ``python -I .../sandbox/cell/__main__.py UID_BASE [jail]``, control frames on stdin and stdout.

``UID_BASE`` is the first user id of the block leased to this cell, or ``-`` where users cannot be changed.
``jail`` builds the local cell's own walls; in a container the engine has built them.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.cell.confinement import Confinement
    from sandbox.frames import Unconfined


def main(arguments: list[str]) -> None:
    """Build the walls, import torch, serve. Never returns normally before the control stream ends."""
    uid_base = None if arguments[0] == "-" else int(arguments[0])
    jailed = "jail" in arguments[1:]
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the console
    from sandbox.cell import jail, system
    from sandbox.cell.confinement import seccomp_program
    from sandbox.cell.leader import Leader, control_stream
    from sandbox.cell.reaper import Reaper
    from sandbox.cell.zygote import InProcess, Zygote
    from sandbox.frames import UIDS_PER_CELL, Unconfined

    unconfined = jail.enter(jail.needed_paths()) if jailed else Unconfined(0)
    if not seccomp_program():
        unconfined |= Unconfined.SYSCALLS
    if uid_base is None:
        unconfined |= Unconfined.UID
        control = control_stream()
        forker = InProcess(partial(_prepare, None, unconfined, jailed=jailed))
        Leader(control, forker, None, None).serve(unconfined)
        return
    reaper = Reaper(uid_base + UIDS_PER_CELL - 1)
    control = control_stream()
    zygote = Zygote(partial(_prepare, uid_base, unconfined, jailed=jailed))
    system.keep_capabilities(())
    system.prctl(system.PR_SET_DUMPABLE, 0)
    Leader(control, zygote, uid_base, reaper).serve(unconfined)


def _prepare(uid_base: int | None, unconfined: Unconfined, *, jailed: bool) -> Confinement:
    """Make this process one whose forks are children; nobody else's files are written from here on."""
    from sandbox.cell import jail, memory, system
    from sandbox.cell.confinement import Confinement, seccomp_program
    from sandbox.frames import Unconfined

    _import_torch()
    if not jailed:
        _close_container()
    elif not unconfined & Unconfined.FILES:
        jail.seal()
    if uid_base is not None:
        system.keep_capabilities((system.CAP_SETUID, system.CAP_SETGID))
    memory.collapse_anonymous()
    counts = uid_base is not None or not unconfined & Unconfined.PROCESSES
    return Confinement.prepare(uid_base, seccomp_program(), counts_processes=counts)


def _import_torch() -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    # Each costs a learner up to two seconds when it is first used in a child: a gradient passed to backward imports
    # symbolic_shapes, Adam and torch.func.grad import _dynamo.
    import torch._dynamo
    import torch.func
    import torch.fx.experimental.symbolic_shapes
    import torch.testing
    import torch.utils.checkpoint

    from sandbox.cell import warming  # what is imported later would lie on pages of its own in every child
    from sandbox.cell.memory import own_status

    warming.thorough()
    threads = own_status()["Threads"]
    if threads != 1:
        # A forked child inherits locks of threads it does not have: its first backward would wait for ever.
        raise SystemExit(f"{threads} threads before the first child; a fork would hang")


def _close_container() -> None:
    """Close what a container leaves writable. Never in a jail, whose file tree may turn out to be the host's.

    Terminals too: their buffers count against no limit, their number is the host's, and so are their line disciplines.
    """
    for place, mode in (("/tmp", 0o755), ("/dev/mqueue", 0o555), ("/dev/pts/ptmx", 0)):  # noqa: S108 (a container's own)
        if Path(place).exists():
            Path(place).chmod(mode)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    main(sys.argv[1:])
