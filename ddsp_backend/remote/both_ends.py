"""What a host and the computer that asks it both know. It needs nothing of either system (see docs/platforms.md)."""

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Any

Ends = tuple[Any, Any]
"""Reader and writer of a connection: asyncio's, or asyncssh's."""

GREETING = "timbre-studio"
"""The first line of every answer; whatever a login script prints comes before it."""

SEALED = "TIMBRE_STUDIO_SEALED"
"""Variable that tells a worker that its connections are guarded."""

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """A worker's part in a training of `size` workers. `is_open`: without a network of its own."""

    seat: str
    index: int
    size: int
    is_open: bool

    def to_json(self) -> str:
        return json.dumps(asdict(self))


async def join(here: Ends, there: Ends) -> None:
    """Passes on what comes from either end until one closes."""

    async def pass_on(source: Any, target: Any) -> None:
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()

    ways = [asyncio.create_task(pass_on(here[0], there[1])), asyncio.create_task(pass_on(there[0], here[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for _, writer in (here, there):
            writer.close()
