"""A desk that posts nothing anywhere, and an outbox that delivers to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from types import MappingProxyType

from core.cases import CaseCard, CaseLine, Fate
from core.couriers import Couriers
from core.errors import NotUp, OutcomeUnknown, SendLater, ThreadGone, Undeliverable
from core.messages import Attachment, CaseRef, ChannelName, DeliveryKey, Receipt
from core.outbox import Outbox
from core.ports import Connector, Inbox, Status
from core.receipts import Receipts
from tests.engine.core import Core


class Desk:
    """Has a thread for every case. Marks of lines that are in `refused` are put off once, those of
    lines in `held` never end. Others wait to post when it is `crowded`; it is not up for as
    often as `absent` says, and asks for a pause as often as `slow` says. A note is refused once by
    the thread that is `gone`, a customer's line that is in `refused` once as well; what becomes
    of one in `held` is not known. Of those that are asked for, it finds the ones that have
    `landed`, by their place in the question."""

    name = "desk"
    status = Status(True)

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.refused: set[str] = set()
        self.held: set[str] = set()
        self.crowded = False
        self.absent = 0
        self.slow = 0
        self.gone = ""
        self.landed: set[int] = set()
        self._news = asyncio.Event()

    async def start(self, inbox: Inbox) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    async def turn(self, case: CaseRef | None, key: DeliveryKey) -> bool:
        if self.absent:
            self.absent -= 1
            raise NotUp("not there yet")
        return self.crowded

    async def open_case(self, card: CaseCard, key: DeliveryKey) -> CaseRef:
        return CaseRef("T1", "C1", f"{card.case}.0")

    async def relay(
        self, case: CaseRef, lines: Sequence[CaseLine], keys: Sequence[DeliveryKey]
    ) -> Receipt:
        text = " + ".join(line.text for line in lines[-20:])
        if self.slow:
            self.slow -= 1
            raise SendLater("slowly")
        if text in self.refused:
            self.refused.remove(text)
            raise Undeliverable("not this")
        if text in self.held:
            self.held.remove(text)
            raise OutcomeUnknown("no answer")
        return self._post(text)

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        self._post(f"edit {lines[-1].text}")

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        self._post("card")

    async def note(
        self,
        case: CaseRef,
        text: str,
        keys: Sequence[DeliveryKey],
        *,
        broadcast: bool = False,
        code: str = "",
    ) -> Receipt:
        if case.thread == self.gone:
            self.gone = ""
            raise ThreadGone("the thread is gone")
        return self._post(text)

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        self._post(f"{fate} {case.thread} {external_id}")
        await asyncio.sleep(0)
        if external_id in self.held:
            await asyncio.Event().wait()
        if external_id in self.refused:
            self.refused.remove(external_id)
            raise SendLater("slowly", 1)

    async def announce(self, text: str) -> None:
        self._post(text)

    async def find(
        self, case: CaseRef | None, keys: Collection[DeliveryKey], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        return {key: Receipt("r0") for place, key in enumerate(keys) if place in self.landed}

    def _post(self, what: str) -> Receipt:
        self.posted.append(what)
        self._news.set()
        return Receipt(f"r{len(self.posted)}")

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            while len(self.posted) < count:
                self._news.clear()
                await self._news.wait()
        return self.posted


@asynccontextmanager
async def outbox(
    core: Core,
    desk: Desk,
    at_once: int = 100,
    channels: Mapping[ChannelName, Connector] = MappingProxyType({}),
) -> AsyncIterator[Outbox]:
    box = Outbox(
        core.store,
        Couriers(core.store, channels, desk),
        Receipts(core.casework, lambda: core.policy, lambda _text: None),
        core.tasks,
        lambda: core.now,
        attempt=lambda: timedelta(seconds=10),
        failed=lambda _target, _error: None,
        at_once=at_once,
    )
    core.store.on_work(box.wake)
    core.store.on_marks(box.wake_for)
    running = asyncio.create_task(box.run())
    try:
        yield box
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await core.tasks.close()


CustomersLine = tuple[str, Sequence[Attachment]]


async def with_lines(core: Core, *lines: CustomersLine) -> None:
    """A case whose thread is complete, and in which the customer has written `lines` since."""
    await core.wrote("a human please")
    await core.thread_opened()
    await core.queued("case:1")
    for text, files in lines:
        await core.wrote(text, attachments=files)
