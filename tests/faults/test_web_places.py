"""Many visitors from one address: an office gets along, a flood does not, nobody lies about it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.web.settings import WebLimits
from core.messages import Button
from tests.web.desk import Desk, Tab, address_of, desk, until
from tests.web.memory import BOT

OFFICE, HOME = "198.51.100.7", "203.0.113.9"
BEHIND_PROXY: dict[str, Any] = {"trusted_proxies": ("127.0.0.1",)}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Desk]:
    """Behind a proxy that it knows; an address may have 10 chats and send 40 messages a minute."""
    limits = WebLimits(connections=100, per_minute=2)
    async with desk(tmp_path, limits=limits, **BEHIND_PROXY) as running:
        yield running


async def enter(web: Desk, place: str, token: str | None = None, last_seq: int = 0) -> Tab:
    tab = await web.connect(**{"X-Forwarded-For": place})
    await tab.send(type="hello", token=token, last_seq=last_seq)
    tab.token = (await tab.next("welcome"))["token"]
    return tab


async def refused(web: Desk, place: str) -> tuple[int, bool]:
    """The status, and whether it says when to come back."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await enter(web, place)
    return caught.value.status, "Retry-After" in (caught.value.headers or {})


async def test_one_address_gets_a_tenth_of_all_chats_and_no_other_one_notices(web: Desk) -> None:
    """L05, L01: the cap of connections for one address."""
    tabs = [await enter(web, OFFICE) for _ in range(10)]
    assert await refused(web, OFFICE) == (429, True)
    await enter(web, HOME)
    await tabs[0].socket.close()
    await until(lambda: web.connector.connections == 10)
    await enter(web, OFFICE)


@pytest.mark.parametrize("before", ["1.2.3.4", "10.0.0.1", "unknown", "1.2.3.4, 5.6.7.8"])
async def test_made_up_hops_before_the_real_one_dodge_nothing(web: Desk, before: str) -> None:
    """A13: a stranger cannot pretend to be a proxy."""
    for number in range(10):
        await enter(web, f"{before}.{number}, {OFFICE}" if number % 2 else OFFICE)
    assert await refused(web, f"{before}, {OFFICE}") == (429, True)


async def test_a_whole_ipv6_network_is_one_place(web: Desk) -> None:
    """A13: whoever has one address of it has 2**64."""
    for number in range(10):
        await enter(web, f"2001:db8:1:2::{number:x}")
    assert await refused(web, "2001:db8:1:2:ffff::1") == (429, True)
    await enter(web, "2001:db8:1:3::1")


async def test_behind_a_proxy_that_nobody_named_nobody_is_locked_out(tmp_path: Path) -> None:
    """A13: what the header claims is not believed, and the proxy's address is everybody's."""
    limits = WebLimits(connections=100, per_minute=2)
    async with desk(tmp_path, limits=limits) as web:
        tabs = [await enter(web, OFFICE) for _ in range(45)]
        for tab in tabs:
            await tab.write("hello")
        for tab in tabs:
            assert (await tab.frame())["type"] == "ack"


async def test_an_office_may_write_as_much_as_twenty_customers(web: Desk) -> None:
    """L06, A13: new tokens give no new share to whoever floods from one address."""
    tabs = [await enter(web, OFFICE) for _ in range(10)]
    for tab in tabs:
        for _ in range(4):
            await tab.write("hello")
        assert [frame["type"] for frame in await tab.frames(4)] == ["ack"] * 4
    id = await tabs[0].write("one more")
    error = await tabs[0].frame()
    assert (error["code"], error["id"]) == ("rate_limited", id)
    assert 0 < error["retry_after"] <= 1.5
    assert len(web.memory.events) == 40
    home = await enter(web, HOME)
    await home.write("hello")
    assert (await home.frame())["type"] == "ack"


async def test_pressed_buttons_count_like_messages(web: Desk) -> None:
    """L06: nor does a button dodge the limit."""
    tab = await enter(web, OFFICE)
    await tab.write("hello")
    assert (await tab.frame())["type"] == "ack"
    web.memory.say(address_of(tab.token), BOT, "?", buttons=(Button("Yes", say="yes"),))
    for _ in range(45):
        await tab.send(type="press", id=str(uuid.uuid4()), seq=2, value="0")
    while (frame := await tab.frame()).get("code") != "rate_limited":
        continue
    assert frame["retry_after"] > 0
    assert len(web.memory.events) == 40


async def test_a_flood_that_never_listens_is_cut(web: Desk) -> None:
    """L06, L03: being told 200 times is enough."""
    tab = await enter(web, OFFICE)
    for _ in range(400):
        await tab.write("more")
    assert await tab.closed() == 1008
    assert len(web.memory.events) == 40


async def test_two_places_may_hold_one_token_and_each_hears_everything_once(web: Desk) -> None:
    """A12: one token from two places."""
    laptop = await enter(web, OFFICE)
    await laptop.write("hello")
    assert (await laptop.frame())["type"] == "ack"
    phone = await enter(web, HOME, laptop.token, last_seq=1)
    for number in range(5):
        web.memory.say(address_of(laptop.token), BOT, f"line {number}")
    for tab in (laptop, phone):
        assert [frame["seq"] for frame in await tab.frames(5)] == [2, 3, 4, 5, 6]
        assert await tab.quiet()


async def upload(web: Desk, token: str, place: str, data: Any = b"x") -> int:
    headers = {
        "Origin": web.origin,
        "Authorization": f"Bearer {token}",
        "X-Forwarded-For": place,
        "Content-Type": "text/plain",
    }
    async with web.client.post(f"{web.origin}/widget/files", data=data, headers=headers) as answer:
        return answer.status


async def test_one_customer_uploads_no_faster_than_they_write(web: Desk) -> None:
    """B13: a disk is not filled a file at a time."""
    tab = await enter(web, OFFICE)
    assert [await upload(web, tab.token, OFFICE) for _ in range(3)] == [201, 201, 429]
    assert await upload(web, (await enter(web, OFFICE)).token, OFFICE) == 201


async def test_one_address_holds_no_more_than_its_share_of_the_uploads(tmp_path: Path) -> None:
    """L05: slow uploads from one place leave room for others."""
    async with desk(tmp_path, **BEHIND_PROXY) as web:
        hold, begun = asyncio.Event(), []

        async def slowly() -> AsyncIterator[bytes]:
            yield b"x"
            begun.append(1)
            await hold.wait()

        tabs = [await enter(web, OFFICE) for _ in range(9)]
        slow = [
            asyncio.create_task(upload(web, tab.token, OFFICE, slowly()))
            for tab in tabs[:8]
            for _ in range(2)
        ]
        await until(lambda: len(begun) == 16)
        assert 429 in [await upload(web, tabs[8].token, OFFICE) for _ in range(10)]
        assert await upload(web, (await enter(web, HOME)).token, HOME) == 201
        hold.set()
        assert await asyncio.gather(*slow) == [201] * 16
