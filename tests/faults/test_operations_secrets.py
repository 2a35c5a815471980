"""Canary secrets in every credential and in the environment: no error path may show them.

Everything is made to fail at log level DEBUG, and the platforms' errors repeat the credential they
were sent, as proxies and debug servers do. Then every place that somebody reads is searched: the
log, answers to strangers, the database and its files, and all that was sent to Slack.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from core.app import Composition, secrets_in
from core.errors import SettingsError
from core.redact import set_up_logging
from sandbox.faults import Effect, Fault
from tests.faults.process import until
from tests.scenarios.house import SETTINGS, House
from tests.scenarios.visitor import Visitor

CANARY = "canary-5b1f0c77d2"
OWN = {
    "METRICS": f"{CANARY}-metrics",
    "IDENTITY": f"{CANARY}-identity-long-enough-to-be-a-secret",
    "HOOK": f"{CANARY}-hook",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}-unrelated",
    "DATABASE_PASSWORD": f"{CANARY}-database",
}
WITH_SECRETS = (
    SETTINGS.replace("server: {port: 0}", 'server: {port: 0, metrics_token: "${METRICS}"}')
    .replace("web: {title: Fern & Clay}", 'web: {identity_secret: "${IDENTITY}"}')
    .replace("telegram: {token:", 'telegram: {webhook_secret: "${HOOK}", token:')
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in list(root.manager.loggerDict)}
    stream = io.StringIO()
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


def _credentials(house: House) -> dict[str, str]:
    identity = house.slack.identity
    return OWN | {
        "bot token": identity.bot_token,
        "app token": identity.app_token,
        "signing secret": identity.signing_secret,
        "Telegram": house.telegram.token,
        "OpenAI": house.openai.api_key,
    }


async def test_no_secret_is_shown_by_any_error(house: House, log: io.StringIO) -> None:
    """A16, O06: refused keys, broken platforms, hostile requests, bad settings, a locked store."""
    house.environ |= OWN
    house.store_url += "?timeout=0.2"
    house.write_settings(WITH_SECRETS)
    shown: list[str] = []
    await house.open(telegram=True)
    set_up_logging(_secrets(house), level=logging.DEBUG, stream=log)
    for name in ("httpx", "httpcore", "openai", "telegram", "slack_sdk", "slack_bolt"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    await _platforms_fail(house)
    shown += await _strangers_ask(house)
    await _settings_are_spoilt(house, log)
    await _store_is_locked(house)
    await _gpt_is_refused(house)
    await house.stop()
    await _start_with_refused_keys(house)
    text = log.getvalue()
    assert "Traceback" in text
    places = {
        "log": text,
        "answers": "\n".join(shown),
        "database": _database(house),
        "Slack": _posted(house),
    }
    found = [
        (place, name)
        for place, content in places.items()
        for name, secret in _credentials(house).items()
        if secret in content
    ]
    assert found == []


async def test_the_reason_of_a_refusal_is_stored_without_the_token(house: House) -> None:
    """A16: the same words go to the outbox's row."""
    await house.open(slack=False, gpt=False, telegram=True)
    echo = json.dumps({"ok": False, "description": f"Bad: /bot{house.telegram.token}/"})
    house.telegram.faults.add("sendMessage", Fault(Effect.ANSWER, 400, echo), times=5)
    house.telegram.say(house.telegram.add_customer("Anna"), "hello")
    await until(lambda: "'dead'" in _database(house), "the refusal")
    assert "Bad: " in _database(house)
    assert house.telegram.token not in _database(house)


async def test_readyz_does_not_repeat_what_a_platform_said(house: House) -> None:
    """A16: a proxy's error may hold the address, and Telegram's addresses hold the token."""
    echo = json.dumps({"ok": False, "description": f"no route to /bot{house.telegram.token}/"})
    house.telegram.faults.add("getUpdates", Fault(Effect.ANSWER, 500, echo), times=20)
    await house.open(slack=False, gpt=False, telegram=True)
    shown = ""
    async with aiohttp.ClientSession() as session, asyncio.timeout(8):
        while "no route" not in shown:
            async with session.get(f"{house.service.url}/readyz") as response:
                shown = await response.text()
    assert house.telegram.token not in shown


@pytest.mark.parametrize("url", ["me:hun%2Fter22@host/x", "me@host/x?ssl=on&password=hun%2Fter22"])
def test_a_stores_password_is_hidden_wherever_its_address_has_it(url: str, tmp_path: Path) -> None:
    """A16: as it is written, and as a driver repeats it."""
    path = tmp_path / "settings.yaml"
    path.write_text("store: {url: '${STORE_URL}'}\nchannels: {web: {}}\n", encoding="utf-8")
    composition = Composition(path, {"STORE_URL": f"postgresql://{url}"})
    assert set(secrets_in(composition.load())) >= {"hun%2Fter22", "hun/ter22"}


def _secrets(house: House) -> list[str]:
    return list(secrets_in(Composition(house.settings_path, house.environ).load()))


async def _platforms_fail(house: House) -> None:
    """Each client meets a refusal, a broken answer and a reset, all repeating its credential."""
    echo = json.dumps({"error": {"message": f"bad key {house.openai.api_key}", "code": "x"}})
    bad = json.dumps({"ok": False, "description": f"bot{house.telegram.token} is wrong"})
    slack = json.dumps({"ok": False, "error": f"bad_{house.slack.identity.bot_token}"})
    for status in (500, 400):
        house.openai.faults.add("chat.completions", Fault(Effect.ANSWER, status, echo))
        house.telegram.faults.add("sendMessage", Fault(Effect.ANSWER, status, bad))
        house.slack.faults.add("chat.postMessage", Fault(Effect.ANSWER, status, slack))
    house.telegram.faults.add("getUpdates", Fault(Effect.RESET))
    house.slack.faults.add("chat.postMessage", Fault(Effect.RESET))
    tried: list[str] = []
    for stand_in in (house.slack, house.telegram):
        stand_in.faults.listen(tried.append)
    anna = house.telegram.add_customer("Anna")
    async with house.visitor() as visitor:
        await visitor.say("what is love?")
        await visitor.hears("called a colleague", "system")
    house.telegram.say(anna, "hello")
    for method in ("chat.postMessage", "sendMessage"):
        await until(lambda method=method: tried.count(method) >= 1, method)  # type: ignore[misc]
    house.slack.faults.clear()
    try:
        raise RuntimeError(f"in a traceback: {house.telegram.token}")
    except RuntimeError:
        logging.getLogger("test").exception("it broke")


async def _strangers_ask(house: House) -> list[str]:
    url = house.service.url
    wrong = {"Authorization": "Bearer wrong", "X-Telegram-Bot-Api-Secret-Token": "wrong"}
    wrong |= {"X-Slack-Signature": "v0=zz", "X-Slack-Request-Timestamp": "zzz"}
    shown = []
    async with aiohttp.ClientSession(headers=wrong) as session:
        for method, path, body in (
            ("GET", "/nowhere", b""),
            ("GET", "/readyz", b""),
            ("GET", "/metrics", b""),
            ("GET", "/widget/socket", b""),
            ("GET", "/widget/files/zzz", b""),
            ("POST", "/widget/files", b"\xff" * 1000),
            ("POST", "/telegram/webhook", b"[" * 10_000),
            ("POST", "/slack/events", b"\xff{"),
            ("PUT", "/widget.js", b"x"),
        ):
            async with session.request(method, url + path, data=body) as response:
                shown.append(f"{response.headers} {await response.text(errors='replace')}")
    visitor = Visitor(url)
    await visitor.arrive()
    await visitor.send(type="message", id=7)
    await visitor.see(lambda f: f["type"] == "error", "an error")
    await visitor.leave()
    return [*shown, str(visitor.frames)]


async def _settings_are_spoilt(house: House, log: io.StringIO) -> None:
    """A secret in the wrong place is not repeated, neither in the log nor to the agents."""
    house.environ["STRAY"] = house.openai.api_key
    house.write_settings(
        WITH_SECRETS.replace("languages: [en, zh]", 'timezone: "${STRAY}", languages: [en]')
    )
    await until(lambda: "there is no time zone" in log.getvalue(), "the refusal")
    await until(lambda: "was not taken" in _posted(house), "the announcement")
    house.write_settings(WITH_SECRETS)
    await until(lambda: "was loaded again" in log.getvalue(), "the good settings")


async def _store_is_locked(house: House) -> None:
    async with house.visitor() as visitor:
        with closing(sqlite3.connect(house.folder / "frontdesk.db", timeout=5)) as other:
            other.isolation_level = None
            await until(lambda: _locks(other), "the lock")
            await visitor.say("hello")
            other.execute("ROLLBACK")


async def _gpt_is_refused(house: House) -> None:
    """The agents are told, in words that repeat nothing."""
    key = house.openai.api_key
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {key}", "code": key}})
    for method in ("models", "*"):
        house.openai.faults.add(method, Fault(Effect.ANSWER, 401, body))
    await house.restart()
    await until(lambda: "GPT is off" in _posted(house), "the announcement")


def _locks(connection: sqlite3.Connection) -> bool:
    connection.execute("PRAGMA busy_timeout=0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


async def _start_with_refused_keys(house: House) -> None:
    """Keys that nobody knows, which are canaries too."""
    house.environ |= {
        "OPENAI_API_KEY": OWN["AWS_SECRET_ACCESS_KEY"],
        "TELEGRAM_TOKEN": f"123456:{CANARY}-telegram",
        "SLACK_APP_TOKEN": f"xapp-{CANARY}",
    }
    await house.start()
    await house.service.readiness()


def _database(house: House) -> str:
    with closing(sqlite3.connect(house.folder / "frontdesk.db")) as connection:
        rows = "\n".join(connection.iterdump())
    files = [f for f in house.folder.glob("frontdesk*") if f.is_file() and f.suffix != ".db"]
    return rows + "".join(f.read_bytes().decode("latin-1") for f in files)


def _posted(house: House) -> str:
    return "\n".join(str(call.arguments) for call in house.slack.journal)


KEYS = {
    "business": ("name", "timezone", "hours", "languages"),
    "server": ("host", "port", "public_url", "trusted_proxies"),
    "store": ("url",),
    "desk": ("channel", "remind_after", "give_up_after", "note_prefix"),
    "handover": ("ask", "after_failures"),
    "gpt": ("base_url", "model", "debounce", "max_history", "prices"),
    "timeouts": ("platform", "gpt_total", "gpt_silence"),
    "files": ("max_mb", "keep"),
    "limits": ("customer_per_minute", "message_chars", "connections"),
    "channels": ("web", "telegram"),
    "slack": ("receive", "api_url"),
    "texts": ("handover", "closed"),
    "quick_replies": ("a",),
}
PLACES = [f"{group}: {{{key}: VALUE}}\n" for group, keys in KEYS.items() for key in keys]
PLACES += [
    "business: {languages: [VALUE]}\n",
    "business: {hours: {mon: VALUE}}\n",
    "business: {hours: {holidays: [VALUE]}}\n",
    "server: {trusted_proxies: [VALUE]}\n",
    "channels: {web: {allowed_origins: [VALUE]}}\n",
    "channels: {web: {color: VALUE}}\n",
    "channels: {telegram: {on_uncertain: VALUE}}\n",
    "quick_replies: [{id: VALUE, when: {any: [x]}, reply: y}, {id: VALUE, when: {any: [y]}}]\n",
    "quick_replies: [{id: a, when: {channels: [VALUE]}, reply: y}]\n",
    "quick_replies: [{id: a, when: {languages: [VALUE]}, reply: y}]\n",
    "quick_replies: [{id: a, when: {regex: [VALUE]}, reply: y}]\n",
    "quick_replies: [{id: a, when: {any: [x]}, reply: y, buttons: [{label: a, url: VALUE}]}]\n",
    "quick_replies: [{id: a, when: {any: [x]}, reply: y, then: VALUE}]\n",
]


@pytest.mark.parametrize("secret", [CANARY, f"({CANARY}", f"{{{CANARY}}}", f"{CANARY} {{x"])
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_the_wrong_place_of_the_settings_is_not_repeated(
    place: str, secret: str, tmp_path: Path
) -> None:
    """A16: whatever a key makes of a value that it does not understand."""
    path = tmp_path / "settings.yaml"
    path.write_text(place.replace("VALUE", '"${STRAY}"'))
    try:
        told = Composition(path, {"STRAY": secret}).load().warnings
    except SettingsError as error:
        told = error.problems
    assert CANARY not in "\n".join(map(str, told))
