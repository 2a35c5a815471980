"""Follow a group that became a supergroup: Telegram gives it a new id, to us it stays the same.

The conversation keeps the address it began with, so nobody has to start again.
"""

from __future__ import annotations

from core.ports import Cursors


class Moves:
    """Which chat is which. Private chats, with ids above zero, never move."""

    def __init__(self, cursors: Cursors, bot: int) -> None:
        self._cursors = cursors
        self._bot = bot
        self._now: dict[int, int] = {}
        self._home: dict[int, int] = {}

    async def current(self, chat: int) -> int:
        """Where a message to `chat` must be sent today. Raises StoreUnavailable."""
        return await self._look_up(chat, self._now, "moved")

    async def home(self, chat: int) -> int:
        """The id under which `chat` first wrote to us. Raises StoreUnavailable."""
        return await self._look_up(chat, self._home, "was")

    async def note(self, old: int, new: int) -> None:
        """`old` is called `new` from now on. Raises StoreUnavailable; known here all the same."""
        if self._now.get(old) == new and self._home.get(new) == old:
            return
        self._now[old] = new
        await self._cursors.set(self._name("moved", old), str(new))
        await self._cursors.set(self._name("was", new), str(old))
        self._home[new] = old

    async def _look_up(self, chat: int, known: dict[int, int], word: str) -> int:
        if chat > 0:
            return chat
        if chat not in known:
            known[chat] = int(await self._cursors.get(self._name(word, chat)) or chat)
        return known[chat]

    def _name(self, word: str, chat: int) -> str:
        return f"telegram:{self._bot}:{word}:{chat}"
