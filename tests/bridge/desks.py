"""A desk in a workspace of the test's own, and the values it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.desk import SlackDesk
from connectors.slack.app import SlackApp
from core.cases import CaseCard, CaseLine, CaseState
from core.messages import (
    Author,
    AuthorKind,
    CaseId,
    CaseRef,
    ChannelName,
    DeliveryKey,
    Sender,
)
from core.settings.schema import Desk
from sandbox.slack import ALL_BRIDGE_SCOPES, Message, SlackSandbox
from tests.slack.house import NotingInbox, Shelf, app_of, services_of, workspace

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
CARD = CaseCard(
    CaseId(1),
    ChannelName("web"),
    Sender("Ann Lee", "ann"),
    "en",
    "https://shop.example/returns",
    "The customer asked for a person.",
    CaseState.WAITING,
    AT,
)
ANN = Author(AuthorKind.CUSTOMER, "Ann Lee")
BOT = Author(AuthorKind.BOT, "Shop")


def line(text: str, author: Author = ANN) -> CaseLine:
    return CaseLine(author, text, AT)


def key(name: str) -> DeliveryKey:
    return DeliveryKey(name)


@dataclass
class Room:
    """The desk and everything around it. `anna` is an agent, `case` the thread of a first case."""

    slack: SlackSandbox
    app: SlackApp
    desk: SlackDesk
    inbox: NotingInbox
    shelf: Shelf
    channel: str
    anna: str
    case: CaseRef

    def thread(self) -> list[Message]:
        return self.slack.thread(self.channel, self.case.thread)

    async def say(self, text: str) -> str:
        """What Anna writes in the thread, once it has been taken."""
        ts = await self.slack.say(self.channel, self.anna, text, thread_ts=self.case.thread)
        await self.slack.settled()
        return ts

    async def say_unheard(self, text: str) -> str:
        """What Anna writes in the thread while Slack sends us no events."""
        subscriptions, self.slack.courier.subscriptions = (
            self.slack.courier.subscriptions,
            frozenset(),
        )
        ts = await self.slack.say(self.channel, self.anna, text, thread_ts=self.case.thread)
        self.slack.courier.subscriptions = subscriptions
        return ts

    def told(self) -> list[str]:
        """What only an agent was told."""
        return [m.text for m in self.slack.workspace.channels[self.channel].ephemeral]


@asynccontextmanager
async def room(
    folder: Path, *, scopes: Iterable[str] = ALL_BRIDGE_SCOPES, name: str = "#support"
) -> AsyncIterator[Room]:
    async with workspace(scopes=scopes) as slack:
        channel = slack.add_channel("support", private=True)
        anna = slack.add_user("anna", display_name="Anna K.", real_name="Anna Kim")
        app, shelf, inbox = app_of(slack), Shelf(folder), NotingInbox()
        desk = SlackDesk(app, Desk(channel=name), services_of(shelf), pace=0)
        await desk.start(inbox)
        case = await desk.open_case(CARD, key("open"))
        shelf.open.append(case)
        here = Room(slack, app, desk, inbox, shelf, channel, anna, case)
        try:
            yield here
        finally:
            await desk.stop()


def texts(message: Message) -> list[str]:
    """The words of a message's blocks, as Slack was given them."""
    found = [block["text"]["text"] for block in message.blocks if "text" in block]
    for block in message.blocks:
        found += [field["text"] for field in block.get("fields", ())]
        if block["type"] == "context":
            found += [element["text"] for element in block["elements"]]
    return found


def actions(message: Message) -> list[str]:
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
