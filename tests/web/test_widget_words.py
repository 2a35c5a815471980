"""What the widget says in a real browser: names, states, languages, and when it cannot load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web as http
from playwright.async_api import Browser, expect

from core.messages import Mode
from core.notices import Seen
from core.ports import Route
from tests.web.desk import desk
from tests.web.memory import BOT, MIA
from tests.web.visitor import SHOP, Visitor, shop, visiting, whereabouts

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_only_an_agents_answer_says_that_a_line_was_seen(
    browser: Browser, tmp_path: Path
) -> None:
    """A copy in the agents' thread is delivered; nobody has read it yet."""
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("my pot is broken")
        status = visitor.chat.locator(".customer .foot").last
        await expect(status).to_have_text(re.compile(r"^[\d:]+ · Sent$"))
        where = whereabouts(web)
        web.connector.publish([Seen(where, 1)])
        await expect(status).to_contain_text("Delivered")
        web.memory.say(where, BOT, "One moment, please.")
        await visitor.sees("my pot is broken", "One moment, please.")
        await expect(status).to_contain_text("Delivered")
        web.memory.say(where, MIA, "I look at it")
        await expect(status).to_contain_text("Seen")
        await visitor.write("thanks")
        await expect(status).to_contain_text("Sent")
        web.connector.publish([Seen(where, 4)])
        await expect(status).to_contain_text("Delivered")


async def test_who_waits_is_told_so_in_the_head_alone(browser: Browser, tmp_path: Path) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("a person, please")
        await visitor.sees("a person, please")
        web.memory.change(whereabouts(web), Mode.WAITING)
        await expect(visitor.chat.locator("header")).to_contain_text("Waiting for a colleague")
        await expect(visitor.chat.locator(".banner")).to_be_hidden()


async def test_the_bot_has_one_name_and_one_face_whatever_the_chats_title_is(
    browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, tmp_path) as (web, visitor):
        await visitor.write("hello")
        await visitor.sees("hello")
        web.memory.say(whereabouts(web), BOT, "Good day!")
        await visitor.sees("hello", "Good day!")
        await expect(visitor.chat.locator("h1")).to_have_text("The Tea House")
        names = visitor.chat.locator(".bot .who bdi")
        await expect(names).to_have_text([BOT.name, BOT.name])
        await expect(visitor.chat.locator(".face")).to_have_text(["B", "B", "B"])


@pytest.mark.parametrize(
    ("browser_speaks", "page", "tag", "bubble"),
    [
        ("zh-CN", "en", "", "打开聊天"),
        ("en-GB", "zh", "", "Open chat"),
        ("en-GB", "en", 'data-language="zh"', "打开聊天"),
        ("de-AT", "en", "", "Chat öffnen"),
        ("it", "ru", "", "Open chat"),
    ],
)
async def test_the_visitors_language_comes_before_the_pages(
    browser: Browser, tmp_path: Path, browser_speaks: str, page: str, tag: str, bubble: str
) -> None:
    text = SHOP.replace('lang="en"', f'lang="{page}"').replace("async", f"async {tag}")

    async def spoken(request: http.Request) -> http.Response:
        return http.Response(text=text, content_type="text/html")

    async with desk(tmp_path, extra=(Route("GET", "/", spoken),)) as web:
        context = await browser.new_context(locale=browser_speaks)
        tab = await context.new_page()
        await tab.goto(web.origin)
        await expect(tab.get_by_role("button", name=bubble)).to_be_visible()
        await context.close()


@pytest.mark.parametrize(
    ("speaks", "field", "spoken"),
    [
        ("de-AT", "Nachricht schreiben …", "de"),
        ("ru", "Напишите сообщение…", "ru"),
        ("zh-TW", "输入消息…", "zh"),
        ("it", "Write a message…", "en"),
    ],
)
async def test_the_chat_speaks_the_visitors_language(
    browser: Browser, tmp_path: Path, speaks: str, field: str, spoken: str
) -> None:
    async with desk(tmp_path) as web:
        context = await browser.new_context(locale=speaks)
        tab = await context.new_page()
        await tab.goto(f"{web.origin}/widget/frame")
        await expect(tab.get_by_placeholder(field)).to_be_visible()
        assert await tab.locator("html").get_attribute("lang") == spoken
        await context.close()


async def test_a_chat_whose_words_do_not_load_speaks_english(
    browser: Browser, tmp_path: Path
) -> None:
    async with desk(tmp_path) as web:
        context = await browser.new_context(locale="de")
        tab = await context.new_page()
        await tab.route("**/words-de.js", lambda route: route.abort())
        await tab.goto(f"{web.origin}/widget/frame")
        await expect(tab.get_by_placeholder("Write a message…")).to_be_visible()
        await context.close()


async def test_a_chat_that_did_not_load_is_tried_again_when_it_is_opened_again(
    browser: Browser, tmp_path: Path
) -> None:
    async with desk(tmp_path, extra=(Route("GET", "/", shop),)) as web:
        visitor = Visitor(await browser.new_page(locale="en-GB"))
        await visitor.page.set_viewport_size({"width": 390, "height": 844})
        await visitor.page.route("**/widget/frame", lambda route: route.abort())
        await visitor.page.goto(web.origin)
        await visitor.page.wait_for_function("window.frontdesk")
        await visitor.page.evaluate("frontdesk.open()")
        await expect(visitor.page.get_by_role("alert")).to_be_visible()
        await visitor.page.unroute("**/widget/frame")
        # The bubble is there to close it, although a chat would fill a phone's screen.
        await visitor.page.get_by_role("button", name="Close chat").click()
        await visitor.page.get_by_role("button", name="Open chat").click()
        await visitor.ready()
        await expect(visitor.page.get_by_role("alert")).to_have_count(0)
        assert visitor.errors == []
        await visitor.page.close()


async def test_the_home_page_has_the_chat_on_it_and_copies_its_line(
    browser: Browser, tmp_path: Path
) -> None:
    async with desk(tmp_path) as web:
        context = await browser.new_context(
            locale="en-GB", permissions=["clipboard-read", "clipboard-write"]
        )
        visitor = Visitor(await context.new_page())
        said: list[str] = []
        visitor.page.on("console", lambda message: said.append(message.text))
        await visitor.page.goto(web.origin)
        await visitor.page.get_by_role("button", name="Copy").click()
        await expect(visitor.page.get_by_role("button", name="Copied")).to_be_visible()
        assert await visitor.page.evaluate("navigator.clipboard.readText()") == (
            f'<script src="{web.origin}/widget.js" async></script>'
        )
        await visitor.page.get_by_role("button", name="Open chat").click()
        await visitor.ready()
        await visitor.write("does it work?")
        await visitor.sees("does it work?")
        assert (said, visitor.errors) == ([], [])
        await context.close()
