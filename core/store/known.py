"""What the only writer need not ask for again: the conversations it has just seen, as they stand.

Nobody else writes, so what was committed last is what stands in the database. Whenever a commit
fails, everything is forgotten, because nobody can be sure then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from core.messages import Address, ConversationId, Message
from core.records import Conversation

_MOST = 5_000  # conversations, about 1 KB each


@dataclass(slots=True)
class Kept:
    """`record` is as the database has it and is never handed out; `newest` is the newest message,
    None when it was not seen."""

    record: Conversation
    newest: Message | None = None


class Known:
    """The conversations that were used last."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: OrderedDict[ConversationId, Kept] = OrderedDict()
        self._ids: dict[Address, ConversationId] = {}

    def at(self, address: Address) -> ConversationId | None:
        return self._ids.get(address)

    def get(self, id: ConversationId) -> Kept | None:
        kept = self._kept.get(id)
        if kept is not None:
            self._kept.move_to_end(id)
        return kept

    def learn(self, committed: Mapping[ConversationId, Kept]) -> None:
        """These were read or written by a transaction that is on disk now."""
        for id, kept in committed.items():
            self._kept[id] = kept
            self._ids[kept.record.address] = id
        while len(self._kept) > self._most:
            _, oldest = self._kept.popitem(last=False)
            del self._ids[oldest.record.address]

    def forget(self) -> None:
        self._kept.clear()
        self._ids.clear()
