"""One Python program in a container with a cell's own run options."""

from __future__ import annotations

from sandbox.docker_cell import DockerCells, confinement, engine_client

PYTHON = "/opt/venv/bin/python3"


def run_once(cells: DockerCells, program: str) -> str:
    """What ``program`` printed, from the start of its container to its end."""
    client = engine_client(cells.host)
    container = client.create_container(
        cells.image,
        entrypoint=[PYTHON, "-c", program],
        environment={"OMP_NUM_THREADS": "1"},
        network_disabled=True,
        host_config=confinement(client, None),
    )["Id"]
    # Attached first: these containers keep no log.
    output = client.attach(container, stream=True)
    client.start(container)
    return b"".join(output).decode()
