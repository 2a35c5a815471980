"""What happens when the process may open no more files, and each connection is one."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.process import Frontdesk, Nursery, until
from tests.scenarios.visitor import Visitor

SETTINGS = """\
server:
  port: ${PORT}
store: {url: "sqlite:///%s"}
quick_replies: [{id: hello, when: {any: [hello]}, reply: Hello there}]
"""
WAITING = 40


@pytest.fixture
async def frontdesk(nursery: Nursery, tmp_path: Path) -> AsyncIterator[Frontdesk]:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS % (tmp_path / "frontdesk.db"), encoding="utf-8")
    frontdesk = Frontdesk(nursery, path, {})
    await frontdesk.start()
    yield frontdesk
    frontdesk.kill()
    await frontdesk.ended()


@contextmanager
def no_file_more(pid: int) -> Iterator[None]:
    """The process may keep the files that it has open, and open no other."""
    numbers = [int(file.name) for file in Path(f"/proc/{pid}/fd").iterdir()]
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(numbers) + 1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


async def test_without_free_files_chats_go_on_and_who_comes_then_waits(
    frontdesk: Frontdesk,
) -> None:
    """L01: said in one line, not with every try; and whoever has waited is let in."""
    async with AsyncExitStack() as stack:
        ann = Visitor(frontdesk.url)
        await ann.arrive()
        stack.push_async_callback(ann.leave)
        await ann.say("hello")
        await ann.hears("Hello there", "bot")
        with no_file_more(frontdesk.pid):
            crowd = [
                await asyncio.open_connection("127.0.0.1", frontdesk.port) for _ in range(WAITING)
            ]
            await until(lambda: "new connections wait" in frontdesk.said, "a word about it")
            for number in range(20):
                frame = await ann.say(f"hello {number}")
                assert frame
        for reader, writer in crowd:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"200" in await asyncio.wait_for(reader.readline(), 10)
            writer.close()
    said = frontdesk.said
    assert said.count("new connections wait") == 1
    assert "LimitNOFILE" in said
    assert "Traceback" not in said
