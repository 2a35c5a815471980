"""The chat on the web, and the service itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest
from aiohttp import web

from core import doctor
from core.app import Composition
from core.findings import Mark
from sandbox.faults import Effect, Fault
from sandbox.server import Server
from tests.doctor.clinic import Clinic, lines, wrong

SITES = {
    "https://example.com": "! https://example.com may show the chat, https://www.example.com may "
    "not (allow both, or redirect)",
    "https://www.example.com": "! https://www.example.com may show the chat, https://example.com",
    "http://shop.example.com": "! http://shop.example.com has no HTTPS: whoever is on the way can",
}


@pytest.mark.parametrize("site", SITES)
async def test_doubts_about_the_sites(site: str, clinic: Clinic) -> None:
    clinic.say("{port: 0}", "{port: 0, public_url: 'https://chat.example.com'}")
    clinic.say("web: {", f"web: {{allowed_origins: ['{site}'], ")

    (told,) = lines(await clinic.findings(), "web", Mark.DOUBT)
    assert told.startswith(SITES[site])


async def test_sites_and_address_belong_together(clinic: Clinic) -> None:
    clinic.say("{port: 0}", "{port: 0, public_url: 'https://chat.example.com'}")
    assert lines(await clinic.findings(), "web", Mark.DOUBT) == [
        "! no site may show the chat, only frontdesk's own pages (name them in "
        "channels.web.allowed_origins)"
    ]
    clinic.say("'https://chat.example.com'", "''")
    clinic.say("web: {", "web: {allow_no_origin: true, allowed_origins: ['https://a.b.example'], ")
    assert lines(await clinic.findings(), "web", Mark.DOUBT) == [
        "! programs may use the chat, not only browsers (allow_no_origin: false)",
        "! the chat is for this machine only (set server.public_url to show it on your pages)",
    ]


async def test_a_service_that_runs_is_asked_and_its_address_tried(
    clinic: Clinic, unused_port: int
) -> None:
    clinic.say(
        "{port: 0}", f"{{port: {unused_port}, public_url: 'http://127.0.0.1:{unused_port}'}}"
    )
    await clinic.start()

    found = await clinic.findings()

    assert lines(found, "service") == ["✓ frontdesk runs, and every part of it is up"]
    assert f"✓ http://127.0.0.1:{unused_port} leads here, WebSockets too" in lines(found, "web")
    assert "✓ no webhook is in the way; the service itself polls" in lines(found, "telegram")
    assert not [line for line in wrong(found) if "✗" in line]


async def test_what_the_service_says_of_itself_is_told(clinic: Clinic, unused_port: int) -> None:
    clinic.slack.remove_bot(clinic.desk)
    clinic.say("{port: 0}", f"{{port: {unused_port}}}")
    await clinic.start()

    (told,) = lines(await clinic.findings(), "service")
    assert told.startswith("✗ desk-slack: ")


async def test_a_service_of_another_store_is_a_stranger(clinic: Clinic, unused_port: int) -> None:
    clinic.say("{port: 0}", f"{{port: {unused_port}}}")
    await clinic.start()
    clinic.say("frontdesk.db", "other.db")

    assert lines(await clinic.findings(), "service") == [
        "✗ the frontdesk at server.port is another one: it does not have this store open (end it "
        "or change server.port; was doctor started where the service is?)"
    ]


async def test_a_service_at_another_port_is_not_disturbed(
    clinic: Clinic, unused_port: int
) -> None:
    await clinic.start()
    clinic.say("{port: 0}", f"{{port: {unused_port}}}")

    found = await clinic.findings()

    assert lines(found, "service") == [
        f"! process {os.getpid()} has the store open, and does not answer at server.port (was "
        "server.port changed since its start?)"
    ]
    assert "✓ no webhook is in the way; the service itself polls" in lines(found, "telegram")


async def _elsewhere(request: web.Request) -> web.Response:
    return web.Response(text="<h1>Welcome to nginx</h1>", content_type="text/html")


async def _without_sockets(request: web.Request) -> web.Response:
    if request.path == "/healthz":
        return web.json_response({"alive": True})
    return web.Response(status=400)


PROXIES = {
    "another program": (_elsewhere, "leads to something else (let the proxy pass everything on"),
    "no WebSockets": (
        _without_sockets,
        "does not let WebSockets pass: it answers 400 (the proxy must pass Upgrade",
    ),
}


@pytest.mark.parametrize("proxy", PROXIES)
async def test_a_proxy_that_does_not_lead_here(
    proxy: str, clinic: Clinic, unused_port: int
) -> None:
    handler, expected = PROXIES[proxy]
    server = Server(lambda: _application(handler))
    await server.start("127.0.0.1", 0)
    try:
        clinic.say("{port: 0}", f"{{port: {unused_port}, public_url: '{server.url}'}}")
        await clinic.start()
        (told,) = lines(await clinic.findings(), "web", Mark.FAULT)
    finally:
        await server.stop()

    assert told.startswith(f"✗ {server.url} {expected}")


async def test_another_program_at_our_port(clinic: Clinic) -> None:
    server = Server(lambda: _application(_elsewhere))
    await server.start("127.0.0.1", 0)
    try:
        clinic.say("{port: 0}", f"{{port: {server.url.rpartition(':')[2]}}}")
        (told,) = lines(await clinic.findings(), "service")
    finally:
        await server.stop()

    assert told == f"✗ another program answers at {server.url} (end it, or change server.port)"


def _application(handler: Callable[[web.Request], object]) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{anything:.*}", handler)  # type: ignore[arg-type]
    return application


async def test_a_part_that_answers_nonsense_does_not_hide_the_others(clinic: Clinic) -> None:
    clinic.slack.faults.add("auth.test", Fault(Effect.ANSWER, 200, '{"ok": true, "bot_id": "B"}'))

    found = await clinic.findings()

    assert lines(found, "slack") == [
        "✗ could not be examined further: KeyError (this is a fault of frontdesk's: report it)"
    ]
    assert len(lines(found, "telegram", Mark.FINE)) == 2


async def test_no_secret_is_printed_whatever_a_platform_repeats(clinic: Clinic) -> None:
    body = f'{{"ok": false, "error_code": 400, "description": "bad {clinic.telegram.token}"}}'
    clinic.telegram.faults.add("getMe", Fault(Effect.ANSWER, 400, body), times=5)
    clinic.write_settings()
    settings = Composition(clinic.settings_path, clinic.environ).load()
    told: list[str] = []

    assert await asyncio.to_thread(doctor.doctor, settings, told.append) == 1

    (fault,) = (line for line in told if line.startswith("✗"))
    assert fault == "✗ telegram Telegram answered: bad [hidden]"
    for secret in (clinic.telegram.token, clinic.slack.identity.bot_token):
        assert secret not in "\n".join(told)
