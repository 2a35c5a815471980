"""The demo as a visitor has it: one command, one page, and the real service behind it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

from core.cli import main

ROOT = Path(__file__).parent.parent
WITHIN = 10_000  # milliseconds until the browser gives up


@dataclass(frozen=True)
class Demo:
    """A running one. `busy` is the port it was asked for, which another program has."""

    url: str
    printed: str
    log: IO[str]
    busy: int
    settings: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests here; it must end soon and with exit code 0."""
    folder = tmp_path_factory.mktemp("shop")
    settings = Path(shutil.copy(ROOT / "settings.yaml", folder))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        process = start("--port", str(busy), folder=folder)
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            printed = until("Ctrl-C ends the demo", process.stdout)
            url = re.findall(r"http://\S+", printed)[0]
            yield Demo(url, printed, process.stderr, busy, settings)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)
            assert process.returncode == 0, errors
            assert "Traceback" not in errors
        finally:
            process.kill()
            process.communicate()


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """The command, without what would make a platform real."""
    real = ("OPENAI", "SLACK", "TELEGRAM", "PUBLIC_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(real)}
    return subprocess.Popen(
        [sys.executable, "-m", "core", "demo", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(words: str, stream: IO[str]) -> str:
    """What comes up to a line with `words`, or up to the end."""
    lines: list[str] = []
    while not lines or (lines[-1] and words not in lines[-1]):
        lines.append(stream.readline())
    return "".join(lines)


@asynccontextmanager
async def browsing(chromium: Path, url: str) -> AsyncIterator[Page]:
    """The page in a browser; whatever it complains about is a failure."""
    complaints: list[str] = []
    expect.set_options(timeout=WITHIN)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(WITHIN)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        await page.goto(url)
        yield page
        await browser.close()
    assert not complaints


async def ask(page: Page, words: str) -> None:
    """Take a suggestion over into the chat, and send it."""
    await page.get_by_role("group", name="Things to ask").get_by_text(words).click()
    box = page.frame_locator("#shop-frame").frame_locator("iframe").locator("textarea")
    await expect(box).to_have_value(words)
    await box.press("Enter")


async def test_visitor_plays_customer_and_agent_on_one_page(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        chat = page.frame_locator("#shop-frame").frame_locator("iframe").locator("body")
        ticker = page.get_by_label("What just happened")
        await ask(page, "Where is my order #123456?")
        await expect(chat).to_contain_text("Here is the way to order 123456")
        await expect(ticker).to_contain_text("order-number")

        await ask(page, "I want to talk to a person")
        thread = page.get_by_role("log", name="Thread")
        await expect(thread).to_contain_text("needs a person")
        await expect(thread).to_contain_text("Where is my order #123456?")

        reply = page.get_by_label("Reply to the customer…")
        await reply.fill("/close")
        await reply.press("Enter")
        await expect(page.get_by_text("/close is not a valid command")).to_be_visible()
        await reply.fill("It is on its way, says <b>Mia</b>.")
        await reply.press("Enter")
        await expect(chat).to_contain_text("It is on its way, says <b>Mia</b>.")
        await expect(ticker).to_contain_text("Mia Lindqvist")


async def test_phone_answers_by_the_rule_that_was_just_changed(
    demo: Demo, chromium_path: Path
) -> None:
    rules = demo.settings.read_text(encoding="utf-8")
    demo.settings.write_text(rules.replace("30 天内退回", "45 天内退回"), encoding="utf-8")
    async with asyncio.timeout(10):
        await asyncio.to_thread(until, "loaded again", demo.log)
    async with browsing(chromium_path, demo.url) as page:
        phone = page.get_by_role("log", name="Chat on Telegram")
        box = page.get_by_label("Message to the shop's bot")
        await box.fill("我想退款")
        await box.press("Enter")
        await expect(phone).to_contain_text("45 天内退回")
        await phone.get_by_role("button", name="Ask a colleague").click()
        channel = page.get_by_label("Channel", exact=True)
        await expect(channel).to_contain_text("Anna Keller needs a person")
        await page.get_by_label("Send a sample photo").click()
        await expect(phone.locator("img")).to_be_visible()


async def test_busy_port_gives_way_and_stand_ins_are_named(demo: Demo) -> None:
    assert demo.url != f"http://127.0.0.1:{demo.busy}"
    assert f"port {demo.busy} is busy" in demo.printed
    for platform in ("GPT", "Telegram", "Slack"):
        assert re.search(rf"{platform}\s+stand-in", demo.printed)
    assert re.search(r"web chat\s+real", demo.printed)


async def test_other_sites_can_neither_read_nor_play(demo: Demo) -> None:
    foreign = {"Origin": "https://elsewhere.example"}
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{demo.url}/demo/live", headers=foreign) as answer:
            assert answer.status == 403
        async with client.get(demo.url, headers={"Host": "elsewhere.example"}) as answer:
            assert answer.status == 403
        async with client.get(demo.url) as answer:
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_platform_wanted_for_real_needs_its_credentials(tmp_path: Path) -> None:
    process = start("--real", "telegram", folder=tmp_path)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "TELEGRAM_TOKEN" in errors


def test_demo_has_sound_settings_of_its_own() -> None:
    assert main(["check", str(ROOT / "sandbox" / "demo" / "settings.yaml")]) == 0
