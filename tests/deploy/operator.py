"""An operator: a copy of what git keeps in a folder of its own, and `docker compose` there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker

from scripts.deployment import fill_in_engine, write_missing
from scripts.engine import compose_command
from scripts.image import BASE, OFFLINE_BASE, base_image, cell_wheels
from scripts.steps import CACHE, locked

ROOT = Path(__file__).parents[2]
DATABASE = "postgres:17-bookworm"
OURS = ("bot", "sandbox", "migrations", "pyproject.toml", "constraints.txt", ".dockerignore", ".env.example")
OURS += ("docker-compose.yml", "docker-compose.hosts.yml")
QUESTION = ROOT / "questions" / "square-gradient-code.md"
UP_SECONDS = 600.0


class Operator:
    """Works in ``folder``, with the engine whose socket is ``socket``. Everything made there bears ``name``."""

    def __init__(self, folder: Path, socket: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.client = docker.APIClient(base_url=f"unix://{socket}", version="auto")
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("CHAINRULE_", "COMPOSE_"))},
            "DOCKER_HOST": f"unix://{socket}",
        }
        self._compose = compose_command()
        self._clone()
        write_missing(folder)
        self.set("COMPOSE_PROJECT_NAME", name)
        fill_in_engine(folder, socket)
        # Names of this deployment alone: an engine may hold somebody's real one.
        self.set("CHAINRULE_BOT_IMAGE", f"{name}:test")
        self.set("CHAINRULE_IMAGE", f"{name}-cell:test")

    def _clone(self) -> None:
        for name in OURS:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, self.folder / name)
        for cache in self.folder.rglob("__pycache__"):
            shutil.rmtree(cache)
        (self.folder / "questions").mkdir()
        shutil.copyfile(QUESTION, self.folder / "questions" / QUESTION.name)
        for part, wheels in (("cell", cell_wheels()), ("bot", _bot_wheels())):
            (self.folder / "wheels" / part).mkdir(parents=True)
            for wheel in wheels.glob("*.whl"):
                shutil.copyfile(wheel, self.folder / "wheels" / part / wheel.name)

    def set(self, name: str, value: str) -> None:
        """Change a line of ``.env``."""
        file = self.folder / ".env"
        text, count = re.subn(f"^#?{name}=.*$", f"{name}={value}", file.read_text(), flags=re.MULTILINE)
        assert count == 1, f"{name} is not in .env"
        file.write_text(text)

    def keep(self, secret: str, value: str) -> None:
        """Put a secret into its file."""
        (self.folder / "secrets" / secret).write_text(f"{value}\n")

    async def compose(self, *words: str, seconds: float = UP_SECONDS) -> str:
        """What `docker compose` printed; it must end well, in time."""
        process = await asyncio.create_subprocess_exec(
            *self._compose,
            *words,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        said = output.decode(errors="replace")
        assert process.returncode == 0, f"{' '.join(words)} failed:\n{said[-8000:]}\n{self.logs()}"
        return said

    def inspect(self, service: str) -> list[dict[str, Any]]:
        """Every container of a service, as the engine describes it."""
        labels = [f"com.docker.compose.project={self.name}", f"com.docker.compose.service={service}"]
        found = self.client.containers(all=True, filters={"label": labels})
        return [self.client.inspect_container(each["Id"]) for each in found]

    def execute(self, container: dict[str, Any], *command: str) -> tuple[int, str]:
        """How a command in a container ended, and what it printed."""
        made = self.client.exec_create(container["Id"], list(command))
        said = self.client.exec_start(made["Id"]).decode(errors="replace")
        return self.client.exec_inspect(made["Id"])["ExitCode"], said

    def gateway(self, network: str) -> str:
        """Where a network of ours reaches this host."""
        details = self.client.inspect_network(f"{self.name}_{network}")
        return str(details["IPAM"]["Config"][0]["Gateway"])

    def logs(self) -> str:
        """The end of what each container said."""
        told = []
        for each in self.client.containers(all=True, filters={"label": f"com.docker.compose.project={self.name}"}):
            said = self.client.logs(each["Id"], tail=40).decode(errors="replace")
            told.append(f"--- {each['Names']} {each['Status']}\n{said}")
        return "\n".join(told)

    def clear(self) -> None:
        """Remove what a deployment that came to nothing left."""
        with contextlib.suppress(docker.errors.APIError):
            for each in self.client.containers(all=True, filters={"label": f"com.docker.compose.project={self.name}"}):
                self.client.remove_container(each["Id"], force=True, v=True)
        for image in (f"{self.name}:test", f"{self.name}-cell:test"):
            with contextlib.suppress(docker.errors.APIError):
                self.client.remove_image(image, force=True)
        self.client.close()


@contextlib.contextmanager
def images(host: str) -> Iterator[str]:
    """The base that ours are built from; the one of the database is at hand, as itself or as a local stand-in."""
    base = base_image(host)
    client = docker.APIClient(base_url=host, version="auto", timeout=600)
    made = not client.images(DATABASE) and not _pulled(client)
    if made:
        options = {
            "rm": True,
            "forcerm": True,
            "buildargs": {"BASE": OFFLINE_BASE if base == OFFLINE_BASE else BASE},
            "network_mode": "host",
        }
        said = list(client.build(path=str(Path(__file__).parent / "postgres"), tag=DATABASE, decode=True, **options))
        assert client.images(DATABASE), said[-5:]
    try:
        yield base
    finally:
        if made:  # nobody is to take it for the official one
            client.tag(DATABASE, "chainrule-postgres", "test")  # which keeps its layers for the next time
            client.remove_image(DATABASE)
        client.close()


def _pulled(client: docker.APIClient) -> bool:
    with contextlib.suppress(docker.errors.DockerException):
        client.pull(*DATABASE.split(":"))
    return bool(client.images(DATABASE))


def _bot_wheels() -> Path:
    """The wheels of the bot's packages, downloaded once."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = "\n".join((*project["project"]["dependencies"], *project["build-system"]["requires"]))
    wanted += "\n" + (ROOT / "constraints.txt").read_text()
    folder = CACHE / "wheels-bot"
    complete = folder / "made-from"
    with locked(str(CACHE / "wheels-bot.lock"), "Another test downloads the wheels of the bot; waiting for it"):
        if not complete.exists() or complete.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            names = (*project["project"]["dependencies"], *project["build-system"]["requires"])
            pip = (ROOT / ".venv/bin/python", "-m", "pip", "download", "--quiet", "--dest", folder)
            subprocess.run((*pip, "--constraint", ROOT / "constraints.txt", *names), check=True)
            complete.write_text(wanted)
    return folder
