"""The service as a process, the platforms around it in this one, and people on all sides."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.journal import Call, Journal
from sandbox.openai import OpenAISandbox, Request, Turn
from sandbox.openai.turn import text_of
from sandbox.slack import Limits as SlackLimits
from sandbox.slack import Retries, SlackSandbox
from sandbox.telegram import TelegramSandbox
from tests.faults import ledger
from tests.faults.people import (
    Agent,
    Customer,
    SlackCustomer,
    TelegramCustomer,
    WebCustomer,
    marks_in,
)
from tests.faults.process import Frontdesk, Nursery, until

CHANNELS = ("web", "telegram", "slack")
LONG = " ".join(f"Paragraph {n}." + " All about the care of ferns." * 40 for n in range(9))

SETTINGS = """
business: {name: Fern & Clay, languages: [en]}
server: {port: "${PORT}", public_url: "http://127.0.0.1:${PORT}"}
store: {url: "sqlite:///FOLDER/frontdesk.db"}
limits: {customer_per_minute: 100000}
channels:
  web: {title: Fern & Clay}
  telegram:
    token: "${TELEGRAM_TOKEN}"
    api_url: "${TELEGRAM_URL}"
    receive: ${TELEGRAM_RECEIVE}
    webhook_secret: "${TELEGRAM_WEBHOOK_SECRET}"
  slack: {enabled: true}
slack:
  bot_token: "${SLACK_BOT_TOKEN}"
  app_token: "${SLACK_APP_TOKEN}"
  signing_secret: "${SLACK_SIGNING_SECRET}"
  api_url: "${SLACK_URL}"
  receive: ${SLACK_RECEIVE}
desk: {channel: "${DESK}"}
gpt: {api_key: "${OPENAI_API_KEY}", base_url: "${OPENAI_URL}", model: gpt-5-mini, debounce: 100ms}
timeouts: {platform: 1s, gpt_total: 5s, gpt_silence: 3s}
quick_replies:
  - id: rule
    when: {regex: ['^rule (?P<mark>\\S+)$']}
    reply: "Answer to {mark}."
  - id: long
    when: {regex: ['^long (?P<mark>\\S+)$']}
    reply: "LONG Thus far about {mark}."
  - id: help
    when: {regex: ['^help (?P<mark>\\S+)$']}
    reply: "I am sorry about {mark}."
    then: escalate
"""


class Town:
    """`open` before use, `close` after. `customers` are all who were added."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self.folder = folder
        self.database = folder / "frontdesk.db"
        self.settings = folder / "settings.yaml"
        self.slack = SlackSandbox(limits=SlackLimits.off())
        self.slack.courier.retries = Retries(ack_within=1.0, delays=(0.1, 0.2, 0.4, 0.8, 1.6, 3.2))
        self.telegram = TelegramSandbox(limits=None, webhook_backoff=(0.2, 0.5, 1.0))
        self.openai = OpenAISandbox(brain=_answer)
        self.customers: dict[str, Customer] = {}
        self._talks: dict[str, int] = {}  # of tabs: the conversation's number

    async def open(self, settings: str = SETTINGS, **environ: str) -> None:
        """Everything but the service is up when this returns; `frontdesk.start` starts that."""
        await asyncio.gather(self.slack.start(), self.telegram.start(), self.openai.start())
        self.desk = self.slack.add_channel("support-desk")
        self.agent = Agent(self.slack, self.desk)
        self._web = aiohttp.ClientSession()
        text = settings.replace("FOLDER", str(self.folder)).replace("LONG", LONG)
        self.settings.write_text(text, encoding="utf-8")
        await self.nursery.empty_database(self.database)
        self.frontdesk = Frontdesk(self.nursery, self.settings, self._environ() | environ)

    async def close(self) -> None:
        self.frontdesk.kill()
        await self.frontdesk.ended()
        tabs = [c for c in self.customers.values() if isinstance(c, WebCustomer)]
        await asyncio.gather(*(tab.leave() for tab in tabs))
        await self._web.close()
        await asyncio.gather(self.slack.stop(), self.telegram.stop(), self.openai.stop())

    def _environ(self) -> dict[str, str]:
        identity = self.slack.identity
        return {
            "TELEGRAM_TOKEN": self.telegram.token,
            "TELEGRAM_URL": self.telegram.api_url,
            "TELEGRAM_RECEIVE": "polling",
            "TELEGRAM_WEBHOOK_SECRET": "canary-webhook-secret",
            "SLACK_BOT_TOKEN": identity.bot_token,
            "SLACK_APP_TOKEN": identity.app_token,
            "SLACK_SIGNING_SECRET": identity.signing_secret,
            "SLACK_URL": self.slack.api_url,
            "SLACK_RECEIVE": "socket",
            "DESK": self.desk,
            "OPENAI_API_KEY": self.openai.api_key,
            "OPENAI_URL": self.openai.base_url,
        }

    @property
    def secrets(self) -> dict[str, str]:
        """What must be in no log, no text and no post."""
        environ = self._environ()
        names = [n for n in environ if n.endswith(("_TOKEN", "_SECRET", "_KEY"))]
        return {name: environ[name] for name in names}

    def receive_over_http(self) -> None:
        """Before the first start: Slack and Telegram bring everything to the service's address."""
        self.frontdesk.environ |= {"SLACK_RECEIVE": "http", "TELEGRAM_RECEIVE": "webhook"}
        self.slack.requests.events_url = f"{self.frontdesk.url}/slack/events"
        self.slack.requests.interactivity_url = f"{self.frontdesk.url}/slack/events"

    def add(self, channel: str) -> Customer:
        """A new customer on a channel: w1, w2, … on the web, t… on Telegram, s… on Slack."""
        number = 1 + sum(c.channel == channel for c in self.customers.values())
        name = f"{channel[0]}{number}"
        customer: Customer
        match channel:
            case "web":
                customer = WebCustomer(name, self.frontdesk.url, self._web)
            case "telegram":
                customer = TelegramCustomer(name, self.telegram)
            case _:
                customer = SlackCustomer(name, self.slack)
        self.customers[name] = customer
        return customer

    # --- what is left to do ------------------------------------------------------------------

    def left(self) -> dict[str, Any]:
        """What is not done yet, by what it is; empty when all has come to rest."""
        left: dict[str, Any] = dict(ledger.unfinished(self.database))
        stored = ledger.stored_marks(self.database)
        said = [mark for customer in self.customers.values() for mark in customer.said]
        said += [mark for marks in self.agent.said.values() for mark in marks]
        if missing := [mark for mark in said if mark not in stored]:
            left["lines not stored"] = missing
        behind = {
            tab.name: tab.unacknowledged
            for tab in self.customers.values()
            if isinstance(tab, WebCustomer) and self._is_behind(tab)
        }
        if behind:
            left["tabs"] = behind
        if count := self.telegram.pending_updates:
            left["updates"] = count
        if not self.slack.courier.idle.is_set():
            left["events"] = "some are not acknowledged"
        return left

    def _is_behind(self, tab: WebCustomer) -> bool:
        if tab.unacknowledged or not tab.said:
            return bool(tab.said)
        talk = self._talks.get(tab.name) or ledger.talk_with(self.database, tab.said[0])
        self._talks[tab.name] = talk
        return max(tab.lines, default=0) < ledger.last_seq(self.database, talk)

    async def drained(self, within: float = 12.0, *, every: float = 0.05) -> None:
        """Wait until nothing is left."""
        left: dict[str, Any] = {}

        def done() -> bool:
            nonlocal left
            left = self.left()
            return not left

        try:
            await until(done, "rest", within, every)
        except AssertionError as error:
            raise AssertionError(f"{error}; left: {left}\n{self.frontdesk.log[-4000:]}") from None

    # --- a crash, step by step ---------------------------------------------------------------

    async def wake_up(self) -> dict[str, Customer]:
        """Start, with one customer on each channel who has been answered once."""
        await self.frontdesk.start()
        people = {channel: self.add(channel) for channel in CHANNELS}
        for customer in people.values():
            customer.say("rule")
        await self.drained()
        return people

    async def died(self) -> None:
        """Wait until the service has been killed."""
        assert await self.frontdesk.ended() == -signal.SIGKILL, self.frontdesk.said

    async def recover(self, *, ahead: float = 0.0) -> None:
        """Everybody goes on writing; the service comes back, and all comes to rest."""
        for customer in self.customers.values():
            customer.say("rule")
        await self.frontdesk.start(ahead=ahead)
        await self.drained()

    # --- killing from outside ----------------------------------------------------------------

    def kill_after(self, journal: Journal, method: str, number: int = 1) -> asyncio.Event:
        """SIGKILL when the platform has accepted the `number`th further call of `method` and not
        answered yet; the event says that it happened."""
        return self.kill_when(journal, lambda call: call.method == method, number)

    def kill_when(
        self, journal: Journal, wanted: Callable[[Call], bool], number: int = 1
    ) -> asyncio.Event:
        killed, left = asyncio.Event(), number

        def look(call: Call) -> None:
            nonlocal left
            left -= wanted(call)
            if left == 0 and not killed.is_set():
                self.frontdesk.kill()
                killed.set()

        journal.listen(look)
        return killed

    def kill_before(
        self,
        platform: SlackSandbox | TelegramSandbox | OpenAISandbox,
        method: str,
        number: int = 1,
    ) -> asyncio.Event:
        """SIGKILL when the `number`th further call of `method` has reached the platform and
        nothing is decided about it. The platform goes on with it, as real ones do."""
        killed, left = asyncio.Event(), number

        def look(arrived: str) -> None:
            nonlocal left
            left -= arrived == method
            if left == 0 and not killed.is_set():
                self.frontdesk.kill()
                killed.set()

        platform.faults.listen(look)
        return killed


def _answer(request: Request) -> Turn:
    """GPT names the marks of what it answers."""
    asked: list[str] = []
    for message in request.messages:
        if message["role"] == "assistant":
            asked = []
        elif message["role"] == "user":
            asked.append(text_of(message))
    return Turn(f"GPT on {' '.join(dict.fromkeys(marks_in(' '.join(asked))))}.")
