"""Files that visitors send and get: streamed, capped, and served so that no browser runs them."""

from __future__ import annotations

import asyncio
import re
import time
import unicodedata
import warnings
from collections.abc import AsyncIterator
from urllib.parse import quote, unquote

import msgspec
from aiohttp import (
    BadContentDispositionHeader,
    BadContentDispositionParam,
    BodyPartReader,
    web,
)

from connectors.web import outbound
from connectors.web.crowd import Crowd, Pace
from connectors.web.origins import Origins
from connectors.web.session import CHANNEL, Shared
from connectors.web.settings import WebLimits
from core.errors import FileUnavailable, StoreUnavailable
from core.limits import CustomerRates
from core.messages import Address, FileId
from core.web import CUT_OFF, PLACE

# The library warns with the header's own text, and anybody may send such headers without end.
for _bad in (BadContentDispositionHeader, BadContentDispositionParam):
    warnings.simplefilter("ignore", _bad)

_MEGABYTE = 1_000_000
_CHUNK = 1 << 16
_AT_ONCE = 64
_AT_ONCE_EACH = 3
_AT_ONCE_FROM_ONE_PLACE = 16
_SLOWEST = 16 * 1024  # bytes per second
_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}\Z")
_ID = re.compile(r"[A-Za-z0-9_-]{16,128}\Z")
_NAME_CHARS = 120
_INLINE = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"),
        *("audio/mpeg", "audio/ogg", "audio/wav", "audio/webm", "audio/mp4", "audio/aac"),
    }
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=3600",
}


class TooLarge(FileUnavailable):
    """More bytes than we take."""


class TooSlow(FileUnavailable):
    """The bytes come so slowly that they are not waited for."""


class Files:
    """`POST /widget/files` and `GET /widget/files/{id}`. `idle`: seconds without a byte."""

    def __init__(self, origins: Origins, limits: WebLimits, pace: Pace, *, idle: float) -> None:
        self._origins = origins
        self._max_bytes = limits.max_mb * _MEGABYTE
        self._pace = pace
        self._idle = idle
        self._shared: Shared | None = None
        self._running: dict[str, int] = {}
        self._crowd = Crowd("uploads", _AT_ONCE_FROM_ONE_PLACE)
        self._rates = CustomerRates(limits.per_minute, time.monotonic)

    def open(self, shared: Shared | None) -> None:
        self._shared = shared

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Takes one file, raw or as the first file of a form; answers with its attachment."""
        shared = self._ready()
        if not self._origins.admits(request.headers.get("Origin"), request.scheme, request.host):
            return _refuse(403, "forbidden")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        peer = shared.reception.peer(token)
        if peer is None:
            return _refuse(401, "unauthorized")
        if (request.content_length or 0) > self._max_bytes + _CHUNK:
            return _refuse(413, "too_large")
        owner, place = Address(CHANNEL, CHANNEL, peer), request.get(PLACE, "")
        if not self._take_turn(owner, place):
            return _refuse(429, "rate_limited", {"Retry-After": "5"})
        try:
            return await self._store(request, shared, owner)
        finally:
            self._release(owner.peer)
            self._crowd.leave(place)

    def _take_turn(self, owner: Address, place: str) -> bool:
        """False when the visitor, their address or everybody has as many uploads as may be."""
        running = self._running.get(owner.peer, 0)
        if running >= _AT_ONCE_EACH or sum(self._running.values()) >= _AT_ONCE:
            return False
        if self._rates.wait_for(owner) or self._pace.wait_for(place):
            return False
        if not self._crowd.enter(place):
            return False
        self._running[owner.peer] = running + 1
        return True

    def _ready(self) -> Shared:
        if self._shared is None:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        return self._shared

    def _release(self, peer: str) -> None:
        self._running[peer] -= 1
        if not self._running[peer]:
            del self._running[peer]

    async def _store(
        self, request: web.Request, shared: Shared, owner: Address
    ) -> web.StreamResponse:
        try:
            async with asyncio.timeout(self._idle):
                name, media_type, body = await _opened(request)
            chunks = self._measured(body, request.content_length)
            saved = await shared.services.files.save(name, media_type, chunks, owner)
        except (TooSlow, TimeoutError):
            return _refuse(408, "too_slow")
        except FileUnavailable:
            return _refuse(413, "too_large")
        except StoreUnavailable:
            return _refuse(503, "unavailable", {"Retry-After": "5"})
        except (ValueError, AssertionError, *CUT_OFF):
            return _refuse(400, "bad_request")
        return web.Response(
            status=201,
            body=msgspec.json.encode(outbound.attachment(saved)),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def _measured(self, body: _Body, announced: int | None) -> AsyncIterator[bytes]:
        total = 0
        now = asyncio.get_running_loop().time
        latest = now() + self._idle + (announced or self._max_bytes) / _SLOWEST
        while chunk := await _patiently(body, min(self._idle, latest - now())):
            total += len(chunk)
            if total > self._max_bytes:
                raise TooLarge("larger than the limit")
            yield chunk

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The file behind an id that is as hard to guess as a password."""
        shared = self._ready()
        id = request.match_info["id"]
        if not _ID.match(id):
            return _refuse(404, "not_found")
        try:
            file = await shared.services.files.open(FileId(id))
        except FileUnavailable:
            return _refuse(404, "not_found")
        except StoreUnavailable:
            return _refuse(503, "unavailable", {"Retry-After": "5"})
        return web.FileResponse(
            file.path, headers=_download_headers(file.attachment.name, file.attachment.media_type)
        )


class _Body:
    """The bytes of an upload, wherever in the request they are."""

    def __init__(self, source: web.BaseRequest | BodyPartReader) -> None:
        self._source = source

    async def read(self) -> bytes:
        if isinstance(self._source, BodyPartReader):
            return await self._source.read_chunk(_CHUNK)
        return await self._source.content.read(_CHUNK)


async def _patiently(body: _Body, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await body.read()
    except TimeoutError:
        raise TooSlow("the upload stalled") from None


async def _opened(request: web.Request) -> tuple[str, str, _Body]:
    if request.content_type != "multipart/form-data":
        name = unquote(request.headers.get("X-File-Name", ""), errors="replace")
        return file_name(name), media_type(request.content_type), _Body(request)
    part = await (await request.multipart()).next()
    if not isinstance(part, BodyPartReader) or part.filename is None:
        raise ValueError("the first part is no file")
    kind = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return file_name(part.filename), media_type(kind), _Body(part)


def file_name(given: str) -> str:
    """A name that is safe to show and to suggest for saving, never used as a path."""
    last = re.split(r"[\\/]", given)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    if len(kept) > _NAME_CHARS:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if dot and len(ending) <= 10 else ""
        kept = (stem or kept)[: _NAME_CHARS - len(ending)] + ending
    return kept or "file"


def media_type(given: str) -> str:
    lower = given.lower()
    return lower if _TYPE.match(lower) else "application/octet-stream"


def _download_headers(name: str, type: str) -> dict[str, str]:
    safe = type in _INLINE
    how = "inline" if safe else "attachment"
    return {
        **_HEADERS,
        "Content-Type": type if safe else "application/octet-stream",
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file_name(name), safe='')}",
    }


def _refuse(status: int, code: str, headers: dict[str, str] | None = None) -> web.StreamResponse:
    answer = web.json_response(
        {"error": code}, status=status, headers={"Cache-Control": "no-store", **(headers or {})}
    )
    if status >= 400 and status != 404:
        answer.force_close()  # the rest of an unwanted body is not worth reading
    return answer
