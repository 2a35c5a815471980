"""The widget in a real browser, on a shop's page."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from aiohttp import web as http
from playwright.async_api import Browser, FilePayload, expect

from connectors.web.assets import read_sources
from connectors.web.settings import WebSettings
from core.errors import TooManyMessages
from core.messages import Author, AuthorKind, Button, Mode
from core.notices import Draft, Typing
from core.ports import Route
from tests.web.desk import desk, until
from tests.web.memory import BOT, MIA
from tests.web.visitor import Visitor, another_site, shop, visiting, whereabouts

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visitor_writes_chooses_reloads_and_meets_a_colleague(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("my pot is broken")
        await visitor.sees("my pot is broken")
        await expect(visitor.chat.locator(".foot").last).to_contain_text("Sent")
        where = whereabouts(web)
        web.memory.say(where, BOT, "Sorry!", buttons=(Button("Refund", say="refund please"),))
        await visitor.chat.get_by_role("button", name="Refund").click()
        await visitor.sees("my pot is broken", "Sorry!", "refund please")
        await expect(visitor.chat.get_by_role("button", name="Refund")).to_have_count(0)

        web.connector.publish([Typing(where, BOT)])
        await expect(visitor.chat.get_by_label("Bot is typing")).to_be_visible()
        web.connector.publish([Draft(where, "Refunds take")])
        await expect(visitor.chat.locator(".draft")).to_contain_text("Refunds take")
        web.memory.say(where, BOT, "Refunds take 3 days")
        await expect(visitor.chat.locator(".draft")).to_have_count(0)
        talk = ["my pot is broken", "Sorry!", "refund please", "Refunds take 3 days"]
        await visitor.sees(*talk)

        await visitor.page.reload()
        await visitor.ready()
        await visitor.sees(*talk)
        web.memory.change(where, Mode.HUMAN, MIA)
        web.memory.say(where, MIA, "Hi, I am Mia")
        await expect(visitor.chat.get_by_text("You’re talking to Mia")).to_be_visible()


async def test_nothing_a_stranger_writes_becomes_markup(browser: Browser, tmp_path: Path) -> None:
    """B11: nor is anything fetched that it names."""
    evil = (
        "<img src=x onerror=document.title='owned'> javascript:alert(1) "
        "[x](javascript:alert(1)) data:text/html,x ![p](https://evil.example/p.png) "
        "https://bank.example@evil.example/login"
    )
    async with visiting(browser, tmp_path) as (web, visitor):
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url))
        await visitor.write(evil)
        await visitor.sees(evil)
        web.memory.say(whereabouts(web), MIA, evil + " https://ok.example/a_(b). ok")
        links = visitor.chat.locator(".agent a")
        await expect(links).to_have_count(2)
        assert await links.evaluate_all("all => all.map((link) => link.href)") == [
            "https://evil.example/p.png",
            "https://ok.example/a_(b)",
        ]
        assert (
            await links.evaluate_all("all => all.map((link) => link.rel)")
            == ["noopener noreferrer nofollow"] * 2
        )
        assert await visitor.chat.locator(".bubble img").count() == 0
        assert await visitor.chat.title() != "owned"
        assert not [url for url in asked if "evil.example" in url]


async def test_whoever_writes_too_fast_is_told_once_and_keeps_the_order(
    browser: Browser, tmp_path: Path
) -> None:
    """L06: a polite sentence, and nothing overtakes what had to wait."""
    async with visiting(browser, tmp_path) as (web, visitor):
        said = """() => { window.said = []; const note = document.querySelector(".note");
            new MutationObserver((all) => all.forEach((one) =>
                one.type === "childList" && said.push(note.textContent)))
            .observe(note, { childList: true, attributes: true }); }"""
        await visitor.chat.evaluate(said)
        web.memory.fail = [TooManyMessages(0.1)] * 5
        await visitor.write("one")
        await until(lambda: [len(talk.lines) for talk in web.memory.talks.values()] == [1])
        assert await visitor.chat.evaluate("said") == [
            "Too many messages. Sending again in a moment…"
        ]
        web.memory.fail = [TooManyMessages(0.7)]
        await visitor.write("two")
        await until(lambda: not web.memory.fail)
        await visitor.write("three")
        await until(lambda: [len(talk.lines) for talk in web.memory.talks.values()] == [3])
        await expect(visitor.chat.locator(".foot").last).to_contain_text("Sent")
        await visitor.sees("one", "two", "three")
        lines = web.memory.talks[whereabouts(web)].lines
        assert [line.text for line in lines] == ["one", "two", "three"]


async def test_what_was_written_without_a_network_arrives_once_after_a_reload(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("first")
        await visitor.sees("first")
        web.memory.pause.clear()
        await visitor.write("second")
        await expect(visitor.chat.get_by_text("Sending…")).to_be_visible()
        await visitor.page.reload()
        await visitor.ready()
        await visitor.sees("first", "second")
        web.memory.pause.set()
        await expect(visitor.chat.locator(".foot").last).to_contain_text("Sent")
        await visitor.sees("first", "second")
        assert [line.text for line in web.memory.talks[whereabouts(web)].lines] == [
            "first",
            "second",
        ]


async def test_the_chat_comes_back_by_itself_after_a_restart(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("before")
        await visitor.sees("before")
        await web.connector.stop()
        await visitor.write("while you were away")
        web.memory.say(whereabouts(web), BOT, "missed")
        await web.connector.start(web.memory)
        await visitor.sees("before", "missed", "while you were away")
        await expect(visitor.chat.locator(".foot").last).to_contain_text("Sent")


async def test_after_a_short_gap_that_the_socket_survived_the_chat_is_not_offline(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("before")
        await visitor.sees("before")
        banner = visitor.chat.get_by_text("You’re offline.")
        await visitor.page.context.set_offline(True)
        await expect(banner).to_be_visible()
        await visitor.page.context.set_offline(False)
        await expect(banner).to_be_hidden()
        web.memory.say(whereabouts(web), BOT, "still here")
        await visitor.sees("before", "still here")
        assert web.connector.connections == 1


async def test_browsers_come_back_at_different_times_and_ever_more_rarely(
    browser: Browser, tmp_path: Path
) -> None:
    """L02: the waits between attempts are random, from half a second up to half a minute."""

    async def module(request: http.Request) -> http.Response:
        return http.Response(text=read_sources()["connection.js"], content_type="text/javascript")

    extra = (Route("GET", "/", shop), Route("GET", "/connection.js", module))
    async with desk(tmp_path, extra=extra) as web:
        page = await browser.new_page()
        await page.goto(web.origin)
        pauses = await page.evaluate(
            """async () => {
            const { Connection } = await import("/connection.js");
            const waits = () => { const one = new Connection("", null, null, () => {});
                return Array.from({ length: 10 }, () => one.pause()); };
            return Array.from({ length: 50 }, waits); }"""
        )
        await page.close()
    for attempt, waits in enumerate(zip(*pauses, strict=True)):
        longest = min(30_000, 1000 * 2**attempt)
        assert 500 <= min(waits) <= max(waits) <= longest
        assert max(waits) - min(waits) > (longest - 500) / 2


async def test_two_tabs_show_the_same_and_a_closed_one_counts(
    browser: Browser, tmp_path: Path
) -> None:
    """A12: one token in many tabs."""
    async with visiting(browser, tmp_path) as (web, visitor):
        other = Visitor(await visitor.page.context.new_page())
        await other.page.goto(web.origin)
        await other.open()
        await visitor.write("hello from one")
        await other.sees("hello from one")
        await other.write("hello from two")
        await visitor.sees("hello from one", "hello from two")
        assert len(web.memory.talks) == 1
        await other.page.bring_to_front()
        await other.page.keyboard.press("Escape")
        bubble = other.page.get_by_role("button", name="Open chat")
        await expect(bubble).to_be_focused()


async def test_another_site_embeds_the_chat_and_counts_what_is_unread(
    browser: Browser, tmp_path: Path
) -> None:
    """A17: pages of other origins."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with another_site(port) as site:
        settings = WebSettings(allowed_origins=(site,))
        async with desk(tmp_path, settings=settings, port=port) as web:
            visitor = Visitor(await browser.new_page(locale="en-GB"))
            await visitor.page.goto(site)
            await visitor.open()
            await visitor.write("hello")
            await visitor.sees("hello")
            await visitor.chat.press("textarea", "Escape")
            bubble = visitor.page.get_by_role("button", name="Open chat")
            await expect(bubble).to_be_focused()
            web.memory.say(whereabouts(web), MIA, "still there?")
            await expect(visitor.page.locator(".badge")).to_have_text("1")
            await bubble.click()
            await expect(visitor.page.locator(".badge")).to_be_hidden()
            await visitor.sees("hello", "still there?")
            await visitor.page.close()


async def test_a_site_that_was_not_allowed_shows_no_chat(
    browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A17: a sentence stands there, and the console and the log name the setting."""
    async with desk(tmp_path) as web, another_site(web.server.port) as site:
        page = await browser.new_page(locale="en-GB")
        await page.goto(site)
        await page.wait_for_function("window.frontdesk")
        async with page.expect_event(
            "console", lambda message: "channels.web.allowed_origins" in message.text
        ) as said:
            await page.evaluate("frontdesk.open()")
            await expect(page.locator("iframe")).to_be_hidden()
        assert f"Is {site} in channels.web.allowed_origins?" in (await said.value).text
        alert = page.get_by_role("alert")
        await expect(alert).to_have_text("The chat cannot be shown right now.")
        assert [f"{site} is not in channels.web.allowed_origins: it shows no chat"] == [
            record.getMessage() for record in caplog.records
        ]
        await page.get_by_role("button", name="Close chat").click()
        await expect(alert).to_be_hidden()
        assert web.connector.connections == 0
        await page.close()


async def test_a_picture_is_pasted_in_seen_and_sent(browser: Browser, tmp_path: Path) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        picture: FilePayload = {
            "name": "pot.png",
            "mimeType": "image/png",
            "buffer": b"\x89PNG\r\n\x1a\n",
        }
        await visitor.chat.set_input_files("input[type=file]", [picture])
        await expect(visitor.chat.locator(".chip.done")).to_contain_text("pot.png")
        await visitor.chat.get_by_role("button", name="Send").click()
        await until(lambda: web.memory.talks)
        [line] = web.memory.talks[whereabouts(web)].lines
        assert (line.text, line.attachments[0].name) == ("", "pot.png")
        await expect(visitor.chat.locator(".customer .file, .customer .picture")).to_be_visible()


async def test_enter_sends_only_when_no_word_is_being_composed(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.chat.fill("textarea", "ni")
        await visitor.chat.dispatch_event(
            "textarea", "keydown", {"key": "Enter", "isComposing": True, "bubbles": True}
        )
        await visitor.chat.press("textarea", "Shift+Enter")
        await visitor.chat.locator("textarea").press_sequentially("hao")
        await visitor.chat.press("textarea", "Enter")
        await visitor.sees("ni\nhao")
        assert await visitor.chat.locator("textarea").input_value() == ""
        web.memory.say(whereabouts(web), Author(AuthorKind.SYSTEM), "noted")
        await visitor.sees("ni\nhao", "noted")
