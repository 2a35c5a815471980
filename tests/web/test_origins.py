"""Which pages may talk to us (A08)."""

from __future__ import annotations

import pytest

from connectors.web.origins import Origins, origin_of

ORIGINS = Origins("https://chat.example/", ["https://shop.example"], allow_none=False)


@pytest.mark.parametrize(
    "origin",
    ["https://chat.example", "https://shop.example", "http://127.0.0.1:8080"],
)
def test_our_own_pages_and_those_allowed_come_in(origin: str) -> None:
    assert ORIGINS.admits(origin, "http", "127.0.0.1:8080")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "https://shop.example.evil.io",
        "https://evil-shop.example",
        "https://sub.shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example/",
        "https://SHOP.example",
        "https://127.0.0.1:8080",
        "http://127.0.0.1",
        "file://",
    ],
)
def test_any_other_page_stays_outside(origin: str | None) -> None:
    """A08: other sites, sub-domain tricks, null and nothing."""
    assert not ORIGINS.admits(origin, "http", "127.0.0.1:8080")


def test_a_client_without_an_origin_needs_permission() -> None:
    assert not Origins("", [], allow_none=False).admits(None, "http", "h")
    assert Origins("", [], allow_none=True).admits(None, "http", "h")
    assert not Origins("", [], allow_none=True).admits("null", "http", "h")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Shop.example:443/cart", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://user:secret@shop.example", "https://shop.example"),
        ("ftp://shop.example", ""),
        ("shop.example", ""),
        ("https://", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_the_origin_of_an_address(url: str, origin: str) -> None:
    assert origin_of(url) == origin
