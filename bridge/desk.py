"""The agents' desk in Slack: one thread a case, in the channel that the settings name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from msgspec import structs

from bridge import inbound, outbound
from bridge.advice import CLOSED, CLOSED_ALREADY, Advisor, react
from bridge.bulbs import wish
from bridge.card import card as card_sheet
from bridge.catchup import PACE, CatchUp
from bridge.files import collect
from bridge.inbound import Advice, Bulb, Desk
from bridge.orders import Orders
from bridge.outbound import Sheet
from bridge.people import People
from bridge.slack import Slack
from core.cases import CaseCard, CaseLine, Fate
from core.errors import (
    DeliveryError,
    NotReady,
    NotUp,
    SendLater,
    StoreUnavailable,
    TextTooLong,
    Undeliverable,
)
from core.messages import (
    AgentAskedForRule,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentEvent,
    AgentReplied,
    CaseRef,
    DeliveryKey,
    Outcome,
    Receipt,
)
from core.ports import Inbox, Route, Services, Status

log = logging.getLogger(__name__)

_ANNOUNCED_AGAIN = (1.0, 5.0, 30.0, 60.0, 300.0)  # seconds after an announcement was put off


class Settings(Protocol):
    """The part of the settings that the desk reads."""

    @property
    def channel(self) -> str:
        """A channel's id or #name."""
        ...

    @property
    def note_prefix(self) -> str: ...


class SlackDesk:
    """`pace` is the pause in seconds between two threads that are read to catch up."""

    name = inbound.NAME

    def __init__(
        self, slack: Slack, settings: Settings, services: Services, *, pace: float = PACE
    ) -> None:
        self._slack = slack
        self._settings = settings
        self._services = services
        self._people = People(slack, services.files, self.name)
        self._catch_up = CatchUp(
            slack, services.cursors, services.cases, self._take_missed, pace=pace
        )
        self._advisor = Advisor(slack, services.cases)
        self._orders = Orders(services.cursors)
        self._inbox: Inbox | None = None
        self._place: Desk | None = None
        self._placed = asyncio.Event()
        self._trouble = ""

    # --- life ----------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        if self._place is None:
            return Status(False, "not started")
        return Status(False, self._trouble) if self._trouble else self._slack.status

    async def start(self, inbox: Inbox) -> None:
        self._inbox = inbox
        await self._slack.attach(self._take, self._connected)
        try:
            self._place = await self._find_place()
        except BaseException:
            await self.stop()
            raise
        self._placed.set()
        self._slack.soon(self._connected(), "catching up with the desk")

    async def stop(self) -> None:
        await self._slack.detach(self._take)
        self._inbox, self._place = None, None
        self._placed.clear()

    def routes(self) -> Sequence[Route]:
        return self._slack.routes()

    async def _find_place(self) -> Desk:
        name, identity = self._settings.channel, self._slack.identity
        channel = await self._slack.channel_id(name)
        if channel is None:
            raise NotReady(
                f"desk.channel: the bot sees no channel {name}; create it, or if it is private, "
                f"write `/invite` and the bot's name in it"
            )
        try:
            found = await self._slack.call("conversations.info", channel=channel)
        except DeliveryError as error:
            raise NotReady(f"desk.channel: {name}: {error}") from None
        if not dict(found.get("channel") or {}).get("is_member"):
            raise NotReady(f"desk.channel: invite the bot: write `/invite` and its name in {name}")
        return Desk(identity.team_id, channel, identity.bot_user_id, self._settings.note_prefix)

    def _connected(self) -> Coroutine[Any, Any, None]:
        if self._place is None:
            return asyncio.sleep(0)  # `start` does this itself, once it knows the channel
        return self._catch_up.run(self._place.channel)

    # --- in ------------------------------------------------------------------------------

    async def _take(self, body: Mapping[str, Any]) -> bool:
        place = self._place
        if place is None and self._inbox is not None and not inbound.is_direct(body):
            raise StoreUnavailable("the desk is about to start")
        if place is None or not inbound.is_at(body, place):
            return False
        event = inbound.parse(body, place)
        if isinstance(event, Bulb):
            event = await wish(self._slack, place, event)
        if isinstance(event, Advice):
            self._slack.soon(self._advisor.advise(event), "advice to an agent")
        elif event is not None:
            await self._catch_up.first(event.case)
            try:
                await self._act(event, inbound.author_of(body))
            except Exception:
                self._catch_up.missed(event.case)
                raise
        return True

    async def _take_missed(self, body: Mapping[str, Any]) -> None:
        event = inbound.parse(body, self._place) if self._place is not None else None
        if event is not None and not isinstance(event, Advice | Bulb):
            await self._act(event, inbound.author_of(body))

    async def _act(self, event: AgentEvent, editor: str) -> None:
        if self._inbox is None:
            raise StoreUnavailable("the desk has stopped")
        if not await self._orders.is_new(event):
            return
        try:
            accepted = await self._inbox.accept(await self._told(event))
        except TextTooLong as error:
            words = f"Nothing was sent: the text is longer than {error.limit} characters."
            self._advise_author(event, words)
            return
        await self._orders.done(event)
        if accepted.outcome is Outcome.CASE_CLOSED:
            commanded = isinstance(event, AgentCommanded)
            self._advise_author(event, CLOSED_ALREADY if commanded else CLOSED)
        elif isinstance(event, AgentEdited) and accepted.outcome is Outcome.IGNORED:
            self._slack.soon(self._advisor.unsent(event, editor), "advice to an agent")

    async def _told(self, event: AgentEvent) -> AgentEvent:
        """The event with names, pictures and words instead of ids and markup."""
        match event:
            case AgentReplied():
                agent, text = await asyncio.gather(
                    self._people.agent(event.agent.id), self._slack.plain(event.text)
                )
                return structs.replace(event, agent=agent, text=text)
            case AgentCommanded():
                return replace(event, agent=await self._people.agent(event.agent.id))
            case AgentEdited():
                return replace(event, text=await self._slack.plain(event.text))
            case AgentDeleted() | AgentAskedForRule():
                return event

    def _advise_author(self, event: AgentEvent, text: str) -> None:
        if isinstance(event, AgentReplied | AgentCommanded):
            telling = self._advisor.tell(event.case, event.agent.id, text)
            self._slack.soon(telling, "advice to an agent")

    # --- out -----------------------------------------------------------------------------

    async def turn(self, case: CaseRef | None, key: DeliveryKey) -> bool:
        channel = self._open_place().channel if case is None else case.channel
        return await self._slack.turn(channel, key)

    async def open_case(self, card: CaseCard, key: DeliveryKey) -> CaseRef:
        place = self._open_place()
        sheet = card_sheet(card, self._slack.identity.url)
        return CaseRef(place.team, place.channel, await self._post_in_channel(place, sheet, key))

    async def relay(
        self, case: CaseRef, lines: Sequence[CaseLine], keys: Sequence[DeliveryKey]
    ) -> Receipt:
        self._check(case)
        attachments = (a for line in lines if not line.deleted for a in line.attachments)
        ready, lost = await collect(self._services.files, attachments)
        sheet = self._sheet(lines, lost)
        if sheet.whole:
            ready.append(("conversation.txt", sheet.whole.encode()))
        if ready:
            refused = await self._slack.share(case.channel, ready, key=keys[0], thread=case.thread)
            sheet = self._sheet(lines, [*lost, *refused])
        one = outbound.only_author(lines)
        name = outbound.name_of(lines[0]) if one and self._slack.may_customize else ""
        icon = outbound.ICONS.get(one.kind, "") if one else ""
        return await self._post(case, sheet, keys, username=name, icon=icon)

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        self._check(case)
        sheet = self._sheet(lines, ())
        await self._slack.update(case.channel, remote_id, sheet.text, sheet.blocks)

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        self._check(case)
        sheet = card_sheet(card, self._slack.identity.url)
        await self._slack.update(case.channel, case.thread, sheet.text, sheet.blocks)

    async def note(
        self,
        case: CaseRef,
        text: str,
        keys: Sequence[DeliveryKey],
        *,
        broadcast: bool = False,
        code: str = "",
    ) -> Receipt:
        self._check(case)
        return await self._post(case, outbound.note(text, code), keys, broadcast=broadcast)

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        self._check(case)
        await react(self._slack, case, external_id, fate)

    async def announce(self, text: str) -> None:
        await self._placed.wait()
        sheet = outbound.note(text)
        key = f"announcement:{self._slack.now().timestamp()}:{text[:50]}"
        for pause in _ANNOUNCED_AGAIN:
            try:
                await self._post_in_channel(self._open_place(), sheet, key)
                return
            except SendLater as later:
                await asyncio.sleep(later.after if later.after is not None else pause)
            except DeliveryError as error:
                log.warning("the agents could not be told %r: %s", text, error)
                return
        log.warning("the agents could not be told %r: Slack takes nothing", text)

    async def find(
        self, case: CaseRef | None, keys: Collection[DeliveryKey], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        if case is not None:
            found = await self._slack.find(case.channel, keys, since, thread=case.thread)
            return {DeliveryKey(key): Receipt(ts) for key, ts in found.items()}
        place = self._open_place()
        found = await self._slack.find(place.channel, keys, since)
        roots = {key: CaseRef(place.team, place.channel, ts) for key, ts in found.items()}
        return {DeliveryKey(key): root for key, root in roots.items()}

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        return self._slack.fetch(remote)

    def _open_place(self) -> Desk:
        if self._place is None:
            raise NotUp("the desk is not connected")
        return self._place

    def _check(self, case: CaseRef) -> None:
        """An older case may be of a workspace that we have left; ids there mean nothing here."""
        if case.workspace != self._open_place().team:
            raise Undeliverable("the thread is in another Slack workspace")

    def _sheet(self, lines: Sequence[CaseLine], lost: Sequence[str]) -> Sheet:
        if outbound.only_author(lines) is None:
            return outbound.transcript(lines, lost=lost)
        return outbound.relayed(lines, named=not self._slack.may_customize, lost=lost)

    async def _post_in_channel(self, place: Desk, sheet: Sheet, key: str) -> str:
        posting = self._slack.post(place.channel, sheet.text, sheet.blocks, key=key)
        return await self._watched(posting, root=True)

    async def _watched(self, posting: Awaitable[str], *, root: bool) -> str:
        """What the channel itself refuses, somebody must mend: archived, or the bot left out.
        Without its `root` a case has no thread, so whatever refuses that is as bad."""
        try:
            ts = await posting
        except Undeliverable as error:
            if root or error.mendable:
                self._trouble = f"desk.channel: {error}"
            raise
        self._trouble = ""
        return ts

    async def _post(
        self,
        case: CaseRef,
        sheet: Sheet,
        keys: Sequence[DeliveryKey],
        *,
        username: str = "",
        icon: str = "",
        broadcast: bool = False,
    ) -> Receipt:
        posting = self._slack.post(
            case.channel,
            sheet.text,
            sheet.blocks,
            key=keys[0],
            others=keys[1:],
            thread=case.thread,
            username=username,
            icon=icon,
            broadcast=broadcast,
        )
        return Receipt(await self._watched(posting, root=False))
