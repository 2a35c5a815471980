"""Look whether browsers reach the chat, through whatever proxy there is, and from which sites."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import aiohttp

from connectors.web.origins import origin_of
from connectors.web.settings import WebSettings
from core.findings import Finding, Mark, Patient

_PART = "web"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_PROXY = "let the proxy pass everything on to frontdesk, as README shows"


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """See `Examination`."""
    settings: WebSettings = patient.settings.channels["web"]
    for finding in _origins(settings, patient.settings.server.public_url):
        yield finding
    async for finding in _address(patient):
        yield finding


def _origins(settings: WebSettings, public: str) -> Iterator[Finding]:
    allowed = settings.allowed_origins
    for origin in allowed:
        if urlsplit(origin).scheme == "http" and not _is_local(origin):
            what = f"{origin} has no HTTPS: whoever is on the way can read and change the chat"
            yield _doubt(what, f"serve it by HTTPS and allow {origin.replace('http', 'https', 1)}")
        twin = _twin(origin)
        if twin and twin not in allowed:
            yield _doubt(f"{origin} may show the chat, {twin} may not", "allow both, or redirect")
    if settings.allow_no_origin:
        yield _doubt("programs may use the chat, not only browsers", "allow_no_origin: false")
    if public and not allowed:
        cure = "name them in channels.web.allowed_origins"
        yield _doubt("no site may show the chat, only frontdesk's own pages", cure)
    elif allowed:
        noun = "site" if len(allowed) == 1 else "sites"
        yield Finding(Mark.FINE, _PART, f"{len(allowed)} {noun} may show the chat")


async def _address(patient: Patient) -> AsyncIterator[Finding]:
    server = patient.settings.server
    if not server.public_url:
        mark = Mark.DOUBT if patient.settings.channels["web"].allowed_origins else Mark.OFF
        cure = "set server.public_url to show it on your pages"
        yield Finding(mark, _PART, "the chat is for this machine only", cure)
        return
    if urlsplit(server.public_url).scheme == "http" and not _is_local(server.public_url):
        cure = "let a reverse proxy do HTTPS, and set server.public_url to https://…"
        yield _fault("browsers refuse to show a chat without HTTPS on pages that have it", cure)
    if patient.running is None:
        what = f"not tried whether {server.public_url} leads here: frontdesk does not run"
        yield Finding(Mark.OFF, _PART, what)
        return
    if urlsplit(server.public_url).scheme == "https" and not server.trusted_proxies:
        what = "all visitors seem to come from the proxy, so they share one visitor's limits"
        yield _doubt(what, "name the proxy in server.trusted_proxies")
    timeout = aiohttp.ClientTimeout(total=patient.timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield await _from_outside(session, server.public_url.rstrip("/"))


async def _from_outside(session: aiohttp.ClientSession, public: str) -> Finding:
    try:
        async with session.get(f"{public}/healthz", allow_redirects=False) as answer:
            is_ours = answer.status == 200 and json.loads(await answer.text()) == {"alive": True}
            status = answer.status
    except ValueError:
        return _fault(f"{public} leads to something else", _PROXY)
    except (aiohttp.ClientError, TimeoutError) as error:
        return _fault(f"{public} cannot be reached: {_words(error)}", "name, certificate, proxy?")
    if not is_ours:
        return _fault(f"{public} leads to something else: it answers {status}", _PROXY)
    return await _socket(session, public)


async def _socket(session: aiohttp.ClientSession, public: str) -> Finding:
    headers = {"Origin": origin_of(public)}
    try:
        async with session.ws_connect(f"{public}/widget/socket", headers=headers):
            return Finding(Mark.FINE, _PART, f"{public} leads here, WebSockets too")
    except aiohttp.WSServerHandshakeError as error:
        what = f"{public} does not let WebSockets pass: it answers {error.status}"
        return _fault(what, "the proxy must pass Upgrade and Connection on, and Host as it is")
    except (aiohttp.ClientError, TimeoutError) as error:
        return _fault(f"{public} does not let WebSockets pass: {_words(error)}", _PROXY)


def _words(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "its certificate is not accepted"
        case aiohttp.ClientConnectorDNSError():
            return "there is no such name"
        case aiohttp.ClientConnectorError():
            return "nobody listens there"
        case _:
            return "the connection broke"


def _twin(origin: str) -> str:
    """The same site with or without www, where people type either."""
    scheme, _, host = origin.partition("://")
    if host.startswith("www."):
        return f"{scheme}://{host.removeprefix('www.')}"
    return f"{scheme}://www.{host}" if host.count(".") == 1 and ":" not in host else ""


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in _LOCAL


def _doubt(what: str, cure: str) -> Finding:
    return Finding(Mark.DOUBT, _PART, what, cure)


def _fault(what: str, cure: str) -> Finding:
    return Finding(Mark.FAULT, _PART, what, cure)
