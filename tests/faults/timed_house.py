"""A house whose clock can be set ahead, and whose desk may post faster than Slack really lets it.

The settle time after a doubtful post and the pause after a refusal are many seconds; a test jumps
over them.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from bridge.desk import SlackDesk
from connectors.slack.app import SlackApp
from connectors.slack.pacer import Rate
from core.app import Composition, utc_now
from core.messages import Address, ChannelName, Message
from core.ports import Services
from core.service import Service
from core.settings import Settings
from core.store import Reader
from sandbox.slack.message import Message as SlackMessage
from tests.scenarios.house import House, shown, until
from tests.scenarios.visitor import Visitor


class TimedHouse(House):
    """`rate` is that of the desk's posts; None is the product's own."""

    ahead = timedelta()
    rate: Rate | None = None

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def later(self, seconds: float) -> None:
        """What waits for the next `seconds` is due now."""
        self.ahead += timedelta(seconds=seconds)
        self.service.outbox.wake()

    async def start(self) -> None:
        if not self.settings_path.exists():
            self.write_settings()
        composition = Composition(self.settings_path, self.environ)
        outward = composition.outward()
        if self.rate is not None:
            outward = dataclasses.replace(outward, desk=self._quick_desk)
        self.service = Service(composition.load(), outward, now=self.now)
        await self.service.start()

    def _quick_desk(self, settings: Settings, services: Services) -> SlackDesk:
        app = SlackApp(settings.section("slack"), now=services.now, rate=self.rate)
        return SlackDesk(app, settings.desk, services)

    # --- looking ---------------------------------------------------------------------------

    async def waiting(self, visitor: Visitor) -> SlackMessage:
        """Have a visitor ask for a person; the card of the case, its thread complete."""
        await visitor.say("human")
        card = await self.card()
        await self.in_thread("human")
        return card

    def lines(self, card: SlackMessage) -> list[str]:
        """What stands in the thread below the transcript, the customer's words only."""
        replies = self.slack.thread(self.desk, card.ts)
        return [reply.blocks[0]["text"]["text"] for reply in replies[1:] if reply.bot_id]

    def posted(self, text: str) -> int:
        """How many posts that Slack accepted show `text`."""
        posts = self.slack.journal.of("chat.postMessage")
        return sum(text in str(post.arguments) for post in posts)

    def answers(self, channel: str) -> list[str]:
        """What the app said in a conversation or channel, threads included."""
        messages = self.slack.workspace.channels[channel].messages.values()
        return [shown(message) for message in messages if message.bot_id]

    def doubtful(self) -> int:
        """How many deliveries may or may not have arrived."""
        return self._deliveries("uncertain")

    def under_way(self) -> int:
        """How many deliveries are with a platform, or its answer to them is not noted yet."""
        return self._deliveries("sending")

    def waiting_to_go(self) -> int:
        """How many deliveries nobody has begun."""
        return self._deliveries("pending")

    def refused_down_to(self, method: str, left: int) -> bool:
        """Whether Slack has refused until only so many faults of `method` are left, and that is
        noted: the pause begins only then, and would begin after a clock set ahead too soon."""
        return self.slack.faults.left(method) <= left and not self.under_way()

    def tries(self, case: int) -> int:
        """How often the head of a case's deliveries was begun."""
        with closing(sqlite3.connect(self.folder / "frontdesk.db")) as database:
            query = "SELECT attempts FROM deliveries WHERE lane = ? ORDER BY id LIMIT 1"
            row = database.execute(query, (f"case:{case}",)).fetchone()
        return int(row[0]) if row else 0

    def unsent(self) -> int:
        return sum(map(self._deliveries, ("pending", "sending", "uncertain", "dead")))

    def _deliveries(self, state: str) -> int:
        with closing(sqlite3.connect(self.folder / "frontdesk.db")) as database:
            query = "SELECT count(*) FROM deliveries WHERE state = ?"
            return int(database.execute(query, (state,)).fetchone()[0])

    async def transcript(self, peer: str) -> list[Message]:
        """The stored conversation of a customer in Slack."""
        address = Address(ChannelName("slack"), self.slack.team_id, peer)

        def read(tx: Reader) -> list[Message]:
            conversation = tx.conversation(address)
            return tx.messages(conversation.id) if conversation else []

        return await self.service.store.read(read)


async def used_up(house: House, method: str) -> None:
    """Wait until every fault ordered for `method` has happened."""
    await until(lambda: not house.slack.faults.left(method), f"the fault of {method}")
