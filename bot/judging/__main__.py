"""The judge process: ``python -m bot.judging FD CONFIG`` serves the socket ``FD`` until its other end closes."""

from __future__ import annotations

import asyncio
import signal
import sys

from bot.judging import wire
from bot.judging.config import SandboxConfig, choose_cells
from bot.judging.judge import CellJudge
from bot.judging.proving import Prover
from bot.judging.reference_cells import ReferenceCells
from bot.judging.serving import Server, connect
from bot.logs import start_logging
from sandbox.docker_cell import DockerCells
from sandbox.pool import Pool
from sandbox.protocol import SandboxFault


async def main(descriptor: int, config: SandboxConfig) -> None:
    """Open the cells, serve, close the cells."""
    reader, writer = await connect(descriptor)

    def tell(sentence: str) -> None:
        wire.send(writer, {"status": sentence})

    cells = await choose_cells(config, tell)
    tell(f"starting {config.cells} {cells.kind} cells")
    if isinstance(cells, DockerCells):
        try:
            await cells.sweep()
        except SandboxFault as fault:
            tell(str(fault))
    async with (
        Pool(cells, config.cells, tell) as pool,
        ReferenceCells(cells) as reference,
        ReferenceCells(cells) as uploads,
    ):
        log = config.log or "its standard error"
        await Server(CellJudge(pool, reference, Prover(cells, uploads)), reader, writer, log).serve()
    writer.close()


if __name__ == "__main__":
    # The other end of the socket decides when to go; a signal meant for the terminal does not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start_logging(None, "info")  # whoever started us says where that goes
    asyncio.run(main(int(sys.argv[1]), SandboxConfig.parse(sys.argv[2])))
