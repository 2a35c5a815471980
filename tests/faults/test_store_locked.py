"""Another program holds the database: a backup, or somebody's shell with a transaction open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from connectors.slack.signature import sign
from core.store import Store, Transaction
from tests.scenarios.house import House
from tests.store.clock import Clock
from tests.store.shop import ANNA

ID = str(uuid.UUID(int=1))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


@asynccontextmanager
async def held(house: House) -> AsyncIterator[sqlite3.Connection]:
    path = house.folder / "frontdesk.db"
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        async with asyncio.timeout(5):
            while not other.in_transaction:
                with contextlib.suppress(sqlite3.OperationalError):  # the service is writing
                    other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(0)
        yield other


async def test_a_message_waits_while_the_database_is_locked_for_a_moment(house: House) -> None:
    """D23: no ack before the row is stored, then one ack and one answer."""
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        async with held(house) as other:
            said = asyncio.ensure_future(visitor.say("hello"))
            done, _ = await asyncio.wait([said], timeout=0.5)
            assert not done
            other.execute("ROLLBACK")
        assert (await said)["type"] == "ack"
        await visitor.hears("Hello, how can I help?")
        assert [(seq, kind) for seq, kind, _ in visitor.transcript()] == [(2, "bot")]


async def test_a_database_locked_for_long_refuses_and_the_repeat_is_stored_once(
    house: House,
) -> None:
    """D23: the widget hears `unavailable`, /readyz says 503 and why; nothing was acknowledged."""
    house.store_url += "?timeout=0.3"
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        async with held(house):
            refused = await visitor.say("hello", id=ID)
            assert (refused["type"], refused["code"]) == ("error", "unavailable")
            assert refused["retry_after"] > 0
            status, why = await _get(f"{house.service.url}/readyz")
            assert status == 503
            assert "locked" in why
        visitor.frames.clear()
        assert (await visitor.say("hello", id=ID))["type"] == "ack"
        assert (await visitor.say("hello", id=ID))["type"] == "ack"
        await visitor.hears("Hello, how can I help?")
        assert [(seq, kind) for seq, kind, _ in visitor.transcript()] == [(2, "bot")]


async def test_slack_and_telegram_send_again_what_a_locked_database_refused(house: House) -> None:
    """D23, D24: no 200 and no offset before the row; afterwards each message counts once."""
    house.store_url += "?timeout=0.3"
    house.environ["SLACK_RECEIVE"] = "http"
    await house.open(gpt=False, telegram=True)
    house.slack.requests.events_url = f"{house.service.url}/slack/events"
    anna = house.telegram.add_customer("Anna")
    async with house.visitor() as visitor:
        await visitor.say("human")
        card = await house.card()
        await house.in_thread("human")
        async with held(house):
            house.telegram.say(anna, "hello")
            body = await _signed_reply(house, card.ts)
            status = await _post(f"{house.service.url}/slack/events", *body)
            assert status >= 500
        assert await _post(f"{house.service.url}/slack/events", *body) == 200
        assert await _post(f"{house.service.url}/slack/events", *body) == 200
        await visitor.hears("Here I am", "agent")
        assert [kind for _, kind, _ in visitor.transcript()].count("agent") == 1
    await house.on_telegram(anna, "Hello, how can I help?")
    assert len([m for m in house.telegram.chat(anna) if m.from_bot]) == 1


async def test_a_start_waits_for_the_lock_and_then_says_what_is_wrong(tmp_path: Path) -> None:
    """D23: not for ever."""
    url = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    await (await Store.open(url, now=Clock())).close()
    with closing(sqlite3.connect(tmp_path / "frontdesk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="locked"):
            await Store.open(f"{url}?timeout=0.2", now=Clock())
        opening = asyncio.ensure_future(Store.open(url, now=Clock()))
        done, _ = await asyncio.wait([opening], timeout=0.3)
        assert not done
        other.execute("ROLLBACK")
        await (await opening).close()


async def test_a_stop_does_not_wait_long_for_whoever_holds_the_database(house: House) -> None:
    """D23, C21: what was not stored was not acknowledged, and the next start takes it."""
    ids = [str(uuid.UUID(int=number)) for number in range(3)]
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        async with held(house):
            for id in ids:  # the first waits for the lock, the others behind it
                await visitor.send(type="message", id=id, text="hello", attachments=[])
                visitor.frames.clear()
                await visitor.send(type="ping")
                await visitor.see(lambda f: f["type"] == "pong", "a pong")
            async with asyncio.timeout(12):
                await house.stop()
        assert not [frame for frame in visitor.frames if frame["type"] == "ack"]
    await house.start()
    async with house.visitor(token=visitor.token) as again:
        for id in ids:
            assert (await again.say("hello", id=id))["type"] == "ack"
        assert [kind for _, kind, _ in again.transcript()] == ["bot"] * 3


async def test_nobody_gets_between_what_a_unit_reads_and_what_it_writes(house: House) -> None:
    """D23: the lock is taken at the beginning, so that no unit has to be run again."""
    await house.open(slack=False, gpt=False)
    runs: list[str] = []

    def unit(tx: Transaction) -> None:
        assert tx.conversation(ANNA) is None
        runs.append("run")
        with (
            closing(sqlite3.connect(house.folder / "frontdesk.db", timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO cursors VALUES ('theirs', '1')")
        tx.set_cursor("ours", "1")

    await house.service.store.write(unit)
    assert runs == ["run"]


async def _get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as response,
    ):
        return response.status


async def _signed_reply(house: House, thread: str) -> tuple[bytes, dict[str, str]]:
    now = time.time()
    event = {
        "type": "message",
        "channel": house.desk,
        "user": house.mia,
        "text": "Here I am",
        "ts": f"{now:.6f}",
        "thread_ts": thread,
        "channel_type": "channel",
        "team": house.slack.identity.team_id,
    }
    envelope = {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": house.slack.identity.team_id,
        "api_app_id": house.slack.identity.app_id,
        "event": event,
    }
    body = json.dumps(envelope).encode()
    stamp = str(int(now))
    signature = sign(house.slack.identity.signing_secret, stamp, body)
    return body, {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/json",
    }
