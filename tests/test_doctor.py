"""`frontdesk doctor` beside platforms that are well, and beside each one that is not."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from connectors.telegram.api import TelegramApi
from core import doctor
from core.app import Composition, utc_now
from core.cli import main
from core.findings import Finding, Mark
from core.store import Store
from sandbox.faults import Effect, Fault
from sandbox.server import Server
from tests.postgres_server import free_port
from tests.scenarios.house import SETTINGS, House

Change = Callable[["Clinic"], object]


class Clinic(House):
    """A house whose service does not run unless it is told to."""

    async def prepare(self) -> None:
        await asyncio.gather(self.slack.start(), self.telegram.start(), self.openai.start())
        self.desk = self.slack.add_channel("support-desk")
        self.mia = self.slack.add_user("mia", real_name="Mia Lindqvist")
        await self.slack.join(self.desk, self.mia)
        self.connect_desk()
        self.environ |= {
            "TELEGRAM_TOKEN": self.telegram.token,
            "TELEGRAM_URL": self.telegram.api_url,
            "OPENAI_API_KEY": self.openai.api_key,
            "OPENAI_URL": self.openai.base_url,
        }

    def say(self, old: str, new: str) -> None:
        """Change the settings."""
        text = self.settings_path.read_text() if self.settings_path.exists() else SETTINGS
        assert old in text
        self.write_settings(text.replace(old, new))

    async def findings(self, now: Callable[[], datetime] = utc_now) -> list[Finding]:
        if not self.settings_path.exists():
            self.write_settings()
        settings = Composition(self.settings_path, self.environ).load()
        return [finding async for finding in doctor.examine(settings, now)]


@pytest.fixture
async def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    monkeypatch.setattr("connectors.telegram.doctor._LISTEN", 0)
    clinic = Clinic(tmp_path)
    await clinic.prepare()
    yield clinic
    await clinic.close()


@pytest.fixture
def unused_port() -> int:
    return free_port()


def lines(findings: Sequence[Finding], part: str, *marks: Mark) -> list[str]:
    return [
        f"{finding.mark} {finding}"
        for finding in findings
        if finding.part == part and (not marks or finding.mark in marks)
    ]


def wrong(findings: Sequence[Finding]) -> list[str]:
    return [f"{f.mark} {f.part}: {f}" for f in findings if f.mark in (Mark.FAULT, Mark.DOUBT)]


async def test_where_all_is_well_each_part_says_so(clinic: Clinic) -> None:
    found = await clinic.findings()

    assert wrong(found) == []
    assert lines(found, "telegram") == [
        "✓ the token is the one of @fern_and_clay_bot",
        "✓ no webhook and no other program takes the messages",
    ]
    assert lines(found, "slack") == [
        "✓ the bot token is good in sandbox.slack.com",
        "✓ the app has every scope it needs",
        "✓ the app token opens sockets",
    ]
    assert lines(found, "desk") == ["✓ the bot is in #support-desk, and so are colleagues"]
    assert lines(found, "gpt") == [f"✓ {clinic.openai.base_url} takes the key for gpt-5-mini"]
    assert lines(found, "machine")[0] == "✓ the clock agrees with that of 127.0.0.1"
    assert lines(found, "store")[0].endswith("is not there yet: the first start makes it")


async def test_the_model_that_makes_vectors_is_tried_too(clinic: Clinic) -> None:
    clinic.say("model: gpt-5", "embeddings_model: text-embedding-3-small, model: gpt-5")
    fine = await clinic.findings()
    clinic.say("embedding-3-small", "embedding-9")
    (told,) = wrong(await clinic.findings())

    assert lines(fine, "gpt")[1] == "✓ text-embedding-3-small makes vectors"
    assert told == "✗ gpt: gpt.embeddings_model is not known there"


async def test_it_changes_nothing_and_sends_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.telegram.add_customer("Ann")
    clinic.write_settings()
    await clinic.findings()

    asked = {call.method for call in clinic.slack.journal} | {
        call.method for call in clinic.telegram.journal
    }
    assert asked == {
        *("auth.test", "apps.connections.open", "conversations.info", "conversations.members"),
        *("getMe", "getWebhookInfo", "getUpdates"),
    }
    (poll,) = clinic.telegram.journal.of("getUpdates")
    assert poll.arguments.keys() <= {"timeout", "limit"}
    assert [path.name for path in tmp_path.iterdir()] == ["settings.yaml"]


async def test_what_is_off_says_which_setting_is_empty(clinic: Clinic) -> None:
    clinic.environ.clear()

    found = await clinic.findings()

    assert wrong(found) == []
    assert lines(found, "telegram") == ["- off: TELEGRAM_TOKEN is empty"]
    assert lines(found, "slack") == ["- off: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are empty"]
    assert lines(found, "desk") == [
        "- off: SLACK_BOT_TOKEN, SLACK_APP_TOKEN and DESK are empty",
    ]
    assert lines(found, "gpt") == ["- off: OPENAI_API_KEY is empty"]
    assert lines(found, "machine", Mark.OFF) == [
        "- the clock was not compared: no platform is on, or none answers"
    ]


def _other_telegram_token(clinic: Clinic) -> None:
    clinic.environ["TELEGRAM_TOKEN"] = "110201543:wrong-wrong-wrong-wrong-wrong-wrong"


def _slack_app_without(*scopes: str) -> Change:
    def change(clinic: Clinic) -> None:
        clinic.slack.identity.scopes -= set(scopes)

    return change


def _other(name: str, value: str) -> Change:
    return lambda clinic: clinic.environ.update({name: value})


FAULTS: dict[str, tuple[Change, str]] = {
    "Telegram's token": (
        _other_telegram_token,
        "✗ telegram: Telegram does not know this token: copy it again from @BotFather into "
        "channels.telegram.token",
    ),
    "Telegram is down": (
        _other("TELEGRAM_URL", "http://127.0.0.1:9"),
        "✗ telegram: Telegram cannot be reached (is the way to the Internet open? see "
        "channels.telegram.api_url)",
    ),
    "Slack's bot token": (
        _other("SLACK_BOT_TOKEN", "xoxb-wrong-wrong-wrong"),
        "✗ slack: slack.bot_token: Slack refuses it (invalid_auth); set the Bot User OAuth Token "
        "(xoxb-…) of the installed app",
    ),
    "Slack's bot token was revoked": (
        lambda clinic: setattr(clinic.slack.identity, "token_error", "token_revoked"),
        "✗ slack: slack.bot_token: Slack refuses it (token_revoked); set the Bot User OAuth Token "
        "(xoxb-…) of the installed app",
    ),
    "Slack is down": (
        _other("SLACK_URL", "http://127.0.0.1:9/api/"),
        "✗ slack: Slack: Slack cannot be reached",
    ),
    "Slack's app token": (
        _other("SLACK_APP_TOKEN", "xapp-wrong-wrong-wrong"),
        "✗ slack: slack.app_token: Slack refuses it (invalid_auth); set an app-level token "
        "(xapp-…) with the scope connections:write",
    ),
    "the app token's scope": (
        lambda clinic: setattr(clinic.slack.identity, "app_scopes", frozenset()),
        "✗ slack: slack.app_token: Slack refuses it (missing_scope); set an app-level token "
        "(xapp-…) with the scope connections:write",
    ),
    "a scope of the app": (
        _slack_app_without("reactions:write"),
        "✗ slack: the app lacks the scope reactions:write (paste `frontdesk manifest` under App "
        "Manifest, then reinstall the app)",
    ),
    "scopes of the app": (
        _slack_app_without("users:read", "chat:write.customize"),
        "✗ slack: the app lacks the scopes chat:write.customize, users:read (paste `frontdesk "
        "manifest` under App Manifest, then reinstall the app)",
    ),
    "no such channel": (
        _other("DESK", "#nowhere"),
        "✗ desk: the bot sees no channel #nowhere (create it, or invite the bot)",
    ),
    "no such id of a channel": (
        _other("DESK", "C0NOWHERE0"),
        "✗ desk: desk.channel C0NOWHERE0: the Slack channel is gone (is the id or name right?)",
    ),
    "not a member": (
        lambda clinic: clinic.slack.remove_bot(clinic.desk),
        "✗ desk: the bot is not in #support-desk (write `/invite` and its name in #support-desk)",
    ),
    "an archived channel": (
        lambda clinic: clinic.slack.archive(clinic.desk),
        "✗ desk: #support-desk is archived (restore it, or set desk.channel to another one)",
    ),
    "nobody to answer": (
        lambda clinic: clinic.environ.update({"DESK": clinic.slack.add_channel("empty")}),
        "! desk: nobody but the bot is in #empty (let those who answer customers join it)",
    ),
    "GPT's key": (
        _other("OPENAI_API_KEY", "sk-wrong-wrong-wrong-wrong"),
        "✗ gpt: ",
    ),
    "GPT is down": (
        _other("OPENAI_URL", "http://127.0.0.1:9/v1"),
        "✗ gpt: ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_one_line_with_its_cure(fault: str, clinic: Clinic) -> None:
    change, expected = FAULTS[fault]
    change(clinic)

    (told,) = wrong(await clinic.findings())

    assert told.startswith(expected)
    for secret in clinic.environ.values():
        assert not secret.startswith(("xox", "xapp", "sk-", "1102")) or secret not in told


async def test_slack_over_http_must_be_called_by_https(clinic: Clinic) -> None:
    clinic.environ["SLACK_RECEIVE"] = "http"
    assert lines(await clinic.findings(), "slack", Mark.FAULT) == [
        "✗ Slack cannot call server.public_url (set server.public_url to https://…, or "
        "slack.receive to socket)"
    ]
    clinic.say("{port: 0}", "{port: 0, public_url: 'https://chat.example.com'}")
    (doubt,) = lines(await clinic.findings(), "slack", Mark.DOUBT)
    assert doubt.startswith("! Slack must be told to call https://chat.example.com/slack/events")


# --- Telegram: who gets the messages -------------------------------------------------------


async def test_a_webhook_where_we_poll(clinic: Clinic) -> None:
    async with _bot(clinic) as api:
        await api.bot.set_webhook("http://127.0.0.1:9/secret")

    (doubt,) = lines(await clinic.findings(), "telegram", Mark.DOUBT)
    assert doubt.startswith("! a webhook is set for the bot, and leads to 127.0.0.1 (`front")


async def test_another_program_that_polls(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.telegram.doctor._LISTEN", 3)
    async with _bot(clinic) as api:
        rival = asyncio.create_task(_poll(api))
        (fault,) = lines(await clinic.findings(), "telegram", Mark.FAULT)
        rival.cancel()
        await asyncio.wait([rival])

    assert fault.startswith("✗ another program, perhaps another frontdesk, polls with this token")


async def test_messages_that_wait_are_not_taken(clinic: Clinic) -> None:
    ann = clinic.telegram.add_customer("Ann")
    clinic.telegram.say(ann, "hello")

    assert not lines(await clinic.findings(), "telegram", Mark.FAULT, Mark.DOUBT)
    assert clinic.telegram.pending_updates == 1


WEBHOOKS = {
    "none is set": ("", "! no webhook is set for the bot (`frontdesk run` sets it)"),
    "another one's": (
        "http://localhost:9/x",
        "! the bot's webhook leads to localhost (`frontdesk run` replaces it; another program "
        "may set it again)",
    ),
    "ours": ("https://127.0.0.1:8443/telegram/webhook", "✓ the webhook leads to us"),
}


@pytest.mark.parametrize("case", WEBHOOKS)
async def test_the_webhook_is_looked_at(case: str, clinic: Clinic) -> None:
    there, expected = WEBHOOKS[case]
    _use_webhook(clinic, "https://127.0.0.1:8443")
    if there:
        async with _bot(clinic) as api:
            await api.bot.set_webhook(there)

    _, *told = lines(await clinic.findings(), "telegram")
    assert told == [expected]


async def test_a_webhook_that_telegram_cannot_call(clinic: Clinic) -> None:
    _use_webhook(clinic, "http://chat.example.com:8080")

    assert lines(await clinic.findings(), "telegram", Mark.FAULT) == [
        "✗ Telegram cannot call server.public_url (set it to https://…, at port 443, 80, 88 or "
        "8443, or receive: polling)"
    ]


async def test_a_webhook_that_telegram_called_in_vain(clinic: Clinic) -> None:
    _use_webhook(clinic, "https://127.0.0.1:8443")
    async with _bot(clinic) as api:
        await api.bot.set_webhook("https://127.0.0.1:8443/telegram/webhook")
        clinic.telegram.say(clinic.telegram.add_customer("Ann"), "hello")
        while not (await api.bot.get_webhook_info()).last_error_message:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    (fault,) = lines(await clinic.findings(), "telegram", Mark.FAULT)
    assert fault.startswith("✗ Telegram could not call us: ")
    assert "https://127.0.0.1:8443/telegram/webhook must reach frontdesk" in fault


def _use_webhook(clinic: Clinic, public: str) -> None:
    clinic.say("{port: 0}", f"{{port: 0, public_url: '{public}'}}")
    clinic.say("telegram: {", "telegram: {receive: webhook, webhook_secret: abcdef, ")


class _bot:
    def __init__(self, clinic: Clinic) -> None:
        self._api = TelegramApi(clinic.telegram.token, clinic.telegram.api_url, 5.0)

    async def __aenter__(self) -> TelegramApi:
        await self._api.open()
        return self._api

    async def __aexit__(self, *_: object) -> None:
        await self._api.close()


async def _poll(api: TelegramApi) -> None:
    """Asks again after half a second, as pollers do."""
    while True:
        try:
            await api.bot.get_updates(timeout=5)
        except Exception:  # the conflict, which the rival has too
            await asyncio.sleep(0.2)


# --- clock, files, store -------------------------------------------------------------------

SKEWS = {
    -600: r"✗ the clock is (599|600|601) s behind that of 127.0.0.1 \(let the system set it: ",
    -60: r"! the clock is (59|60|61) s behind that of 127.0.0.1 \(let",
    0: "✓ the clock agrees with that of 127.0.0.1",
    5: "✓ the clock agrees with that of 127.0.0.1",
    60: r"! the clock is (59|60|61) s ahead of that of 127.0.0.1 \(let",
    600: r"✗ the clock is (599|600|601) s ahead of that of 127.0.0.1 \(let",
}


@pytest.mark.parametrize("seconds", SKEWS)
async def test_a_clock_that_is_wrong(seconds: int, clinic: Clinic) -> None:
    shift = timedelta(seconds=seconds)

    found = await clinic.findings(lambda: datetime.now(UTC) + shift)

    assert re.match(SKEWS[seconds], lines(found, "machine")[0])


async def test_a_limit_of_open_files_that_is_too_low(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))

    assert lines(await clinic.findings(), "machine", Mark.DOUBT) == [
        "! 1,024 files may be open, which is 824 chats, not 10,000 (LimitNOFILE=10200 in "
        "systemd's unit, or a lower limits.connections)"
    ]


async def test_a_store_that_is_there_says_its_schema(clinic: Clinic) -> None:
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()

    assert lines(await clinic.findings(), "store")[1].startswith(
        "✓ the database can be read and has schema 0"
    )


async def test_a_store_on_postgresql_says_its_schema(
    clinic: Clinic, postgres_database: str
) -> None:
    clinic.store_url = postgres_database
    assert lines(await clinic.findings(), "store") == [
        "✓ the database is empty: the first start makes its tables"
    ]
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()
    (told,) = lines(await clinic.findings(), "store")
    assert told.startswith("✓ the database can be read and has schema 0")


async def test_a_postgresql_that_is_away(clinic: Clinic) -> None:
    clinic.store_url = "postgresql://me:pass-word@127.0.0.1:9/x"

    (told,) = lines(await clinic.findings(), "store")
    assert told.startswith("✗ the store cannot be reached")
    assert "pass-word" not in told


SCHEMAS = {
    "0001": "! the database has the older schema 0001 (the next start copies it",
    "9999": "✗ the database has schema 9999, this version knows 0",
}


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_a_store_of_another_version(schema: str, clinic: Clinic) -> None:
    store = await Store.open(clinic.store_url, now=utc_now)
    await store.close()
    with sqlite3.connect(clinic.folder / "frontdesk.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    database.close()

    (told,) = lines(await clinic.findings(), "store", Mark.DOUBT, Mark.FAULT)
    assert told.startswith(SCHEMAS[schema])


async def test_a_store_that_is_no_database(clinic: Clinic) -> None:
    (clinic.folder / "frontdesk.db").write_text("hello" * 1000)

    (told,) = lines(await clinic.findings(), "store", Mark.FAULT)
    assert told.startswith("✗ the store cannot be read")


async def test_a_store_in_no_folder(clinic: Clinic) -> None:
    clinic.store_url = f"sqlite:///{clinic.folder}/nowhere/frontdesk.db"

    assert lines(await clinic.findings(), "store") == [
        f"✗ there is no folder {clinic.folder}/nowhere (make it, or mend store.url)"
    ]


async def test_a_store_that_may_not_be_written(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything

    (told,) = lines(await clinic.findings(), "store", Mark.FAULT)
    assert told.startswith(f"✗ {clinic.folder} may not be written (give it to the user")


ROOM = {
    5_000_000_000: "✓ 5.0 GB are free in",
    500_000_000: "! 0.5 GB are free in",
    50_000_000: "✗ 0.1 GB are free in",
}


@pytest.mark.parametrize("free", ROOM)
async def test_the_room_on_the_disk(
    free: int, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert lines(await clinic.findings(), "store")[-1].startswith(ROOM[free])


# --- the chat on the web, and the service itself -------------------------------------------

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


# --- the command ---------------------------------------------------------------------------


@pytest.fixture
def usual_logging() -> Iterator[None]:
    """The command silences everybody, and other tests want to hear."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("usual_logging")
def test_the_command_prints_a_line_a_finding_and_exits_with_0_or_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"store: {{url: 'sqlite:///{tmp_path}/x.db'}}\nserver: {{port: 0}}\n")
    assert main(["doctor", "--settings", str(path)]) == 0
    *told, last = capsys.readouterr().out.splitlines()
    assert all(line[0] in "✓!-" and line[1] == " " for line in told)
    assert last == "nothing is wrong"

    path.write_text("server: {port: 0}\nstore: {url: 'sqlite:////nowhere/at/all/x.db'}\n")
    assert main(["doctor", "--settings", str(path)]) == 1
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "1 fault"

    path.write_text("gtp: {}\n")
    assert main(["doctor", "--settings", str(path)]) == 2
