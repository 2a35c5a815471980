"""Sites that want to show the chat and may not are named in the log, and cannot fill it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.web.settings import WebSettings
from connectors.web.strangers import Strangers, embedder
from tests.web.desk import Desk, desk

SITE = "https://shop.example"


async def ask(web: Desk, page: str, **more: str) -> None:
    headers = {"Referer": page, "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site", **more}
    async with web.client.get(f"{web.origin}/widget/frame", headers=headers) as answer:
        assert answer.status == 200


async def test_a_site_that_is_not_allowed_is_named_once_with_its_setting(
    web: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for page in (f"{SITE}/", f"{SITE}/cart?secret=1", f"{SITE}:443"):
        await ask(web, page)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"{SITE} is not in channels.web.allowed_origins: it shows no chat"


async def test_sites_that_may_show_the_chat_are_not_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(tmp_path, settings=WebSettings(allowed_origins=(SITE,))) as web:
        await ask(web, f"{SITE}/")
        await ask(web, f"{web.origin}/")
        await ask(web, "https://behind.example/", **{"Sec-Fetch-Site": "same-origin"})
        await ask(web, "https://blog.example/", **{"Sec-Fetch-Dest": "document"})
    assert not caplog.records


@pytest.mark.parametrize(
    ("referer", "origin"),
    [
        ("https://Shop.Example/a?b#c", SITE),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
        ("https://name:password@shop.example/", SITE),
        ("https://shop.example%0a/", ""),
        ("https://shöp.example/", ""),
        ("https://a b/", ""),
        ("https://" + "a" * 300, ""),
        ("javascript:alert(1)", ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_a_page_is_named_by_its_origin_and_only_if_a_browser_writes_it_so(
    referer: str, origin: str
) -> None:
    assert embedder({"Referer": referer}) == origin


async def test_sockets_of_foreign_pages_are_named_once(
    web: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        async with web.client.get(
            f"{web.origin}/widget/socket", headers={"Origin": SITE}
        ) as answer:
            assert answer.status == 403
    (line,) = [record.getMessage() for record in caplog.records]
    assert f"a page of '{SITE}' may not use the chat" in line


def test_whoever_makes_up_many_sites_cannot_fill_the_log() -> None:
    strangers = Strangers()
    news = [strangers.is_news(f"https://{number}.example") for number in range(500)]
    assert sum(news) <= 11
