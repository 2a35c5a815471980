"""The page at frontdesk's own address."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from connectors.web.home import prefers_chinese
from connectors.web.settings import WebSettings
from tests.web.desk import Desk, desk


async def home(web: Desk, **headers: str) -> str:
    async with web.client.get(f"{web.origin}/", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        return await answer.text()


async def test_it_shows_the_one_line_that_a_site_needs(web: Desk) -> None:
    page = await home(web)
    line = f'<script src="{web.origin}/widget.js" async></script>'
    assert line in unescape(page)
    assert "frontdesk is running" in page
    assert "<li >" in page  # how to give it a public address


async def test_the_line_names_the_address_that_visitors_reach(tmp_path: Path) -> None:
    async with desk(tmp_path, public_url="https://chat.example/") as web:
        page = await home(web)
    assert '<script src="https://chat.example/widget.js" async></script>' in unescape(page)
    assert "<li hidden>" in page


async def test_it_is_fenced_in_and_lets_no_page_embed_it(web: Desk) -> None:
    async with web.client.get(f"{web.origin}/") as answer:
        page, headers = await answer.text(), answer.headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["frame-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page)


@pytest.mark.parametrize("host", ['a"><b>', "a; script-src *", "[x", "ä.example"])
async def test_a_strange_host_header_is_not_shown(web: Desk, host: str) -> None:
    page = await home(web, Host=host)
    assert host not in unescape(page)
    assert '<script src="/widget.js" async></script>' in unescape(page)


async def test_everything_it_names_is_there(tmp_path: Path) -> None:
    async with desk(tmp_path, settings=WebSettings(color="#2f6f4f")) as web:
        names = re.findall(r'(?:src|href)="(/[^"]+)"', await home(web))
        assert len(names) == 3
        texts = []
        for name in names:
            async with web.client.get(web.origin + name) as answer:
                assert answer.status == 200
                texts.append(await answer.text())
    assert any("--accent: #2f6f4f;" in text for text in texts)


async def test_no_other_path_shows_it(web: Desk) -> None:
    for path in ("/index.html", "/x", "//", "/widget"):
        async with web.client.get(web.origin + path) as answer:
            assert answer.status == 404


async def test_a_chinese_browser_reads_chinese(web: Desk) -> None:
    page = await home(web, **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert "正在运行" in page
    assert '<html lang="zh-Hans">' in page


@pytest.mark.parametrize(
    ("accepted", "chinese"),
    [
        ("", False),
        ("zh", True),
        ("ZH-tw", True),
        ("en-US,en;q=0.9,zh-CN;q=0.8", False),
        ("de,zh;q=0.5", True),
        ("en;q=0.3, zh;q=0.4", True),
        ("zh;q=0", False),
        ("zh;q=nan", False),
        ("zhuang", False),
        ("zh;" * 5000, False),
    ],
)
def test_the_better_of_two_languages_is_chosen(accepted: str, chinese: bool) -> None:
    assert prefers_chinese(accepted) is chinese
