"""A whole frontdesk beside its stand-ins, as a customer, an agent and an admin meet it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from core.app import Composition, utc_now
from core.service import Service
from sandbox.openai import OpenAISandbox
from sandbox.slack import Limits as SlackLimits
from sandbox.slack import SlackSandbox
from sandbox.slack.message import Message as SlackMessage
from sandbox.telegram import Message as TelegramMessage
from sandbox.telegram import TelegramSandbox
from tests.scenarios.visitor import Visitor

SETTINGS = """
business: {name: Fern & Clay, languages: [en, zh]}
server: {port: 0}
store: {url: "STORE"}
channels:
  web: {title: Fern & Clay}
  telegram: {token: "${TELEGRAM_TOKEN:-}", api_url: "${TELEGRAM_URL:-http://127.0.0.1:9}"}
  slack: {enabled: SLACK_CUSTOMERS}
slack:
  bot_token: "${SLACK_BOT_TOKEN:-}"
  app_token: "${SLACK_APP_TOKEN:-}"
  signing_secret: "${SLACK_SIGNING_SECRET:-}"
  api_url: "${SLACK_URL:-http://127.0.0.1:9}"
  receive: ${SLACK_RECEIVE:-socket}
desk: {channel: "${DESK:-}", remind_after: 5m, give_up_after: 30m}
gpt: {api_key: "${OPENAI_API_KEY:-}", base_url: "${OPENAI_URL:-http://127.0.0.1:9}",
      model: gpt-5-mini, debounce: 100ms}
timeouts: {platform: 2s, gpt_total: 5s, gpt_silence: 3s}
quick_replies:
  - id: hello
    when: {any: [hello, hi, 你好]}
    reply: {en: "Hello, how can I help?", zh: "您好，请问有什么可以帮您？"}
    buttons: [{label: Shipping, say: shipping}, {label: A person, do: escalate}]
  - id: shipping
    when: {any: [shipping, delivery, 运费]}
    reply: "Shipping takes 3 days."
  - id: order
    when: {regex: ['order\\s+#?(?P<order>\\d{6})']}
    reply: "Order {order} is on its way."
  - id: complaint
    when: {any: [complaint]}
    reply: "I am sorry to hear that."
    then: escalate
"""


class House:
    """One service in this process and the platforms around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slack = SlackSandbox(limits=SlackLimits.off())
        self.telegram = TelegramSandbox(limits=None)
        self.openai = OpenAISandbox()
        self.environ: dict[str, str] = {}
        self.settings_path = folder / "settings.yaml"
        self.desk = ""
        self.mia = ""
        self.ann = ""
        self.slack_customers = False
        self.extra = ""
        self.store_url = f"sqlite:///{folder / 'frontdesk.db'}"

    async def open(self, *, telegram: bool = False, slack: bool = True, gpt: bool = True) -> None:
        await asyncio.gather(self.slack.start(), self.telegram.start(), self.openai.start())
        self.desk = self.slack.add_channel("support-desk")
        self.mia = self.slack.add_user("mia", real_name="Mia Lindqvist")
        if slack:
            self.connect_desk()
        if telegram:
            self.environ |= {
                "TELEGRAM_TOKEN": self.telegram.token,
                "TELEGRAM_URL": self.telegram.api_url,
            }
        if gpt:
            self.environ |= {
                "OPENAI_API_KEY": self.openai.api_key,
                "OPENAI_URL": self.openai.base_url,
            }
        await self.start()

    def connect_desk(self) -> None:
        self.environ |= {
            "SLACK_BOT_TOKEN": self.slack.identity.bot_token,
            "SLACK_APP_TOKEN": self.slack.identity.app_token,
            "SLACK_SIGNING_SECRET": self.slack.identity.signing_secret,
            "SLACK_URL": self.slack.api_url,
            "DESK": self.desk,
        }

    def write_settings(self, text: str | None = None) -> None:
        base = SETTINGS if text is None else text
        base = base.replace("STORE", self.store_url)
        base = base.replace("SLACK_CUSTOMERS", str(self.slack_customers).lower())
        self.settings_path.write_text(base + self.extra, encoding="utf-8")

    async def start(self) -> None:
        """Start the service with the settings written, or the usual ones."""
        if not self.settings_path.exists():
            self.write_settings()
        composition = Composition(self.settings_path, self.environ)
        self.service = Service(composition.load(), composition.outward(), now=utc_now)
        await self.service.start()

    async def stop(self) -> None:
        from datetime import timedelta

        await self.service.stop(timedelta(seconds=2))

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def close(self) -> None:
        with contextlib.suppress(AttributeError):
            await self.stop()
        await asyncio.gather(self.slack.stop(), self.telegram.stop(), self.openai.stop())

    # --- looking ---------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def visitor(self, token: str | None = None, **hello: Any) -> AsyncIterator[Visitor]:
        """Somebody on the web site."""
        visitor = Visitor(self.service.url)
        await visitor.arrive(token=token, **hello)
        try:
            yield visitor
        finally:
            await visitor.leave()

    async def card(self, number: int = 1) -> SlackMessage:
        """The root message of the case's thread, once it is there."""
        await until(lambda: len(self.slack.messages(self.desk)) >= number, "a thread")
        return self.slack.messages(self.desk)[number - 1]

    async def in_thread(self, text: str, number: int = 1) -> SlackMessage:
        """The message of the thread that shows `text`, once it is there."""
        card = await self.card(number)

        def found() -> list[SlackMessage]:
            return [m for m in self.slack.thread(self.desk, card.ts) if text in shown(m)]

        await until(found, f"{text!r} in the thread")
        return found()[0]

    async def on_telegram(self, chat: int, text: str) -> TelegramMessage:
        """The bot's message to this customer that has `text`, once it is there."""

        def found() -> list[TelegramMessage]:
            return [m for m in self.telegram.chat(chat) if m.from_bot and text in m.text]

        await until(found, f"{text!r} on Telegram")
        return found()[-1]


def shown(message: SlackMessage) -> str:
    """Everything that a reader of this Slack message sees, as one text."""
    return "\n".join((message.text, *_texts(message.blocks)))


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for value in node.values() for text in _texts(value)]
    return [text for item in node for text in _texts(item)] if isinstance(node, list) else []


async def until(condition: Callable[[], Any], what: str, within: float = 8.0) -> None:
    """Wait until `condition` holds; fail naming `what` did not come."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the stand-ins have no common event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {within} s") from None
