"""The load generator's half of the protocol, read back by a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import WSMessage, WSMsgType, web
from aiohttp.test_utils import TestServer

from tests.bench.frames import CLOSE, PONG, Ids, Letter, frame, hello, letters, request
from tests.bench.tab import Script, Tab


async def decoded(data: bytes) -> list[WSMessage]:
    """What a server reads from `data`."""
    found: list[WSMessage] = []
    over = asyncio.Event()

    async def handle(asked: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(asked)
        found.extend([message async for message in socket])
        over.set()
        return socket

    application = web.Application()
    application.router.add_get("/widget/socket", handle)
    async with TestServer(application) as server:
        _reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        upgrade = request(f"127.0.0.1:{server.port}", "/widget/socket")
        writer.write(upgrade + data + frame((1000).to_bytes(2), CLOSE))
        async with asyncio.timeout(5):
            await over.wait()
        writer.close()
    return found


@pytest.mark.parametrize("text", ["hi", "where is my order", "您好" * 30, "x" * 4000])
async def test_a_letter_is_a_message_with_its_id(text: str) -> None:
    ids = Ids(3)
    found = await decoded(Letter(text).with_id(ids.masked[2]))
    said = json.loads(found[0].data)
    assert said == {
        "type": "message",
        "id": ids.plain[2].decode(),
        "text": text,
        "attachments": [],
    }


async def test_ids_are_different_uuids() -> None:
    ids = Ids(100)
    assert len(set(ids.plain)) == 100
    assert all(len(id) == 36 and id.count(b"-") == 4 for id in ids.plain)


async def test_hello_and_pong_are_frames_too() -> None:
    said, pong = await decoded(hello("token", 7) + frame(b"beat", PONG))
    assert json.loads(said.data) | {"token": "token", "last_seq": 7} == json.loads(said.data)
    assert (pong.type, bytes(pong.data)) == (WSMsgType.PONG, b"beat")


# --- what a tab notices ----------------------------------------------------------------------


@pytest.fixture
def script() -> Script:
    return Script(letters(["question"]), ["answer"], Ids(200))


@pytest.fixture
def tab(script: Script) -> Iterator[Tab]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tab = Tab(0, ours, script, lambda _tab: None, echo=False)
        tab.upgraded = True
        yield tab


def ack(script: Script, number: int, seq: int) -> bytes:
    id = script.ids.plain[number].decode()
    return _frame({"type": "ack", "id": id, "seq": seq, "at": "2026-01-01T00:00:00.000Z"})


def answer(seq: int, text: str = "answer") -> bytes:
    author = {"kind": "bot", "name": "Fern & Clay"}
    return _frame({"type": "message", "seq": seq, "author": author, "text": text})


def _frame(said: dict[str, Any]) -> bytes:
    raw = json.dumps(said, separators=(",", ":")).encode()
    length = bytes((len(raw),)) if len(raw) < 126 else b"\x7e" + len(raw).to_bytes(2)
    return b"\x81" + length + raw


def test_a_tab_counts_acknowledgements_and_answers(tab: Tab, script: Script) -> None:
    tab.say([0.0, 0.0])
    data = ack(script, 0, 1) + answer(2) + ack(script, 1, 3) + answer(4)
    rest = b""
    for at in range(0, len(data), 7):  # as torn as a network may deliver it
        rest = tab._frames(rest + data[at : at + 7])
    assert (tab.acked, tab.answered, tab.seq, script.faults, rest) == (2, 2, 4, 0, b"")


@pytest.mark.parametrize(
    ("heard", "complaint"),
    [
        (lambda s: ack(s, 0, 1) + answer(2) + answer(2), "number 2 came after 2"),
        (lambda s: ack(s, 0, 1) + answer(3), "number 3 came after 1"),
        (lambda s: ack(s, 1, 1), "out of order"),
        (lambda _: _frame({"type": "error", "code": "unavailable"}), "unavailable"),
        (lambda _: b"\x88\x02\x03\xf5", "closed with 1013"),
    ],
)
def test_a_tab_notices_what_is_amiss(tab: Tab, script: Script, heard: Any, complaint: str) -> None:
    tab.say([0.0])
    tab._frames(heard(script))
    assert complaint in script.examples[0]


def test_a_tab_reads_every_64th_answer_wholly(tab: Tab, script: Script) -> None:
    tab.say([0.0] * 64)
    for number in range(64):
        text = "nonsense" if number == 63 else "answer"
        tab._frames(ack(script, number, 2 * number + 1) + answer(2 * number + 2, text))
    assert script.faults == 1
    assert "nonsense" in script.examples[0]
