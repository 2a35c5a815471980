"""The disk is full, broken or read-only while the service runs: nobody hears a false "got it".

The database's writes are made to fail in the service's own process, below SQLite, by a small
library that is compiled here.
"""

from __future__ import annotations

import asyncio
import errno
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from core.errors import StoreUnavailable
from sandbox.telegram import TelegramSandbox
from sandbox.telegram.troubles import too_many_requests
from tests.faults.ordinary import frontdesk
from tests.faults.process import Frontdesk, until
from tests.scenarios.house import House
from tests.scenarios.visitor import Visitor

SETTINGS = """\
server:
  port: ${PORT}
store: {url: "sqlite:///%s"}
channels: {telegram: {token: "${TELEGRAM_TOKEN}", api_url: "${TELEGRAM_URL}"}}
quick_replies: [{id: hello, when: {any: [hello]}, reply: Hello there}]
"""


class Disk:
    """Breaks and mends the disk under a service."""

    def __init__(self, library: Path, order: Path) -> None:
        self._order = order
        self.environ = {"LD_PRELOAD": str(library), "FAILING_DISK": str(order)}

    def fail(self, number: int) -> None:
        self._order.write_text(str(number))

    def mend(self) -> None:
        self._order.unlink()


@pytest.fixture(scope="session")
def failing_disk(compiler_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("disk") / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run([compiler_path, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def disk(failing_disk: Path, tmp_path: Path) -> Disk:
    return Disk(failing_disk, tmp_path / "order")


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    sandbox = TelegramSandbox(limits=None)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def service(
    disk: Disk, telegram: TelegramSandbox, tmp_path: Path
) -> AsyncIterator[Frontdesk]:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS % (tmp_path / "frontdesk.db"))
    bot = {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_URL": telegram.api_url}
    service = Frontdesk(None, path, disk.environ | bot)
    await service.start()
    yield service
    service.kill()
    await service.ended()


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "full"), (errno.EIO, "I/O"), (errno.EROFS, "I/O")]
)
async def test_a_disk_that_refuses_is_said_to_everybody_and_forgotten_once_it_works(
    number: int, words: str, service: Frontdesk, disk: Disk, telegram: TelegramSandbox
) -> None:
    """D24: the widget shows "not sent", Telegram keeps the update, nothing goes out, /readyz
    says why; everything goes on without a restart, and each message is answered once."""
    anna = telegram.add_customer("Anna")
    id = str(uuid.uuid4())
    visitor = Visitor(service.url)
    await visitor.arrive()
    disk.fail(number)
    try:
        refused = await visitor.say("hello", id=id)
        assert (refused["type"], refused["code"]) == ("error", "unavailable")
        telegram.say(anna, "hello")
        status, why = await _get(f"{service.url}/readyz")
        assert (status, words in why) == (503, True), why
        assert not [m for m in telegram.chat(anna) if m.from_bot]
        disk.mend()
        visitor.frames.clear()
        assert (await visitor.say("hello", id=id))["type"] == "ack"
        await visitor.hears("Hello there")
        assert [(seq, kind) for seq, kind, _ in visitor.transcript()] == [(2, "bot")]
    finally:
        await visitor.leave()
    await until(lambda: [m for m in telegram.chat(anna) if m.from_bot], "Telegram's answer")
    assert len([m for m in telegram.chat(anna) if m.from_bot]) == 1
    assert (await _get(f"{service.url}/readyz"))[0] == 200
    assert service.lives == 1


async def test_a_delivery_waits_while_its_state_cannot_be_written(
    service: Frontdesk, disk: Disk, telegram: TelegramSandbox
) -> None:
    """D24: outbound is paused: what cannot be noted as being sent is not sent."""
    anna = telegram.add_customer("Anna")
    telegram.faults.add("sendMessage", too_many_requests(1))
    telegram.say(anna, "hello")
    await until(lambda: "waits 1.0 s" in service.log, "the pause that Telegram wants")
    disk.fail(errno.EIO)
    await until(lambda: "waits for the store" in service.log, "the pause of the store")
    assert not [m for m in telegram.chat(anna) if m.from_bot]
    disk.mend()
    await until(lambda: [m for m in telegram.chat(anna) if m.from_bot], "the answer")
    assert len([m for m in telegram.chat(anna) if m.from_bot]) == 1


async def test_a_connection_that_may_only_read_is_replaced(tmp_path: Path) -> None:
    """D24: SQLITE_READONLY is the moment's fault, not the message's."""
    house = House(tmp_path)
    await house.open(slack=False, gpt=False)
    try:
        store = house.service.store
        only_read = text("PRAGMA query_only = ON")
        # Both at once, so that nothing of the service's own comes between and is refused instead.
        _, refused = await asyncio.gather(
            store.write(lambda unit: unit.execute(only_read) and None),
            store.check_writable(),
            return_exceptions=True,
        )
        assert isinstance(refused, StoreUnavailable)
        assert "readonly" in str(refused)
        async with house.visitor() as visitor:
            assert (await visitor.say("hello"))["type"] == "ack"
    finally:
        await house.close()


async def test_a_full_database_refuses_and_takes_messages_again(tmp_path: Path) -> None:
    """D24: SQLITE_FULL by a limit on its pages."""
    house = House(tmp_path)
    await house.open(slack=False, gpt=False)
    try:
        async with house.visitor() as visitor:
            await visitor.say("hello")
            limit = text("PRAGMA max_page_count = 1")  # means: as many as there are
            await house.service.store.write(lambda unit: unit.execute(limit) and None)
            id = str(uuid.uuid4())
            long = "x" * 3900 + " hello"
            refused = 0
            while (await visitor.say(long, id=str(uuid.uuid4())))["type"] == "ack":
                refused += 1
                assert refused < 50
            assert (await visitor.say("hello", id=id))["type"] == "ack"
    finally:
        await house.close()


async def test_a_database_that_may_not_be_written_ends_the_start_with_a_reason(
    tmp_path: Path,
) -> None:
    """D24: chmod; exit code 1 and one line, no trace."""
    path = tmp_path / "settings.yaml"
    path.write_text(f'server:\n  port: 0\nstore: {{url: "sqlite:///{tmp_path}/frontdesk.db"}}\n')
    async with frontdesk("run", "--settings", str(path)) as first:
        await until(lambda: first.url, "a service")
        first.process.terminate()
        assert await first.ended() == 0
    (tmp_path / "frontdesk.db").chmod(0o400)
    async with frontdesk("run", "--settings", str(path)) as second:
        assert await second.ended() == 1
        assert "frontdesk could not start: " in second.log
        assert "frontdesk.db" in second.log.splitlines()[-1]
        assert "Traceback" not in second.log


async def _get(url: str) -> tuple[int, str]:
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        return response.status, await response.text()
