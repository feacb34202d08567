"""What goes wrong with a deployment, at times and in an order that a seed decides."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping

from docker.errors import APIError

from tests.queued.deployment import Deployment
from tests.queued.processes import Process
from tests.queued.waiting import until

PLAN: Mapping[str, int] = {"bot": 4, "judge": 3, "cell": 3, "postgres killed": 1, "postgres stopped": 1, "engine": 2}
"""How often what goes wrong."""
PAUSES = (1.0, 4.0)
DOWN = (0.0, 1.0)
AWAY = (1.0, 4.0)


class Havoc:
    """Kills, stops and cuts; ``told`` says what and when."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        self._all = deployment
        self._chance = random.Random(seed)
        self._began = time.monotonic()
        self.told = [f"seed {seed}"]
        self._does: Mapping[str, Callable[[], Awaitable[str]]] = {
            "bot": lambda: self._process(deployment.bots),
            "judge": lambda: self._process(deployment.judges),
            "cell": self._cell,
            "postgres killed": lambda: self._postgres(deployment.server.is_killed_for),
            "postgres stopped": lambda: self._postgres(deployment.server.is_stopped_for),
            "engine": self._engine,
        }

    async def wreak(self) -> None:
        """All of the plan, one after the other; what was killed is started again and not waited for."""
        plan = [what for what, times in PLAN.items() for _ in range(times)]
        self._chance.shuffle(plan)
        for what in plan:
            await asyncio.sleep(self._chance.uniform(*PAUSES))
            at = time.monotonic() - self._began
            self._tell(at, await self._does[what]())
        self._tell(time.monotonic() - self._began, "that was all")

    def _tell(self, at: float, what: str) -> None:
        self.told.append(f"{at:6.1f} s {what}")
        print(self.told[-1], flush=True)

    async def _process(self, some: list[Process]) -> str:
        victim = self._chance.choice(some)
        await victim.at_work()  # nobody dies while they are being born: that would only be a longer death
        await victim.kill()
        down = self._chance.uniform(*DOWN)
        await asyncio.sleep(down)
        await victim.start()
        return f"SIGKILL to {victim.name}, started again after {down:.1f} s"

    async def _cell(self) -> str:
        cells: list[str] = []

        async def there() -> bool:
            cells[:] = sorted(await asyncio.to_thread(self._all.engine.cells))
            return bool(cells)

        await until(there)
        victim = self._chance.choice(cells)
        with contextlib.suppress(APIError):  # it may just have ended by itself
            await asyncio.to_thread(self._all.engine.kill, victim)
        return f"cell {victim[:12]} killed, one of {len(cells)}"

    async def _postgres(self, interrupt: Callable[[float], Awaitable[None]]) -> str:
        down = self._chance.uniform(*DOWN)
        await interrupt(down)
        return f"PostgreSQL: {interrupt.__name__} {down:.1f} s"

    async def _engine(self) -> str:
        door, away = self._chance.choice(self._all.doors), self._chance.uniform(*AWAY)
        door.bar()
        await asyncio.sleep(away)
        await door.open()
        return f"the engine was out of reach of one judge for {away:.1f} s"
