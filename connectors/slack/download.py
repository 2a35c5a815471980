"""Fetch the bytes of files and pictures from Slack without telling anybody else our token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import aiohttp

from connectors.slack.hosts import Hosts
from core.errors import FileUnavailable, SendLater

CHUNK = 64 * 1024
_PAGES = (".html", ".htm")


async def download(
    url: str, hosts: Hosts, token: str, session: Callable[[], aiohttp.ClientSession]
) -> AsyncIterator[bytes]:
    """The bytes behind `url`, in chunks. Raises FileUnavailable."""
    if not hosts.may_fetch(url):
        raise FileUnavailable("the file lies on a server that is not Slack's")
    headers = {"Authorization": f"Bearer {token}"} if hosts.may_see_token(url) else {}
    timeout = aiohttp.ClientTimeout(sock_connect=10, sock_read=20)
    try:
        async with session().get(
            url, headers=headers, allow_redirects=False, timeout=timeout
        ) as response:
            _check(response)
            async for chunk in response.content.iter_chunked(CHUNK):
                yield chunk
    except (aiohttp.ClientError, OSError, SendLater):
        raise FileUnavailable("Slack did not give the file") from None


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise FileUnavailable(f"Slack did not give the file (status {response.status})")
    # A page where a file should be is Slack's login page: the token or its scope is wrong.
    asked_for_page = urlsplit(str(response.url)).path.lower().endswith(_PAGES)
    if response.content_type == "text/html" and not asked_for_page:
        raise FileUnavailable(
            "Slack sent its login page instead of the file: check slack.bot_token and files:read"
        )
