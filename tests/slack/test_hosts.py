"""Where files may come from, and who sees the token."""

from __future__ import annotations

import pytest

from connectors.slack.hosts import Hosts
from connectors.slack.settings import API_URL

SLACK = Hosts(API_URL)


@pytest.mark.parametrize(
    ("url", "fetch", "token"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True, True),
        ("https://files.slack.com:443/files-pri/T1-F1/a.png", True, True),
        ("https://avatars.slack-edge.com/1/a.png", True, False),
        ("https://ca.slack-edge.com/1/a.png", True, False),
        ("https://secure.gravatar.com/avatar/1.jpg", True, False),
        ("http://files.slack.com/files-pri/T1-F1/a.png", False, False),
        ("https://files.slack.com:8443/a.png", False, False),
        ("https://files.slack.com.evil.example/a.png", False, False),
        ("https://files.slack.com@evil.example/a.png", False, False),
        ("https://evil.example\\@files.slack.com/a.png", False, False),
        ("https://xslack-edge.com/a.png", False, False),
        ("https://evil.example/a.png", False, False),
        ("https://169.254.169.254/latest", False, False),
        ("https://[::1]/a", False, False),
        ("https://[bad/a", False, False),
        ("https://files.slack.com:x/a", False, False),
        ("file:///etc/passwd", False, False),
        ("//files.slack.com/a", False, False),
        ("", False, False),
    ],
)
def test_only_slacks_own_servers_are_asked(url: str, fetch: bool, token: bool) -> None:
    """B14: and fewer see our token."""
    assert (SLACK.may_fetch(url), SLACK.may_see_token(url)) == (fetch, token)


@pytest.mark.parametrize(
    ("api_url", "url", "allowed"),
    [
        ("http://127.0.0.1:9000/api/", "http://127.0.0.1:9000/files-pri/x", True),
        ("http://127.0.0.1:9000/api/", "http://127.0.0.1:9001/files-pri/x", False),
        ("http://127.0.0.1:9000/api/", "https://127.0.0.1:9000/files-pri/x", False),
        ("http://slack.example/api/", "http://slack.example/files-pri/x", False),
        ("https://slack.example/api/", "https://slack.example/files-pri/x", True),
    ],
)
def test_a_server_of_ones_own_is_asked_securely_or_on_loopback(
    api_url: str, url: str, allowed: bool
) -> None:
    hosts = Hosts(api_url)
    assert (hosts.may_fetch(url), hosts.may_see_token(url)) == (allowed, allowed)
