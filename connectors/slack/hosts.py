"""Which servers files may come from, and which of them may see our token.

An event names the address of a file; whoever could make us follow a wrong one would read our
token or our internal network. So the addresses that count are listed, and redirects are not
followed.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from connectors.slack.settings import API_URL

_FILES = frozenset({"files.slack.com"})
_PICTURES = frozenset({"secure.gravatar.com"})
_PICTURE_DOMAINS = (".slack-edge.com",)


class Hosts:
    """The rules for one `api_url`; a server of one's own there is trusted like Slack's."""

    def __init__(self, api_url: str) -> None:
        self._own = None if api_url.startswith(API_URL.rstrip("/")) else urlsplit(api_url)

    def may_fetch(self, url: str) -> bool:
        """Whether anything at all may be asked from there."""
        parts = _parsed(url)
        if parts is None:
            return False
        if self._is_own(parts):
            return True
        host = parts.hostname or ""
        known = host in _FILES | _PICTURES or host.endswith(_PICTURE_DOMAINS)
        return known and parts.scheme == "https" and parts.port in (None, 443)

    def may_see_token(self, url: str) -> bool:
        """Whether the address is one of files, which Slack gives only to our app's token."""
        parts = _parsed(url)
        if parts is None or not self.may_fetch(url):
            return False
        return self._is_own(parts) or parts.hostname in _FILES

    def _is_own(self, parts: SplitResult) -> bool:
        own = self._own
        if own is None or (parts.scheme, parts.hostname, parts.port) != (
            own.scheme,
            own.hostname,
            own.port,
        ):
            return False
        return parts.scheme == "https" or _is_loopback(parts.hostname or "")


def _parsed(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    # A name before the host is a favourite way to make an address look like another.
    return None if "@" in parts.netloc or "\\" in url else parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
