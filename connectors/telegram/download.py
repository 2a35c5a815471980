"""Fetch a customer's file from the Bot API's own host, wherever the answer may point.

The address of a file holds our token, so it is built here, from a path that is looked at first.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from urllib.parse import quote

import httpx
from telegram.error import TelegramError

from connectors.telegram.api import TelegramApi
from connectors.telegram.outcome import words_of
from core.errors import FileUnavailable

_CHUNK = 64 * 1024
_HOSTILE = re.compile(r"://|\.\.|//|[\\?#%\x00-\x20\x7f]|\A[/.]|\A\Z")


async def download(api: TelegramApi, file_id: str, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, in chunks. Raises FileUnavailable, also above `max_bytes`."""
    path = await _path_of(api, file_id, max_bytes)
    address = api.files_url + quote(path, safe="/")
    size = 0
    try:
        async with api.files.stream("GET", address) as response:
            if response.status_code != 200:
                raise FileUnavailable(
                    f"Telegram did not give the file (status {response.status_code})"
                )
            async for chunk in response.aiter_bytes(_CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                yield chunk
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
        raise FileUnavailable("Telegram did not give the file") from None


async def _path_of(api: TelegramApi, file_id: str, max_bytes: int) -> str:
    try:
        file = await api.bot.get_file(file_id)
    except TelegramError as error:
        if "too big" in error.message.lower():
            raise FileUnavailable("Telegram gives bots no file above 20 MB") from None
        raise FileUnavailable(f"the file could not be fetched: {words_of(error)}") from None
    if (file.file_size or 0) > max_bytes:
        raise _too_large(max_bytes)
    address = file.file_path or ""
    path = address.removeprefix(api.files_url)
    if path == address or _HOSTILE.search(path):
        raise FileUnavailable("Telegram's answer points to a place we do not fetch from")
    return path


def _too_large(max_bytes: int) -> FileUnavailable:
    return FileUnavailable(f"the file is larger than {max_bytes / 1_000_000:g} MB")
