"""Slack, Telegram and OpenAI in a process of their own, with people who write on order."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from sandbox.openai import OpenAISandbox, Request, Turn
from sandbox.slack import Delivery, Limits, SlackSandbox, State
from sandbox.telegram import TelegramSandbox
from tests.bench import rules

_FIRST_TOKENS_OVER = 1.0  # seconds over which the first words of all streams are spread
_PIECES = 60
_TELEGRAM_CUSTOMERS = 100
_SLACK_CUSTOMERS = 20
_SLACK_AT_ONCE = 30


class Stage:
    """All three stand-ins, none of which limits anybody's rate."""

    def __init__(self) -> None:
        self.slack = SlackSandbox(limits=Limits.off())
        self.telegram = TelegramSandbox(limits=None)
        self.openai = OpenAISandbox(brain=self._think)
        self._asked = self._told = 0
        self._texts = [sample.text for sample in rules.spread(rules.samples(1000), 64)]

    def _think(self, _request: Request) -> Turn:
        # Begun one after the other and going on together, as the streams of many people do.
        before = 0.5 + (self._asked % 100) * _FIRST_TOKENS_OVER / 100
        self._asked += 1
        text = "word " * _PIECES
        return Turn(text, seconds_before=before, seconds_between=0.05, chunk_size=5)

    async def open(self) -> dict[str, Any]:
        """Listen; what the settings need to know."""
        await asyncio.gather(self.slack.start(), self.telegram.start(), self.openai.start())
        identity = self.slack.identity
        return {
            "telegram": {"token": self.telegram.token, "api_url": self.telegram.api_url},
            "slack": {
                "bot_token": identity.bot_token,
                "app_token": identity.app_token,
                "api_url": self.slack.api_url,
            },
            "desk": {"channel": self.slack.add_channel("support-desk")},
            "gpt": {
                "api_key": self.openai.api_key,
                "base_url": self.openai.base_url,
                "model": "gpt-5-mini",
            },
        }

    async def close(self) -> None:
        await asyncio.gather(self.slack.stop(), self.telegram.stop(), self.openai.stop())

    # --- orders ----------------------------------------------------------------------------

    async def on_telegram(self, order: dict[str, Any]) -> dict[str, Any]:
        """`count` messages at once; how many of them the bot confirmed, and in how long."""
        telegram = self.telegram
        customers = [telegram.add_customer(f"C{n}") for n in range(_TELEGRAM_CUSTOMERS)]
        for number in range(order["count"]):
            text = self._texts[number % len(self._texts)]
            telegram.say(customers[number % len(customers)], text)
        began = time.monotonic()
        end = began + order["seconds"]
        while telegram.pending_updates and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        took = time.monotonic() - began
        return {"taken": order["count"] - telegram.pending_updates, "seconds": took}

    async def on_slack(self, order: dict[str, Any]) -> dict[str, Any]:
        """Direct messages for some seconds; how many of them the app acknowledged."""
        slack = self.slack
        people = [slack.add_user(f"customer{n}") for n in range(_SLACK_CUSTOMERS)]
        rooms = [(slack.open_dm(person), person) for person in people]
        begin, sent, old = time.monotonic(), 0, len(slack.courier.sent)
        while time.monotonic() < begin + order["seconds"]:
            if sent - self._acknowledged(old, sent) >= _SLACK_AT_ONCE:
                await asyncio.sleep(0.001)
                continue
            await slack.say(*rooms[sent % len(rooms)], self._texts[sent % len(self._texts)])
            sent += 1
        return {"taken": self._acknowledged(old, sent), "seconds": time.monotonic() - begin}

    def _acknowledged(self, since: int, sent: int) -> int:
        """Only the newest can still be under way."""
        deliveries: list[Delivery] = self.slack.courier.sent
        newest = deliveries[max(since, len(deliveries) - 4 * _SLACK_AT_ONCE) :]
        waiting = sum(delivery.state is State.PENDING for delivery in newest)
        return sent - waiting

    async def asked(self, _order: dict[str, Any]) -> dict[str, Any]:
        """When the first words of each new request's answer were due, by its last text."""
        times = {}
        calls = self.openai.journal.of("chat.completions")
        news, self._told = calls[self._told :], len(calls)
        for number, call in enumerate(news):
            text = str(call.arguments["messages"][-1]["content"])
            times[text] = call.at + 0.5 + (number % 100) * _FIRST_TOKENS_OVER / 100
        self._asked = 0
        return times


async def serve() -> None:
    stage = Stage()
    _say(await stage.open())
    orders = {"telegram": stage.on_telegram, "slack": stage.on_slack, "asked": stage.asked}
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        _say(await orders[order["do"]](order))
    await stage.close()


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
