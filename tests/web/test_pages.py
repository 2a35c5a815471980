"""The widget's pages: fenced in, cached well, small."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from connectors.web import bundle
from connectors.web.assets import read_sources
from connectors.web.pages import Pages
from connectors.web.settings import WebSettings
from tests.web.desk import Desk, desk


async def test_the_loader_is_a_small_script_for_any_page(web: Desk) -> None:
    async with web.client.get(f"{web.origin}/widget.js") as answer:
        script = await answer.text()
        headers = answer.headers
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '"title": "Chat"' in script
    assert len(gzip.compress(script.encode())) < 4 * 1024


async def test_a_title_cannot_break_out_of_the_loader(tmp_path: Path) -> None:
    """B11: links that would run something, markup that stays text."""
    title = '</script>"\u2028'
    async with (
        desk(tmp_path, settings=WebSettings(title=title)) as web,
        web.client.get(f"{web.origin}/widget.js") as answer,
    ):
        script = await answer.text()
    assert "</script>" not in script
    assert "\u2028" not in script


async def test_the_frame_is_fenced_in(tmp_path: Path) -> None:
    """A17, B11: the policy, and no cookie."""
    settings = WebSettings(allowed_origins=("https://shop.example", "https://www.shop.example"))
    async with desk(tmp_path, settings=settings) as web:
        async with web.client.get(f"{web.origin}/widget/frame") as answer:
            headers = answer.headers
            page = await answer.text()
        own_socket = f"ws://127.0.0.1:{web.server.port}"
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["connect-src"] == f"'self' {own_socket}"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == "'self' https://shop.example https://www.shop.example"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "Set-Cookie" not in headers
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page)


async def test_without_allowed_pages_only_our_own_embed_the_chat(web: Desk) -> None:
    async with web.client.get(f"{web.origin}/widget/frame") as answer:
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


async def test_a_strange_host_header_stays_out_of_the_policy(web: Desk) -> None:
    async with web.client.get(
        f"{web.origin}/widget/frame", headers={"Host": "a; script-src *"}
    ) as answer:
        assert "script-src *" not in answer.headers["Content-Security-Policy"]


async def test_everything_the_frame_names_is_there_and_kept_for_ever(web: Desk) -> None:
    async with web.client.get(f"{web.origin}/widget/frame") as answer:
        page = await answer.text()
    names = re.findall(r'(?:src|href)="(/widget/assets/[^"]+)"', page)
    assert names
    for name in names:
        async with web.client.get(web.origin + name) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"


async def test_an_unchanged_file_is_not_sent_twice(web: Desk) -> None:
    async with web.client.get(f"{web.origin}/widget.js") as answer:
        tag = answer.headers["ETag"]
    headers = {"If-None-Match": f'"old", W/{tag}'}
    async with web.client.get(f"{web.origin}/widget.js", headers=headers) as answer:
        assert answer.status == 304
        assert await answer.read() == b""


async def test_a_browser_without_gzip_gets_plain_text(web: Desk) -> None:
    async with web.client.get(
        f"{web.origin}/widget.js", headers={"Accept-Encoding": "identity"}
    ) as answer:
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("name", ["nope.js", "..%2fconnector.py", "frame.html", "app.js"])
async def test_what_is_no_asset_is_not_found(web: Desk, name: str) -> None:
    async with web.client.get(f"{web.origin}/widget/assets/x/{name}") as answer:
        assert answer.status == 404


def test_the_whole_widget_stays_light() -> None:
    """What a visitor downloads, packed, in bytes."""
    pages = Pages(WebSettings(), {})

    assert pages.weight < 20 * 1024
    assert pages.heaviest_words < 2 * 1024


def test_the_widget_has_all_its_words_in_every_language() -> None:
    sources = read_sources()
    english = sources["strings.js"].partition("const en = {")[2].partition("\n};")[0]
    others = {name: text for name, text in sources.items() if name.startswith("words-")}

    assert [*sorted(others)] == [f"words-{name}.js" for name in ("de", "es", "fr", "ru", "zh")]
    for name, text in others.items():
        assert _keys(text) == _keys(english), name


def _keys(table: str) -> dict[str, list[str]]:
    """The name of each text, and what is filled into it."""
    texts = re.findall(r'(\w+): "([^"]*)"', table)
    return {name: sorted(re.findall(r"\{(\w+)\}", text)) for name, text in texts}


def test_no_script_builds_markup_from_text() -> None:
    """B11: nothing a stranger writes is ever parsed as HTML or run."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc"
    )
    for name, source in read_sources().items():
        assert not forbidden.search(source), name


def test_every_source_is_short_enough_to_read() -> None:
    for name, source in read_sources().items():
        assert source.count("\n") <= 300, name


def test_modules_become_one_script_in_the_order_of_their_imports() -> None:
    modules = {
        "app": 'import { two, Three } from "./numbers.js";\n\n// Why.\n  run(two, Three);\n',
        "numbers": "export const two = 2;\nexport class Three {}\nconst four = 4;\n",
    }
    assert bundle.scripts(modules).splitlines() == [
        "const m = {};",
        "m.numbers = (() => {",
        "const two = 2;",
        "class Three {}",
        "const four = 4;",
        "return { two, Three };",
        "})();",
        "m.app = (() => {",
        "const { two, Three } = m.numbers;",
        "run(two, Three);",
        "return {  };",
        "})();",
    ]
