"""A Docker engine for as long as it is needed: the one that answers, else a private one where root may install it.

The private engine has its own socket, data, state and pid file, touches neither the network nor the system's engine,
and is shared by every make of this user that runs at the same time: the last one stops it. Its images are kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.steps import HEARTBEAT_SECONDS, Stop, apt_install, attempt, is_root_on_debian, locked, tell, unmount_below

DEFAULT_HOST = "unix:///var/run/docker.sock"
_START_SECONDS = 60
_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Engine:
    """Where Docker answers, or (``host`` empty) why it does not."""

    host: str = ""
    missing: str = ""


@contextlib.contextmanager
def docker_engine() -> Iterator[Engine]:
    """The engine to use meanwhile. Nothing that goes wrong in getting one is raised: it is told in the result."""
    host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    with contextlib.ExitStack() as held:
        try:
            missing = _silence(host)
            if not missing:
                _need_client()
            elif is_root_on_debian():
                host = held.enter_context(PrivateEngine.usual().running())
                missing = ""
            else:
                missing += "; starting one needs root on Debian"
        except Stop as reason:
            missing = str(reason)
        yield Engine(missing=missing) if missing else Engine(host)


def _need_client() -> None:
    if not shutil.which("docker"):
        if not is_root_on_debian():
            raise Stop("an engine answers, but the docker command is missing: install Docker's command line client")
        apt_install("docker.io")


def compose_command() -> tuple[str, ...]:
    """What is `docker compose` here; on Debian, root installs one that is missing. Raises :class:`Stop`."""
    if attempt("asking for compose", ("docker", "compose", "version"), log="setup-engine.log").status == 0:
        return ("docker", "compose")
    if not shutil.which("docker-compose"):
        if not is_root_on_debian():
            raise Stop("docker compose is missing: install Docker's compose plugin")
        apt_install("docker-compose")
    return ("docker-compose",)


def _silence(host: str) -> str:
    """Why ``host`` does not answer; empty when it does."""
    if not host.startswith("unix://"):
        if not shutil.which("docker"):
            return f"{host} cannot be asked without the docker command"
        answered = attempt("asking the engine", ("docker", "--host", host, "version"), log="setup-engine.log")
        return f"no Docker engine answers at {host}" if answered.status else ""
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(5)
            asking.connect(host.removeprefix("unix://"))
            asking.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return "" if b" 200 " in asking.recv(64) else f"what listens at {host} is no Docker engine"
    except PermissionError:
        return f"you may not open {host}: join its group (usually `docker`) and log in again"
    except OSError:
        return f"no Docker engine answers at {host}"


class PrivateEngine:
    """A dockerd of ours with everything it writes in two folders: ``data``, kept, and ``state``, removed."""

    def __init__(self, data: Path, state: Path) -> None:
        self.data = data
        self.state = state
        self.host = f"unix://{state / 'docker.sock'}"
        self._pid_file = state / "docker.pid"

    @classmethod
    def usual(cls) -> PrivateEngine:
        """This user's: images in the cache directory, state in /run, where socket names stay short."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        home = cache / "chainrule" / "engine"
        return cls(home / "data", Path("/run") / f"chainrule-{hashlib.sha256(str(home).encode()).hexdigest()[:8]}")

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Its host, while it runs. Raises :class:`Stop` when it cannot be installed or started."""
        if not (shutil.which("dockerd") and shutil.which("docker")):
            armor = Path("/sys/module/apparmor/parameters/enabled")
            apt_install("docker.io", "ca-certificates", *(["apparmor"] if armor.exists() else []))
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.state / "users").open("w") as users:
            # Whoever lives holds this lock; a killed make lets go of it, and the next one stops what it left.
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                with self._turn():
                    if _silence(self.host):
                        self._start()
                yield self.host
            finally:
                with self._turn(), contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._stop()

    def _turn(self) -> contextlib.AbstractContextManager[None]:
        return locked(str(self.state / "turn"), "Another make starts or stops the private engine; waiting for it")

    def _start(self) -> None:
        tell("Starting a private Docker engine")
        self._clear()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = self.state / "dockerd.log"
        places = ("--data-root", self.data, "--exec-root", self.state / "exec", "--pidfile", self._pid_file)
        # Cells have no network and builds need none: the host's interfaces and firewall stay as they are.
        network = ("--bridge", "none", "--iptables=false", "--ip-forward=false")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in ("dockerd", "--host", self.host, *places, *network)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; we stop it in good order
            )
        try:
            self._await(process)
        except BaseException:
            process.terminate()
            process.wait()
            self._clear()
            raise

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        started = told = time.monotonic()
        while _silence(self.host):
            now = time.monotonic()
            if process.poll() is not None or now - started > _START_SECONDS:
                said = (self.state / "dockerd.log").read_text(errors="replace").splitlines()[-5:]
                raise Stop("the private Docker engine did not start:\n" + "\n".join(f"    {line}" for line in said))
            if now - told > HEARTBEAT_SECONDS:
                told = now
                tell(f"  starting the private Docker engine, {now - started:.0f} s")
            time.sleep(0.1)

    def _stop(self) -> None:
        for container in self._containers():
            removal = ("docker", "--host", self.host, "rm", "--force", container)
            attempt("ending a container", removal, log="setup-engine.log")
        process = self._pid()
        if process is not None:
            os.kill(process, signal.SIGTERM)
            give_up = time.monotonic() + _STOP_SECONDS
            while self._pid() is not None:
                if time.monotonic() > give_up:
                    os.kill(process, signal.SIGKILL)
                time.sleep(0.1)
        self._clear()

    def _containers(self) -> list[str]:
        if _silence(self.host):
            return []
        asked = ("docker", "--host", self.host, "ps", "-aq")
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()

    def _pid(self) -> int | None:
        """The pid of our dockerd while it lives, and of nothing else that may have got its number since."""
        try:
            process = int(self._pid_file.read_text())
            words = (Path("/proc") / str(process) / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return process if str(self.data).encode() in words else None

    def _clear(self) -> None:
        """Remove mounts and state a dockerd of ours left; those who wait for the locks keep them."""
        unmount_below(self.data)
        unmount_below(self.state)
        for path in (self.state / "exec", self._pid_file, self.state / "docker.sock"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
