"""The demo as a visitor has it: one command, one page, and the real service behind it."""

from __future__ import annotations

import asyncio
import csv
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
from playwright.async_api import Locator, Page, async_playwright, expect

from core.cli import main

ROOT = Path(__file__).parent.parent
WITHIN = 10_000  # milliseconds until the browser gives up
# What a browser tells when a picture's size is known in the middle of scrolling to the end.
LATE_PICTURE = """node => {
  node.lastElementChild.style.minHeight = "500px";
  node.dispatchEvent(new Event("scroll"));
  node.lastElementChild.dispatchEvent(new Event("load"));
}"""
AT_ITS_END = """node => new Promise(done => {
  const look = () => {
    const whole = [...node.querySelectorAll("img")].every(image => image.complete);
    const below = node.scrollHeight - node.scrollTop - node.clientHeight;
    whole && below <= 1 ? done() : requestAnimationFrame(look);
  };
  look();
})"""


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
async def browsing(chromium: Path, url: str, locale: str = "en-GB") -> AsyncIterator[Page]:
    """The page in a browser; whatever it complains about is a failure."""
    complaints: list[str] = []
    expect.set_options(timeout=WITHIN)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale=locale)
        page.set_default_timeout(WITHIN)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        await page.goto(url)
        yield page
        await browser.close()
    assert not complaints


async def ask(page: Page, words: str) -> None:
    """Press a suggestion, which sends it."""
    await page.get_by_role("group", name="Things to ask").get_by_text(words).click()
    await expect(chat_of(page).locator("[role=log]")).to_contain_text(words)


def chat_of(page: Page) -> Locator:
    return page.frame_locator("#shop-frame").frame_locator("iframe").locator("body")


async def on_the_phone(page: Page, words: str) -> None:
    box = page.get_by_label("Message to the shop's bot")
    await box.fill(words)
    await box.press("Enter")


async def xiaoyu_calls(page: Page) -> None:
    """The second customer on Telegram, who has no open case, asks for a person."""
    await page.get_by_role("button", name="小雨 林").click()
    cards = page.get_by_label("Channel", exact=True).locator("h4", has_text="小雨 林")
    before = await cards.count()
    await on_the_phone(page, "人工")
    await expect(cards).to_have_count(before + 1)


async def save(demo: Demo, rules: str, told: str) -> None:
    """Write the settings file, and wait until the log tells of it."""
    demo.settings.write_text(rules, encoding="utf-8")
    async with asyncio.timeout(10):
        await asyncio.to_thread(until, told, demo.log)


async def test_visitor_plays_customer_and_agent_on_one_page(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        chat = chat_of(page)
        ticker = page.get_by_label("What just happened")
        await ask(page, "Where is my order #123456?")
        await expect(chat).to_contain_text("Follow order 123456 here")
        await expect(ticker).to_contain_text("order-number")

        await ask(page, "When will my monstera be here?")  # in no words of the rule
        await expect(chat).to_contain_text("It takes 2 to 3 days")
        await expect(ticker).to_contain_text("shipping-time")

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


async def test_a_light_bulb_under_an_answer_shows_a_rule_to_paste(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        thread = page.get_by_role("log", name="Thread")
        await ask(page, "I want to talk to a person")
        box = chat_of(page).get_by_role("textbox")
        await box.fill("Do you rent out plants for a wedding?")
        await box.press("Enter")
        # Where an older case is open, the new one waits beside it.
        new = page.get_by_role("button", name="new case")
        await expect(thread.get_by_text("rent out plants").or_(new).first).to_be_visible()
        if await new.is_visible():
            await new.click()
        await expect(thread).to_contain_text("rent out plants")
        reply = page.get_by_label("Reply to the customer…")
        await reply.fill("Yes, we rent plants from 80 € a day.")
        await reply.press("Enter")
        answer = thread.get_by_role("article").filter(has_text="80 € a day")
        await answer.hover()
        await answer.get_by_role("button", name="React with 💡").click()
        await expect(thread).to_contain_text("A rule for this answer")
        await expect(thread.locator("pre")).to_contain_text("- id: rent-out-plants")
        assert await thread.evaluate("node => node.scrollWidth <= node.clientWidth")
        await expect(chat_of(page)).not_to_contain_text("A rule for this answer")


async def test_gpt_answers_from_the_shops_files_with_a_link_or_offers_a_person(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        chat = chat_of(page)
        await ask(page, "How do I repot a fern?")
        await expect(chat).to_contain_text("Source: Services")
        source = chat.get_by_role("link", name="fern-and-clay.example/services")
        await expect(source).to_have_attribute("href", "https://fern-and-clay.example/services")
        box = chat.get_by_role("textbox")
        await box.fill("flurble grompf zark?")
        await box.press("Enter")
        await expect(chat).to_contain_text("Shall I ask one of my colleagues?")
        await box.fill("yes please")
        await box.press("Enter")
        await expect(chat).to_contain_text("I have called a colleague")
        names = page.locator(".b-spoken strong")
        await expect(names.first).to_be_visible()
        assert set(await names.all_text_contents()) == {"Customer", "Fern & Clay"}


async def test_phone_answers_by_the_rule_that_was_just_changed(
    demo: Demo, chromium_path: Path
) -> None:
    rules = demo.settings.read_text(encoding="utf-8")
    await save(demo, rules.replace("30 天内退回", "45 天内退回"), "loaded again")
    async with browsing(chromium_path, demo.url) as page:
        phone = page.get_by_role("log", name="Chat on Telegram")
        await on_the_phone(page, "我想退款")
        await expect(phone).to_contain_text("45 天内退回")
        await phone.get_by_role("button", name="找同事帮忙").click()
        channel = page.get_by_label("Channel", exact=True)
        await expect(channel).to_contain_text("Anna Keller needs a person")
        await page.get_by_label("Send a sample photo").click()
        await expect(phone.locator("img")).to_be_visible()


async def test_new_case_waits_beside_the_open_one_and_shows_its_picture(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        await ask(page, "I want to talk to a person")
        thread = page.get_by_role("log", name="Thread")
        await expect(thread).to_contain_text("needs a person")
        await xiaoyu_calls(page)
        await page.get_by_role("button", name="new case").click()
        await expect(thread).to_contain_text("小雨 林 needs a person")
        await page.get_by_label("Send a sample photo").click()
        await expect(thread.get_by_role("link").locator("img")).to_be_visible()
        for name in ("Chat on Telegram", "Thread"):
            await at_its_end(page.get_by_role("log", name=name))
            await page.get_by_role("log", name=name).evaluate(LATE_PICTURE)
            await at_its_end(page.get_by_role("log", name=name))
        await thread.get_by_role("button", name="Hand back to bot").click()
        await expect(thread).to_contain_text("handed back to the bot")


async def at_its_end(log: Locator) -> None:
    """The newest line is in view, also after a picture has come in and made it longer."""
    async with asyncio.timeout(WITHIN / 1000):
        await log.evaluate(AT_ITS_END)


async def test_only_a_customer_who_wants_a_person_is_a_case(
    demo: Demo, chromium_path: Path
) -> None:
    rules = demo.settings.read_text(encoding="utf-8")
    async with browsing(chromium_path, demo.url) as page:
        channel, thread = page.get_by_label("Channel", exact=True), page.get_by_label("Thread")
        await xiaoyu_calls(page)
        await page.get_by_label("Back to the channel").click()

        await save(demo, rules.replace("remind_after: 5m", "remind_after: 1s"), "loaded again")
        reminder = channel.locator("article", has_text="林 has waited since")
        await expect(reminder).to_contain_text("Replied to a thread")
        await save(demo, f"{rules}\nnonsense: [", "was not taken")
        announced = channel.locator("article", has_text="was not taken")
        await expect(announced).to_be_visible()
        await expect(announced.get_by_role("button")).to_have_count(0)
        await expect(page.get_by_label("Reply to the customer…")).to_be_hidden()

        await reminder.get_by_role("button", name="小雨 林 needs a person").click()
        await expect(thread.get_by_text("Also sent to the channel")).to_be_visible()
        reply = page.get_by_label("Reply to the customer…")
        await reply.fill("您好，我是 Mia。")
        await reply.press("Enter")
        await expect(page.get_by_label("Chat on Telegram")).to_contain_text("您好，我是 Mia。")
        await thread.get_by_role("button", name="Hand back to bot").click()
        await expect(thread.get_by_text("handed back to the bot").first).to_be_visible()
    await save(demo, rules, "loaded again")


async def test_chat_in_the_shop_speaks_the_visitors_language(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url, locale="zh-CN") as page:
        await page.frame_locator("#shop-frame").get_by_role("button", name="打开聊天").click()
        await expect(chat_of(page)).to_contain_text("您好！")


async def test_agent_sees_that_a_message_is_being_edited_and_can_leave_it(
    demo: Demo, chromium_path: Path
) -> None:
    async with browsing(chromium_path, demo.url) as page:
        await ask(page, "I want to talk to a person")
        panel = page.get_by_role("region", name="Thread")
        box = panel.get_by_label("Reply to the customer…")
        await box.fill("Good morning")
        await box.press("Enter")
        await expect(box).to_have_value("")
        await box.fill("half a thought")
        await panel.get_by_role("log").get_by_text("Good morning").last.hover()
        await panel.get_by_role("button", name="Edit").last.click()
        await expect(panel.get_by_text("Editing a message")).to_be_visible()
        await expect(box).to_have_value("Good morning")
        await panel.get_by_role("button", name="Cancel").click()
        await expect(panel.get_by_text("Editing a message")).to_be_hidden()
        await expect(box).to_have_value("half a thought")


async def test_busy_port_gives_way_and_stand_ins_are_named(demo: Demo) -> None:
    assert demo.url != f"http://127.0.0.1:{demo.busy}"
    assert f"port {demo.busy} is busy" in demo.printed
    for platform in ("GPT", "Telegram", "Slack"):
        assert re.search(rf"{platform}\s+stand-in", demo.printed)
    assert re.search(r"web chat\s+real", demo.printed)


async def test_what_differs_from_a_real_shop_is_said(demo: Demo, chromium_path: Path) -> None:
    assert "canned answers; set OPENAI_API_KEY" in demo.printed
    assert "always open" in demo.printed
    async with browsing(chromium_path, demo.url) as page:
        await expect(page.get_by_text("GPT is canned: set OPENAI_API_KEY")).to_be_visible()
        await expect(page.get_by_text("always open here")).to_be_visible()
        await expect(page.get_by_text("GPT, Telegram, Slack stand-ins")).to_be_visible()


async def test_refusal_by_a_stand_in_is_told_in_words(demo: Demo) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{demo.url}/demo/live", origin=demo.url) as page,
        asyncio.timeout(10),
    ):
        while (frame := await page.receive_json()).get("section") != "slack":
            pass
        mia = frame["scene"]["team"][0]["id"]
        gone = {"id": 1, "do": "slack.say", "agent": mia, "thread": "1.000000", "text": "Hello"}
        await page.send_json(gone)
        while (frame := await page.receive_json()).get("answer") != 1:
            pass
        assert frame["refusal"] == "Slack refuses this: thread not found."


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
    words = "TELEGRAM_TOKEN is empty (to be set in .env or the environment)"
    assert errors == f"frontdesk: --real telegram: {words}\n"


def test_credentials_lie_beside_the_command_when_there_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n")
    process = start("--real", "slack", folder=tmp_path)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "--real slack: SLACK_DESK_CHANNEL is empty" in errors


@pytest.mark.parametrize("path", ["settings.yaml", "sandbox/demo/settings.yaml"])
def test_no_shipped_rule_answers_what_the_shops_files_know_better(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    with (ROOT / "sandbox/demo/knowledge/faq.csv").open(encoding="utf-8", newline="") as file:
        questions = [row["question"] for row in csv.DictReader(file)]
    for question in questions:
        main(["try", question, "--settings", str(ROOT / path)])
        assert capsys.readouterr().out.startswith("GPT answers"), question


def test_demo_has_sound_settings_of_its_own() -> None:
    assert main(["check", str(ROOT / "sandbox" / "demo" / "settings.yaml")]) == 0
