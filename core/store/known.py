"""What the only writer need not ask for again: the conversations it has just seen, as they stand.

Nobody else writes, so what was committed last is what stands in the database. Whenever a commit
fails, everything is forgotten, because nobody can be sure then; only where a row was refused it is
known that nothing was stored, and what others have to do with stays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.messages import Address, CaseId, CaseRef, ConversationId, Message
from core.records import Case, Conversation

_MOST = 5_000  # conversations, about 1 KB each


class Claim(NamedTuple):
    """An open case with its thread, and the id of the agent who has taken it."""

    case: CaseId
    ref: CaseRef
    agent: str


@dataclass(slots=True)
class Kept:
    """`record` is as the database has it and is never handed out; `newest` is the newest message,
    `claim` the conversation's case; None when they were not seen."""

    record: Conversation
    newest: Message | None = None
    claim: Claim | None = None

    def look_at(self, case: Case) -> None:
        """How a case of this conversation stands."""
        if case.closed_at is None and case.ref is not None and case.agent is not None:
            self.claim = Claim(case.id, case.ref, case.agent.id)
        elif self.claim is not None and self.claim.case == case.id:
            self.claim = None


class Known:
    """The conversations that were used last."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: OrderedDict[ConversationId, Kept] = OrderedDict()
        self._at: dict[Address, Kept] = {}
        self._threads: dict[CaseRef, ConversationId] = {}

    def at(self, address: Address) -> Kept | None:
        return self._at.get(address)

    def in_thread(self, ref: CaseRef) -> ConversationId | None:
        """Whose case had this thread when it was seen last."""
        return self._threads.get(ref)

    def get(self, id: ConversationId) -> Kept | None:
        return self._kept.get(id)

    def learn(self, committed: Mapping[ConversationId, Kept]) -> None:
        """These were read or written by a transaction that is on disk now."""
        for id, kept in committed.items():
            self._kept[id] = self._at[kept.record.address] = kept
            self._kept.move_to_end(id)
            if kept.claim is not None:
                self._threads[kept.claim.ref] = id
        while len(self._kept) > self._most:
            _, oldest = self._kept.popitem(last=False)
            del self._at[oldest.record.address]
        if len(self._threads) > 2 * self._most:
            self._forget_threads()

    def forget(self) -> None:
        self._kept.clear()
        self._at.clear()
        self._threads.clear()

    def forget_some(self, touched: Mapping[ConversationId, Kept]) -> None:
        """What was committed of all others still stands."""
        for id in touched:
            if (kept := self._kept.pop(id, None)) is not None:
                del self._at[kept.record.address]

    def _forget_threads(self) -> None:
        """Those of cases that are over or were used long ago."""
        claims = ((id, kept.claim) for id, kept in self._kept.items())
        self._threads = {claim.ref: id for id, claim in claims if claim is not None}
