"""A crowd that has gone must not wait for the garbage collector, which looks seldom."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from aiohttp import web as aiohttp_web

from tests.web.desk import Desk, until


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def responses() -> int:
    """How many sockets the server still has in memory."""
    return sum(type(one) is aiohttp_web.WebSocketResponse for one in gc.get_objects())


@pytest.mark.parametrize("politely", [True, False])
async def test_a_socket_that_has_ended_leaves_nothing_to_collect(
    web: Desk, no_collector: None, politely: bool
) -> None:
    for _ in range(3):
        await web.talk("hello")
    assert responses() == 3
    for socket in web.sockets:
        if politely:
            await socket.close()
        elif (transport := socket._conn and socket._conn.transport) is not None:
            transport.abort()
    await until(lambda: responses() == 0)
