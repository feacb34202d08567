"""A step of the set-up: one command at a time, its progress told, its output kept, one person's make at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
HEARTBEAT_SECONDS = 3.0
_TAIL_LINES = 15
_WIDTH = 100


class Stop(Exception):
    """The set-up cannot go on; the message says what to do about it."""


class Terminated(KeyboardInterrupt):
    """Somebody sent this process alone a SIGTERM or SIGHUP."""


def tell(text: str) -> None:
    """One line to the person waiting; standard output belongs to the program that is being set up."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def run(title: str, command: Sequence[str | Path], *, log: str, env: Mapping[str, str] | None = None) -> str:
    """Run ``command``, say every few seconds where it is, keep its output in ``.cache/log``; returns that output.

    Raises :class:`Stop` with the tail of the output when the command fails.
    """
    output = attempt(title, command, log=log, env=env)
    if output.status:
        raise Stop(f"{title} failed; the end of {output.log}:\n{output.tail()}")
    return output.text


class Output:
    """What a command left: its exit status and all it printed."""

    def __init__(self, status: int, text: str, log: Path) -> None:
        self.status = status
        self.text = text
        self.log = log

    def tail(self) -> str:
        """The last lines, indented."""
        return "\n".join(f"    {line}" for line in self.text.splitlines()[-_TAIL_LINES:])


def attempt(title: str, command: Sequence[str | Path], *, log: str, env: Mapping[str, str] | None = None) -> Output:
    """As :func:`run`, but a failure is returned."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / log
    with path.open("ab") as kept, contextlib.ExitStack() as stack:
        with held_back():
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            stack.enter_context(_ended(process))
        kept.write(f"\n$ {' '.join(str(part) for part in command)}\n".encode())
        parts = []
        for part in _parts(process, title):
            kept.write(part)
            kept.flush()
            parts.append(part)
        status = process.wait()
    return Output(status, b"".join(parts).decode("utf-8", "replace"), path)


def _parts(process: subprocess.Popen[bytes], title: str) -> Iterator[bytes]:
    assert process.stdout is not None
    started = told = time.monotonic()
    last = ""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            if ready.select(HEARTBEAT_SECONDS):
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    return
                yield part
                last = _last_line(part) or last
            now = time.monotonic()
            if now - told >= HEARTBEAT_SECONDS:
                told = now
                tell(f"  {title}, {now - started:.0f} s: {last}"[:_WIDTH].rstrip(": "))


def _last_line(part: bytes) -> str:
    lines = part.decode("utf-8", "replace").replace("\r", "\n").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Whatever would interrupt this block interrupts its end: no child is started and then forgotten.

    An ignored signal stays ignored, for the child too.
    """
    came: list[int] = []
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in kept.items():
        if callable(handler):
            signal.signal(number, lambda received, _: came.append(received))
    try:
        yield
    finally:
        for number, handler in kept.items():
            if callable(handler):
                signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the command when we are interrupted, and wait for it: no half-done step goes on behind our back."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise


@contextlib.contextmanager
def locked(name: str, waiting: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock file ``name``; where another process holds it, say ``waiting`` and wait."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with Path(name).open("w") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(waiting)
            fcntl.flock(lock, kind)
        yield


def unmount_below(folder: Path) -> None:
    """Detach whatever is mounted at or under ``folder``."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        place = line.split()[1]
        if Path(place).is_relative_to(folder):
            subprocess.run(("umount", "--lazy", place), check=False, capture_output=True)


def is_root_on_debian() -> bool:
    """Whether missing packages may be installed with apt."""
    return os.getuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Install Debian packages without starting their services. Raises :class:`Stop`."""
    tell(f"Installing {' '.join(packages)} with apt")
    command = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", *packages)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with _services_kept_down():
        if attempt("apt-get install", command, log="setup-apt.log", env=quiet).status:
            run("apt-get update", ("apt-get", "update"), log="setup-apt.log", env=quiet)
            run("apt-get install", command, log="setup-apt.log", env=quiet)


@contextlib.contextmanager
def _services_kept_down() -> Iterator[None]:
    """Debian starts what it installs unless this file says otherwise; the system's own engine is not ours to start."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def main(action: Callable[[], int]) -> None:
    """Run ``action`` as a program: a sentence instead of a traceback, 130 after Ctrl-C, tidied up in any case."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        status = action()
    except Stop as reason:
        tell(f"\n{reason}")
        status = 1
    except KeyboardInterrupt:
        tell("\nInterrupted; the next run goes on from here.")
        status = 130
    raise SystemExit(status)


def _interrupt(_number: int, _frame: object) -> None:
    raise Terminated
