"""Which tabs are open for which conversation, and what all of them are told at once."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.web import outbound
from connectors.web.feed import Feed
from connectors.web.shown import Shown
from core.messages import Address
from core.notices import MessageStored, Notice

MAX_TABS = 100


class Hub:
    """The live feeds by conversation."""

    def __init__(self) -> None:
        self._feeds: dict[Address, tuple[Feed, ...]] = {}
        self._shown = Shown()

    def add(self, feed: Feed) -> bool:
        """False when the conversation has too many tabs already."""
        tabs = self._feeds.get(feed.address, ())
        if len(tabs) >= MAX_TABS:
            return False
        self._feeds[feed.address] = (*tabs, feed)
        return True

    def remove(self, feed: Feed) -> None:
        tabs = tuple(tab for tab in self._feeds.get(feed.address, ()) if tab is not feed)
        if tabs:
            self._feeds[feed.address] = tabs
        else:
            self._feeds.pop(feed.address, None)

    def tabs(self, address: Address) -> int:
        return len(self._feeds.get(address, ()))

    def publish(self, notices: Sequence[Notice]) -> None:
        """Tell every tab the notices of its conversation."""
        feeds, shown = self._feeds, self._shown
        for notice in notices:
            if (tabs := feeds.get(notice.address)) is None:
                continue
            if type(notice) is MessageStored:  # nearly all are
                for tab in tabs:
                    tab.stored(notice.message, shown)
            else:
                frames = [outbound.encoded(frame) for frame in outbound.live(notice)]
                for tab in tabs:
                    tab.notice(notice, frames)
