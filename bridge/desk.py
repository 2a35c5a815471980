"""The agents' desk in Slack: one thread a case, in the channel that the settings name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from msgspec import structs

from bridge import inbound, outbound
from bridge.advice import CLOSED, CLOSED_ALREADY, Advisor, react
from bridge.bulbs import wish
from bridge.card import card as card_sheet
from bridge.catchup import PACE, CatchUp
from bridge.files import Ready, collect, key_of, whole
from bridge.inbound import Advice, Bulb, Desk
from bridge.moves import MOVED, Moves, is_there
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
        self._moves = Moves(slack, services, self._catch_up.first)
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
            place = await self._find_place()
            await self._moves.arrive(place)
            self._place = place
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
        return self._catch_up.run(self._place.channel, self._moves.before)

    # --- in ------------------------------------------------------------------------------

    async def _take(self, body: Mapping[str, Any]) -> bool:
        place = self._place
        if place is None and self._inbox is not None and not inbound.is_direct(body):
            raise StoreUnavailable("the desk is about to start")
        if place is None:
            return False
        if inbound.is_at(body, place):
            await self._take_at(body, place)
            return True
        # Where the desk was, customers may write by now.
        former = self._moves.desk_of(body, place)
        return former is not None and await self._take_at(body, former)

    async def _take_at(self, body: Mapping[str, Any], place: Desk) -> bool:
        """Whether it was about a case."""
        event = inbound.parse(body, place)
        if isinstance(event, Bulb):
            event = await wish(self._slack, place, event)
        if event is None:
            return False
        if isinstance(event, Advice):
            return await self._advise(event)
        await self._catch_up.first(event.case)
        try:
            return await self._act(event, inbound.author_of(body))
        except Exception:
            self._catch_up.missed(event.case)
            raise

    async def _advise(self, advice: Advice) -> bool:
        """Only where the thread is a case's: what else is said there is not our business."""
        if advice.case in await self._services.cases.open_cases():
            text = advice.text
        elif await self._moves.is_left(advice.case):
            text = MOVED
        else:
            return False
        telling = self._advisor.tell(advice.case, advice.user, text)
        self._slack.soon(telling, "advice to an agent")
        return True

    async def _take_missed(self, body: Mapping[str, Any]) -> None:
        place = self._place
        if place is None:
            return
        event = inbound.parse(body, self._moves.desk_of(body, place) or place)
        if event is not None and not isinstance(event, Advice | Bulb):
            await self._act(event, inbound.author_of(body))

    async def _act(self, event: AgentEvent, editor: str) -> bool:
        """Whether it was about a case."""
        if self._inbox is None:
            raise StoreUnavailable("the desk has stopped")
        if not await self._orders.is_new(event):
            return True
        try:
            accepted = await self._inbox.accept(await self._told(event))
        except TextTooLong as error:
            words = f"Nothing was sent: the text is longer than {error.limit} characters."
            self._advise_author(event, words)
            return True
        await self._orders.done(event)
        if accepted.outcome is Outcome.IGNORED:
            return await self._was_ignored(event, editor)
        self._moves.took(event)
        if accepted.outcome is Outcome.CASE_CLOSED:
            commanded = isinstance(event, AgentCommanded)
            self._advise_author(event, CLOSED_ALREADY if commanded else CLOSED)
        return True

    async def _was_ignored(self, event: AgentEvent, editor: str) -> bool:
        """Whether it was about a case all the same."""
        is_left = await self._moves.is_left(event.case)
        if is_left and self._moves.is_news(event):
            self._advise_author(event, MOVED, editor)
        elif isinstance(event, AgentEdited) and not is_left:
            self._slack.soon(self._advisor.unsent(event, editor), "advice to an agent")
        return is_left

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

    def _advise_author(self, event: AgentEvent, text: str, editor: str = "") -> None:
        if isinstance(event, AgentReplied | AgentCommanded | AgentAskedForRule):
            editor = event.agent.id
        if editor:
            telling = self._advisor.tell(event.case, editor, text)
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
        async with self._moves.thread(case, self._open_place()):
            attachments = (a for line in lines if not line.deleted for a in line.attachments)
            ready, lost = await collect(self._services.files, attachments)
            sheet = self._sheet(lines, lost)
            ready += whole(sheet)
            if ready:
                refused = await self._share(case, ready, keys[0])
                sheet = self._sheet(lines, [*lost, *refused])
            one = outbound.only_author(lines)
            name = outbound.name_of(lines[0]) if one and self._slack.may_customize else ""
            icon = outbound.ICONS.get(one.kind, "") if one else ""
            return await self._post(case, sheet, keys, username=name, icon=icon)

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        async with self._moves.thread(case, self._open_place()):
            sheet = self._sheet(lines, ())
            if sheet.whole:
                await self._share(case, whole(sheet), key_of(remote_id, sheet))
            await self._slack.update(case.channel, remote_id, sheet.text, sheet.blocks)

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        async with self._moves.thread(case, self._open_place()):
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
        async with self._moves.thread(case, self._open_place()):
            return await self._post(case, outbound.note(text, code), keys, broadcast=broadcast)

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        async with self._moves.remark(case, self._open_place()):
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
        place = self._open_place()
        if case is not None:
            if not await self._moves.can_read(case, place):
                return {}  # what is sent there again gets a new thread
            found = await self._slack.find(case.channel, keys, since, thread=case.thread)
            return {DeliveryKey(key): Receipt(ts) for key, ts in found.items()}
        roots: dict[DeliveryKey, CaseRef] = {}
        async for channel in self._moves.roots_may_be_in(place):
            found = await self._slack.find(channel, set(keys).difference(roots), since)
            for key, ts in found.items():
                roots[DeliveryKey(key)] = CaseRef(place.team, channel, ts)
            if roots.keys() >= set(keys):
                break
        return roots

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        return self._slack.fetch(remote)

    def _open_place(self) -> Desk:
        if self._place is None:
            raise NotUp("the desk is not connected")
        return self._place

    async def _share(self, case: CaseRef, files: Ready, key: str) -> list[str]:
        return await self._slack.share(case.channel, files, key=key, thread=case.thread)

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
        place = self._open_place()
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
        if not is_there(case, place):
            return Receipt(await posting)
        return Receipt(await self._watched(posting, root=False))
