"""The core without any platform: real store, real rules, a clock that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import connectors
from core.casework import Casework
from core.customers import Customers
from core.engine import Engine
from core.limits import CustomerRates
from core.messages import (
    Accepted,
    Address,
    Agent,
    AgentReplied,
    Capabilities,
    CaseRef,
    ChannelName,
    CustomerWrote,
    InboundEvent,
    Message,
    Sender,
)
from core.models import LanguageModel
from core.notices import Notice
from core.policy import Policy
from core.presence import Presence
from core.records import Case, Conversation, Delivery, DeliveryState
from core.replies import Replies
from core.settings import load
from core.store import Store, Transaction
from core.tasks import Tasks
from core.turns import Turns

WEB, TELEGRAM = ChannelName("web"), ChannelName("telegram")
CAPABILITIES = {
    WEB: Capabilities(max_text=100_000, max_buttons=50, max_label=200, replays=True),
    TELEGRAM: Capabilities(max_text=4096, max_buttons=8, max_label=64),
}
MIA = Agent("U1", "Mia")
_THREAD = CaseRef("T1", "C1", "1.0")
SETTINGS = """
business: {name: Fern, timezone: UTC, hours: {mon-fri: "09:00-17:00"}, languages: [en, zh]}
channels: {web: {}}
limits: {customer_per_minute: 20}
gpt: {debounce: 100ms}
desk: {remind_after: 5m, give_up_after: 30m}
quick_replies:
  - id: hello
    when: {any: [hello]}
    reply: Hello there
    buttons: [{label: Shipping, say: shipping}, {label: A person, do: escalate}]
  - id: shipping
    when: {any: [shipping]}
    reply: Three days
  - id: menu
    when: {any: [menu]}
    reply: What would you like?
    buttons: [{label: Hello, say: shipping}]
  - id: complaint
    when: {any: [complaint]}
    reply: Sorry to hear that
    then: escalate
  - id: details
    when: {any: [details]}
    reply: In short yes
    then: gpt
"""
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Core:
    """Everything between the connectors and the outbox. `now` may be set. `handed_in`: events
    come as those of a channel with many at once do, and not one by one."""

    def __init__(self, store: Store, policy: Policy, *, has_desk: bool) -> None:
        self.handed_in = False
        self.now = MONDAY_NOON
        self.store = store
        self.policy = policy
        self.notices: list[Notice] = []
        self._committed = asyncio.Event()
        store.subscribe(self._hear)
        self.tasks = Tasks()
        replies = Replies(CAPABILITIES)
        self.casework = Casework(replies, has_desk=has_desk)
        self.customers = Customers(replies, self.casework, has_model=False)
        self.turns = Turns(
            store,
            self.customers,
            self.casework,
            replies,
            Presence({}),
            self.tasks,
            lambda: self.policy,
        )
        rates = CustomerRates(
            policy.settings.limits.customer_per_minute, lambda: self.now.timestamp()
        )
        self.engine = Engine(
            store,
            replies,
            self.casework,
            self.customers,
            self.turns,
            rates,
            lambda: self.policy,
            lambda: self.now,
        )

    @classmethod
    async def open(cls, folder: Path, *, has_desk: bool = True, settings: str = SETTINGS) -> Core:
        path = folder / "settings.yaml"
        path.write_text(settings, encoding="utf-8")
        loaded = load(path, environ={}, channels=connectors.SETTINGS, sections=connectors.SECTIONS)
        core: list[Core] = []

        def clock() -> datetime:
            return core[0].now if core else MONDAY_NOON

        store = await Store.open(f"sqlite:///{folder}/frontdesk.db", now=clock)
        core.append(cls(store, Policy.of(loaded), has_desk=has_desk))
        return core[0]

    def go_the_long_way(self) -> None:
        """Even where a shorter one leads to the same."""
        vars(self.engine.express)["answer"] = lambda *_: None
        vars(self.engine.express_reply)["store"] = lambda *_: None

    async def close(self) -> None:
        await self.tasks.close()
        if self.turns.model is not None:
            await self.turns.model.close()
        await self.store.close()

    def use_model(self, model: LanguageModel) -> None:
        self.turns.model = model
        self.customers.has_model = True

    def _hear(self, notices: Sequence[Notice]) -> None:
        self.notices.extend(notices)
        self._committed.set()

    async def until(self, condition: Callable[[list[tuple[str, str]]], Any]) -> None:
        """Return when the transcript's lines fulfil `condition`."""
        async with asyncio.timeout(8):
            while not condition(await self.lines()):
                await self._committed.wait()
                self._committed.clear()

    async def settled(self, channel: ChannelName = WEB) -> None:
        """Return when nothing of this conversation waits for an answer."""
        async with asyncio.timeout(8):
            while (await self.conversation(channel)).pending_seq is not None:
                await self._committed.wait()
                self._committed.clear()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    async def wrote(
        self, text: str, *, id: str = "", channel: ChannelName = WEB, **rest: Any
    ) -> Accepted:
        self._count = getattr(self, "_count", 0) + 1
        event = CustomerWrote(
            address(channel), id or f"m{self._count}", text, Sender("Ann", "ann", "en"), **rest
        )
        return await self.take(event)

    async def take(self, event: InboundEvent) -> Accepted:
        """Hand the event in on the way that is under test."""
        if not self.handed_in:
            return await self.engine.accept(event)
        told: asyncio.Future[Accepted | Exception] = asyncio.get_running_loop().create_future()
        self.engine.hand_in(event, told.set_result)
        answer = await told
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def lines(self, channel: ChannelName = WEB) -> list[tuple[str, str]]:
        """(author's kind, text) of the whole transcript."""
        return [(m.author.kind.value, m.text) for m in await self.messages(channel)]

    async def messages(self, channel: ChannelName = WEB) -> list[Message]:
        conversation = await self.conversation(channel)
        return await self.store.read(lambda tx: tx.messages(conversation.id))

    async def conversation(self, channel: ChannelName = WEB) -> Conversation:
        found = await self.store.read(lambda tx: tx.conversation(address(channel)))
        assert found is not None
        return found

    async def case(self) -> Case:
        """The one open case."""
        (case,) = await self.store.read(lambda tx: tx.open_cases())
        return case

    async def thread_opened(self, thread: str = "1.0") -> CaseRef:
        """What the outbox does when the desk has posted the card of the one open case."""
        ref = CaseRef("T1", "C1", thread)
        case = await self.case()
        await self.store.write(lambda tx: setattr(tx.case(case.id), "ref", ref))
        return ref

    async def agent_says(
        self, text: str, *, ts: str = "2.0", agent: Agent = MIA, ref: CaseRef = _THREAD
    ) -> Accepted:
        return await self.take(AgentReplied(ref, ts, agent, text))

    async def queued(self, lane: str) -> list[tuple[str, str]]:
        """(kind, text) of a lane's rows, in order, each taken as sent."""
        rows: list[tuple[str, str]] = []
        while (head := await self._head(lane)) is not None:
            rows.append((head.kind.value, head.text))
            await self.store.write(partial(_finish, id=head.id))
        return rows

    async def _head(self, lane: str) -> Delivery | None:
        heads = await self.store.read(lambda tx: tx.heads(100))
        return next((row for row in heads if row.lane == lane), None)


def _finish(tx: Transaction, *, id: int) -> None:
    row = tx.delivery(id)
    assert row is not None
    row.state = DeliveryState.SENT


def address(channel: ChannelName = WEB) -> Address:
    return Address(channel, "account", "ann")
