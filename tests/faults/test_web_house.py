"""What strangers and known customers do to the whole service by way of the chat on the site."""

from __future__ import annotations

import asyncio
import html
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from tests.scenarios.house import SETTINGS, House, shown, until

SECRET = "the-site-and-frontdesk-know-this-one"
METRICS_TOKEN = "canary-metrics-token"
MARKUP = (
    "<!channel> <!here> <@U1> <#C1> <!subteam^S1> <http://x|bank.com> &lt;!channel&gt; "
    "`code` ```block``` *bold* _it_ ~no~"
)
PAGE_CODE = (
    "<script>alert(1)</script> <img src=https://evil.example/p.png onerror=alert(1)> "
    "javascript:alert(1) data:text/html,x <svg onload=alert(1)> ![p](https://evil.example/p.png)"
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Not open yet; it believes a site that knows the secret."""
    house = House(tmp_path)
    house.environ |= {"IDENTITY_SECRET": SECRET, "METRICS_TOKEN": METRICS_TOKEN}
    web = 'web: {title: Fern & Clay, identity_secret: "${IDENTITY_SECRET}"}'
    settings = SETTINGS.replace("web: {title: Fern & Clay}", web)
    server = 'server: {port: 0, metrics_token: "${METRICS_TOKEN}"}'
    house.write_settings(settings.replace("server: {port: 0}", server))
    yield house
    await house.close()


def signed(sub: str, **claims: Any) -> str:
    """What the site's backend gives to a customer's page."""
    whole = {"aud": "frontdesk", "sub": sub, "exp": time.time() + 120, **claims}
    return jwt.encode(whole, SECRET, "HS256")


async def test_agents_see_who_a_known_customer_is(house: House) -> None:
    """A11: name and e-mail address are the site's word, in the card and beside the lines."""
    await house.open(gpt=False)
    ann = signed("4711", name="Ann Lee", email="ann@shop.example")
    async with house.visitor(identity=ann) as visitor:
        await visitor.say("I want to talk to a person")
        card = shown(await house.card())
        assert "Ann Lee needs a person" in card
        assert "ann@shop.example" in card
        await house.in_thread("Ann Lee: I want to talk to a person")
    async with house.visitor(identity=signed("4711")) as elsewhere:
        await elsewhere.hears("I want to talk to a person", "customer")
        card_message = await house.card()
        await house.slack.say(house.desk, house.mia, "Hi Ann", thread_ts=card_message.ts)
        await elsewhere.hears("Hi Ann", "agent")
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Hi Ann", "agent")
    async with house.visitor(identity=signed("4712")) as other:
        await other.say("hello")
        await other.hears("Hello, how can I help?", "bot")
        assert [seq for seq, _, _ in other.transcript()] == [2]


async def test_a_restart_changes_nothing_about_who_is_known(house: House) -> None:
    """A09, A10: passes of before are good, and so is the conversation."""
    await house.open(slack=False, gpt=False)
    async with house.visitor(identity=signed("4711")) as visitor:
        await visitor.say("hello")
        await visitor.hears("Hello, how can I help?")
    await house.restart()
    async with house.visitor(token=visitor.token) as again:
        await again.hears("Hello, how can I help?")
        assert again.token == visitor.token


@pytest.mark.parametrize("text", [MARKUP, PAGE_CODE], ids=["slack", "html"])
async def test_whatever_a_customer_writes_is_the_same_text_everywhere(
    house: House, text: str
) -> None:
    """B09, B10, B11: in their own chat, in their other tab, and in the agents' thread."""
    await house.open(gpt=False)
    ann = signed("4711", name=f"Ann {text}"[:100])
    async with house.visitor(identity=ann) as visitor:
        await visitor.say("human")
        await visitor.say(text)
        # Slack keeps a text escaped, once; as plain text nothing of it means anything.
        line = await house.in_thread(html.escape(text, quote=False))
        assert {block["text"]["type"] for block in line.blocks} == {"plain_text"}
        card = await house.card()
        assert all("mrkdwn" not in str(block) for block in card.blocks)
        async with house.visitor(token=visitor.token) as other:
            assert (await other.hears(text, "customer"))["text"] == text


async def test_what_gpt_and_agents_write_arrives_as_the_text_it_is(house: House) -> None:
    """B10, B11: the widget gets words, and never markup to show."""
    await house.open()
    house.openai.script(PAGE_CODE)
    async with house.visitor() as visitor:
        await visitor.say("Write me a page")
        assert (await visitor.hears("alert(1)", "bot"))["text"] == PAGE_CODE
        await visitor.say("human")
        card = await house.card()
        await house.slack.say(house.desk, house.mia, "<b>hi</b> & bye", thread_ts=card.ts)
        assert (await visitor.hears("bye", "agent"))["text"] == "<b>hi</b> & bye"


async def test_the_same_words_twice_are_two_messages(house: House) -> None:
    """B19: a repeat is known by its id, never by its text."""
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        acks = await asyncio.gather(*(visitor.say("shipping") for _ in range(10)))
        seqs = sorted(ack["seq"] for ack in acks)
        assert len(set(seqs)) == 10
    async with house.visitor(token=visitor.token) as again:
        await again.see(lambda f: f["type"] == "message" and f["seq"] == 20, "everything")
        said = [text for _, kind, text in again.transcript() if kind == "customer"]
        assert said == ["shipping"] * 10


async def test_a_flood_uses_up_its_own_share_and_nobody_elses(house: House) -> None:
    """L06: 200 messages at once from one customer; another one hears an answer at once."""
    await house.open(slack=False)
    async with house.visitor() as loud, house.visitor() as quiet:
        for _ in range(200):
            await loud.send(type="message", id=str(uuid.uuid4()), text="shipping")
        await quiet.say("hello")
        await quiet.hears("Hello, how can I help?", "bot")
        await until(lambda: len(settled(loud.frames)) == 200, "an answer to everything")
        refused = [f for f in loud.frames if f["type"] == "error"]
        assert len(refused) >= 165
        assert {f["code"] for f in refused} == {"rate_limited"}
        assert all(f["retry_after"] > 0 for f in refused)


async def test_a_button_pressed_again_and_again_counts_like_words(house: House) -> None:
    """L06: each press would be a message and an answer."""
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("hello")
        menu = await visitor.hears("Hello, how can I help?", "bot")
        value = menu["buttons"][0]["value"]
        for _ in range(100):
            press = {"id": str(uuid.uuid4()), "seq": menu["seq"], "value": value}
            await visitor.send(type="press", **press)
        await until(lambda: len(settled(visitor.frames)) == 101, "an answer to everything")
        refused = [f for f in visitor.frames if f["type"] == "error"]
        assert len(refused) >= 65
        assert all(f["code"] == "rate_limited" and f["retry_after"] > 0 for f in refused)


def settled(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [f for f in frames if f["type"] in ("ack", "error")]


async def test_what_anybody_may_ask_for_tells_no_secret(house: House) -> None:
    """A14: health, readiness, pages and errors; the metrics only with their token."""
    await house.open(telegram=True)
    secrets = {value for value in house.environ.values() if len(value) > 12 and "://" not in value}
    assert SECRET in secrets
    abroad = {"X-Forwarded-For": "8.8.8.8"}
    paths = ("/", "/healthz", "/readyz", "/metrics", "/widget.js", "/widget/frame", "/docs")
    async with aiohttp.ClientSession(house.service.url) as client:
        for path in (*paths, "/admin", "/widget/files/" + "a" * 20, "/.env", "/settings.yaml"):
            for method in ("GET", "POST", "OPTIONS"):
                async with client.request(method, path, headers=abroad) as answer:
                    page = await answer.text() + str(answer.headers)
                assert not [secret for secret in secrets if secret in page], path
                assert "Traceback" not in page
                assert answer.status < 500 or path == "/readyz"
        async with client.get("/metrics", headers=abroad) as answer:
            assert answer.status == 403
        allowed = {**abroad, "Authorization": f"Bearer {METRICS_TOKEN}"}
        async with client.get("/metrics", headers=allowed) as answer:
            assert answer.status == 200
            assert not [secret for secret in secrets if secret in await answer.text()]
