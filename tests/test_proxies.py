"""Who is believed about where a request came from (A13)."""

from __future__ import annotations

import pytest

from core.proxies import Proxies, Seen, is_loopback

PROXIES = Proxies(["10.0.0.0/8", "::1"])
DIRECT = Seen("http", "inner:8080", "10.0.0.7")


def remote(chain: str, nearest: str = "10.0.0.7") -> str:
    seen = Seen("http", "h", nearest)
    return PROXIES.original(seen, {"X-Forwarded-For": chain}).remote


@pytest.mark.parametrize(
    ("chain", "visitor"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
        ("unknown", "10.0.0.7"),
        ("203.0.113.9, unknown", "10.0.0.7"),
        ("", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_visitor_is_the_last_hop_that_is_not_ours(chain: str, visitor: str) -> None:
    """A13: whatever a visitor writes before it."""
    assert remote(chain) == visitor


def test_a_stranger_cannot_pretend() -> None:
    """A13: only trusted proxies are believed."""
    assert remote("127.0.0.1", nearest="203.0.113.9") == "203.0.113.9"


def test_scheme_and_host_are_taken_only_when_they_can_be_true() -> None:
    good = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example:8443"}
    bad = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a b; c"}
    assert PROXIES.original(DIRECT, good) == Seen("https", "chat.example:8443", "10.0.0.7")
    assert PROXIES.original(DIRECT, bad) == DIRECT


@pytest.mark.parametrize(
    ("remote", "local"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("", 0)],
)
def test_what_this_machine_is(remote: str, local: bool) -> None:
    assert is_loopback(remote) == bool(local)


@pytest.mark.parametrize(
    ("direct", "remote", "place"),
    [
        ("10.0.0.7", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.7", "192.168.1.5", "192.168.1.5"),
        ("10.0.0.7", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("10.0.0.7", "::ffff:8.8.8.8", "8.8.8.8"),
        ("8.8.8.8", "8.8.8.8", "8.8.8.8"),
        ("2606:4700::1111", "2606:4700::1111", "2606:4700::/64"),
        ("10.0.0.7", "10.0.0.9", ""),
        ("127.0.0.1", "127.0.0.1", ""),
        ("192.168.1.5", "192.168.1.5", ""),
        ("::1", "", ""),
        ("8.8.8.8", "unknown", ""),
    ],
)
def test_only_an_address_that_stands_for_one_visitor_has_limits_of_its_own(
    direct: str, remote: str, place: str
) -> None:
    """A13: behind a proxy that nobody told us of, nobody is locked out."""
    assert PROXIES.place(direct, remote) == place
