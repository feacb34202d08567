"""``python -m scripts.with_docker COMMAND…``: runs a command with a Docker engine and the image of a cell at hand.

The command finds them in ``DOCKER_HOST`` and ``CHAINRULE_IMAGE``, or else the reason why not in
``CHAINRULE_NO_DOCKER``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from scripts.engine import docker_engine
from scripts.image import build
from scripts.steps import Stop, Terminated, held_back, main, tell


def with_docker(command: list[str]) -> int:
    """The exit status of ``command``; what was started for it is stopped, however it ends."""
    with docker_engine() as engine:
        missing = engine.missing
        found = {}
        if engine.host:
            try:
                found = {"DOCKER_HOST": engine.host, "CHAINRULE_IMAGE": build(engine.host)}
            except Stop as reason:
                missing = str(reason)
        if missing:
            tell(f"\n*** WITHOUT DOCKER: {missing} ***\n")
            found = {"CHAINRULE_NO_DOCKER": missing}
        return _run(command, {**os.environ, **found})


def _run(command: list[str], env: dict[str, str]) -> int:
    started: list[subprocess.Popen[bytes]] = []
    try:
        with held_back():
            started.append(subprocess.Popen(command, env=env))
        return started[0].wait()
    except KeyboardInterrupt as interruption:
        for process in started:
            if isinstance(interruption, Terminated):
                process.send_signal(signal.SIGINT)  # a Ctrl-C reached it from the terminal; this came to us alone
            try:
                process.wait()  # it tidies up
            except KeyboardInterrupt:
                process.terminate()
                process.wait()
        raise


if __name__ == "__main__":
    main(lambda: with_docker(sys.argv[1:]))
