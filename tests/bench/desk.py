"""The service with a desk whose agents never pause: for measuring what reaches customers.

Everything but the desk is what `frontdesk run` starts. The desk hands its agents' replies to the
Inbox it was given, as the Slack desk does; whatever is posted to it takes as long as Slack takes.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.web.tokens import peer_of
from core import memory
from core.app import Composition, raise_file_limit, utc_now
from core.cases import CaseCard, CaseLine, CaseState, Fate
from core.messages import (
    Address,
    Agent,
    AgentReplied,
    Author,
    AuthorKind,
    CaseRef,
    ChannelName,
    DeliveryKey,
    Mode,
    Outcome,
    Receipt,
)
from core.ports import Inbox, Status
from core.service import Service
from core.store import Store, Transaction
from tests.bench.filling import token_key, visitors

_WEB = ChannelName("web")
_MIA = Agent("U0MIA", "Mia Lindqvist")
_SLACK_TAKES = 0.15  # seconds
_TEXT = "Thank you for waiting: your order left our greenhouse this morning, it comes on Friday."


class BusyDesk:
    """Agents who reply in every open case, `in_flight` replies at a time."""

    name = "desk"
    status = Status(True)

    def __init__(self) -> None:
        self.inbox: Inbox | None = None
        self.accepted = 0
        self._written = itertools.count()
        self._posted = 0

    async def start(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def stop(self) -> None:
        self.inbox = None

    async def write(self, cases: Sequence[CaseRef], in_flight: int, seconds: float) -> float:
        """Reply for so long; the seconds until the last reply was accepted."""
        began = time.perf_counter()
        end = began + seconds
        await asyncio.gather(*(self._agent(case, end) for case in cases for _ in range(in_flight)))
        return time.perf_counter() - began

    async def _agent(self, case: CaseRef, end: float) -> None:
        assert self.inbox is not None
        while time.perf_counter() < end:
            event = AgentReplied(case, f"2000.{next(self._written):09d}", _MIA, _TEXT)
            accepted = await self.inbox.accept(event)
            assert accepted.outcome is Outcome.STORED
            self.accepted += 1

    async def turn(self, case: CaseRef | None, key: DeliveryKey) -> bool:
        return False

    async def open_case(self, card: CaseCard, key: DeliveryKey) -> CaseRef:
        raise NotImplementedError

    async def relay(
        self, case: CaseRef, lines: Sequence[CaseLine], keys: Sequence[DeliveryKey]
    ) -> Receipt:
        return await self._post()

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        await self._post()

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        await self._post()

    async def note(
        self,
        case: CaseRef,
        text: str,
        keys: Sequence[DeliveryKey],
        *,
        broadcast: bool = False,
        code: str = "",
    ) -> Receipt:
        return await self._post()

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        await self._post()

    async def announce(self, text: str) -> None:
        await self._post()

    async def find(
        self, case: CaseRef | None, keys: Collection[DeliveryKey], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        return {}

    async def _post(self) -> Receipt:
        await asyncio.sleep(_SLACK_TAKES)
        self._posted += 1
        return Receipt(f"{self._posted}")


async def prepare(url: str, count: int) -> tuple[list[str], list[CaseRef]]:
    """`count` customers whom an agent has taken over; their tokens and their threads."""
    store = await Store.open(url, now=utc_now)
    try:
        tokens = visitors(await token_key(store), count)
        refs = [CaseRef("T0BENCH", "C0DESK", f"{1000 + n}.000100") for n in range(count)]
        for token, ref in zip(tokens, refs, strict=True):
            await store.write(lambda tx, t=token, r=ref: _take_over(tx, t, r))  # type: ignore[misc]
    finally:
        await store.close()
    return tokens, refs


def _take_over(tx: Transaction, token: str, ref: CaseRef) -> None:
    conversation = tx.open_conversation(Address(_WEB, _WEB, peer_of(token)))
    case = tx.open_case(conversation, "The customer asked for a person.", 1)
    case.ref, case.agent, case.state = ref, _MIA, CaseState.CLAIMED
    conversation.mode = Mode.HUMAN
    conversation.agent = Author(AuthorKind.AGENT, _MIA.name)


async def serve(settings_path: Path, tokens_path: Path, customers: int) -> None:
    composition = Composition(settings_path, os.environ)
    settings = composition.load()
    tokens, cases = await prepare(settings.store.url, customers)
    tokens_path.write_text(json.dumps(tokens))
    desk = BusyDesk()
    outward = replace(composition.outward(), desk=lambda _settings, _services: desk)
    service = Service(settings, outward, now=utc_now)
    await service.start()
    memory.settle()
    _say({"url": service.url})
    while line := await asyncio.to_thread(sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        before = desk.accepted
        took = await desk.write(cases, order["in_flight"], order["seconds"])
        _say({"accepted": desk.accepted - before, "seconds": took})
    await service.stop(timedelta(seconds=1))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
