"""Look at the machine and at the service that runs on it: clock, open files, and its own word."""

from __future__ import annotations

import json
import resource
from collections.abc import AsyncIterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from core.findings import Finding, Mark, Patient
from core.settings import Settings

_PART, _SERVICE = "machine", "service"
_WRONG, _TOO_WRONG = 20.0, 120.0  # seconds; signatures and tokens are good for five minutes
_BESIDES = 200  # files that are open besides sockets
_REMEMBERED = 65_536  # what a process asks for at most


async def examine_clock(patient: Patient) -> AsyncIterator[Finding]:
    """The clock beside a platform's."""
    timeout = aiohttp.ClientTimeout(total=patient.timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url in _platforms(patient.settings):
            skew = await _skew(session, url, patient)
            if skew is not None:
                yield _clock(skew, urlsplit(url).hostname or url)
                return
    yield Finding(
        Mark.OFF, _PART, "the clock was not compared: no platform is on, or none answers"
    )


def _platforms(settings: Settings) -> Sequence[str]:
    parts = {
        "channels.telegram": settings.channels["telegram"].api_url,
        "slack": settings.section("slack").api_url,
        "gpt": settings.gpt.base_url,
    }
    return [url for path, url in parts.items() if not settings.why_off(path)]


async def _skew(session: aiohttp.ClientSession, url: str, patient: Patient) -> float | None:
    """Seconds by which our clock is ahead, as exactly as a header in whole seconds allows."""
    root = urlsplit(url)
    try:
        before = patient.now()
        async with session.head(
            f"{root.scheme}://{root.netloc}/", allow_redirects=False
        ) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return None
    middle = before + (patient.now() - before) / 2
    skew = (middle - theirs).total_seconds()
    return max(0.0, skew - 1.0) if skew > 0 else skew


def _clock(skew: float, host: str) -> Finding:
    way = "ahead of" if skew > 0 else "behind"
    what = f"the clock is {abs(skew):.0f} s {way} that of {host}"
    cure = "let the system set it: `timedatectl set-ntp true`"
    if abs(skew) > _TOO_WRONG:
        return Finding(Mark.FAULT, _PART, what, cure)
    if abs(skew) > _WRONG:
        return Finding(Mark.DOUBT, _PART, what, cure)
    return Finding(Mark.FINE, _PART, f"the clock agrees with that of {host}")


async def examine_files(patient: Patient) -> AsyncIterator[Finding]:
    """How many files a process may have open: each chat is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _REMEMBERED if hard == resource.RLIM_INFINITY else min(hard, _REMEMBERED)
    wanted = patient.settings.limits.connections
    what = f"{allowed:,} files may be open, which is enough for {wanted:,} chats"
    if allowed >= wanted + _BESIDES:
        yield Finding(Mark.FINE, _PART, what)
        return
    most = max(allowed - _BESIDES, 0)
    what = f"{allowed:,} files may be open, which is {most:,} chats, not {wanted:,}"
    cure = f"LimitNOFILE={wanted + _BESIDES} in systemd's unit, or a lower limits.connections"
    yield Finding(Mark.DOUBT, _PART, what, cure)


async def ask_service(settings: Settings, seconds: float) -> Mapping[str, str] | Finding:
    """What the service that runs here says of its parts, or why nothing was learnt."""
    server = settings.server
    if not server.port:
        return Finding(Mark.OFF, _SERVICE, "not asked: server.port is 0, so its port is not known")
    host = "127.0.0.1" if server.host in ("0.0.0.0", "") else server.host  # noqa: S104
    host = "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    url = f"http://{host}:{server.port}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(f"{url}/readyz", allow_redirects=False) as answer,
        ):
            said: Any = json.loads(await answer.text())
            return {str(part): str(state) for part, state in said["parts"].items()}
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
        return Finding(Mark.OFF, _SERVICE, f"frontdesk does not run at {url}")
    except (aiohttp.ClientError, TimeoutError):
        what = f"whoever listens at {url} does not answer"
    except (ValueError, LookupError, TypeError, AttributeError):
        what = f"another program answers at {url}"
    return Finding(Mark.FAULT, _SERVICE, what, "end it, or change server.port")


def told(running: Mapping[str, str]) -> list[Finding]:
    """What the service says of itself."""
    wrong = {part: state for part, state in running.items() if state != "ok"}
    cure = "the service's log says more"
    found = [Finding(Mark.FAULT, _SERVICE, f"{p}: {state}", cure) for p, state in wrong.items()]
    return found or [Finding(Mark.FINE, _SERVICE, "frontdesk runs, and every part of it is up")]
