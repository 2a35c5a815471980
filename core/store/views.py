"""What the store lends to connectors and the desk, under the names that they know."""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import Address, AuthorKind, CaseRef, Message
from core.notices import ConversationView
from core.store.reader import Reader
from core.store.store import Store

_NEWEST = 500  # messages of a conversation in which an agent's reply is looked for


class StoredTranscript:
    """Implements `core.ports.Transcript`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def view(self, address: Address) -> ConversationView | None:
        def query(reader: Reader) -> ConversationView | None:
            found = reader.conversation(address)
            if found is None:
                return None
            return ConversationView(found.last_seq, found.mode, found.agent, found.seen_seq)

        return await self._store.read(query)

    async def after(self, address: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        def query(reader: Reader) -> list[Message]:
            found = reader.conversation(address)
            return reader.messages(found.id, after=seq, limit=limit) if found else []

        return await self._store.read(query)

    async def changed(self, address: Address, upto: int) -> Sequence[Message]:
        def query(reader: Reader) -> list[Message]:
            found = reader.conversation(address)
            return reader.changed(found.id, upto) if found else []

        return await self._store.read(query)


class StoredCursors:
    """Implements `core.ports.Cursors`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, name: str) -> str | None:
        return await self._store.read(lambda reader: reader.cursor(name))

    async def set(self, name: str, value: str) -> None:
        await self._store.write(lambda unit: unit.set_cursor(name, value))


class StoredCases:
    """Implements `core.ports.OpenCases`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open_cases(self) -> Sequence[CaseRef]:
        cases = await self._store.read(lambda reader: reader.open_cases())
        return [case.ref for case in cases if case.ref is not None]

    async def replies(self, case: CaseRef) -> Sequence[str]:
        thread = f"{case.workspace} {case.channel} {case.thread} "

        def query(reader: Reader) -> list[Message]:
            found = reader.case_by_ref(case)
            return [] if found is None else reader.latest(found.conversation, _NEWEST)

        said = [m for m in await self._store.read(query) if m.author.kind is AuthorKind.AGENT]
        ids = [message.external_id for message in said if message.deleted_at is None]
        return [id.removeprefix(thread) for id in ids if id.startswith(thread)]
