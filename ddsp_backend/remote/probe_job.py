"""The job that meets a host: checks its key, finds out what it has, and sets it up if asked."""

import contextlib
from collections.abc import AsyncGenerator, Generator

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, HostKeyShown, HostProbed
from ddsp_backend.jobs.spec import HostSpec
from ddsp_backend.remote.agent_client import AgentClient
from ddsp_backend.remote.async_steps import stepwise
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.host_keys import HostKeyError
from ddsp_backend.remote.hosts import Host, HostBook, fingerprint
from ddsp_backend.remote.install import Installation, describe
from ddsp_backend.remote.probe import Inventory, chosen_python, probe


def probe_host(spec: HostSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Ends after HostKeyShown where a key is new, the host's or that of one in between, and was not accepted; otherwise
    the host is in the book.

    Raises:
      ConfigError: the address is none.
      RemoteError: no answer, another key than the pinned one, no key of the user's accepted, nothing to run on.
      Cancelled.
    """
    with contextlib.closing(stepwise(_probe_host(spec))) as events:
        while True:
            cancel.raise_if_set()
            event = next(events, None)
            if event is None:
                return {"address": spec.address}
            yield event


async def _probe_host(spec: HostSpec) -> AsyncGenerator[Event, None]:
    book = HostBook(spec.book)
    try:
        host = book.get(spec.address)
    except ConfigError:
        host = Host(address=spec.address)
    accepted = spec.accepted
    while True:
        try:
            async with connect(host, book) as connection:
                book.put(host)
                async with contextlib.aclosing(
                    _probe(AgentClient(connection, host.address), host, spec.set_up)
                ) as events:
                    async for event in events:
                        yield event
            return
        except HostKeyError as error:
            if not error.is_new:
                raise
            if fingerprint(error.key) != accepted:
                yield HostKeyShown(host.address, fingerprint(error.key), error.jump)
                return
            book.pin(host.address, error.key, error.jump)
            accepted = ""  # only once: where it stays unknown, the book cannot be read


async def _probe(agent: AgentClient, host: Host, wants_set_up: bool) -> AsyncGenerator[Event, None]:
    found = await probe(agent, host)
    python = chosen_python(found, host)
    steps = Installation(agent, host, found)
    if wants_set_up:
        async for event in steps.steps():
            yield event
    yield _probed(found, host, describe(python), await steps.is_done())


def _probed(found: Inventory, host: Host, python: str, is_set_up: bool) -> HostProbed:
    return HostProbed(
        address=host.address,
        system=found.system,
        cores=found.cores,
        memory=found.memory,
        free=found.free,
        gpus=found.gpus,
        tpu_chips=found.tpu_chips,
        accelerator=found.accelerator,
        python=python,
        is_set_up=is_set_up,
    )
