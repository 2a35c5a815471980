"""Which tabs are open for which conversation, and what all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.web import outbound
from connectors.web.feed import Feed
from core.messages import Address
from core.notices import Notice

MAX_TABS = 100


class Hub:
    """The live feeds by conversation."""

    def __init__(self) -> None:
        self._feeds: dict[str, tuple[Feed, ...]] = {}  # nearly always one, and then small

    def add(self, feed: Feed) -> bool:
        """False when the conversation has too many tabs already."""
        tabs = self._feeds.get(feed.address.peer, ())
        if len(tabs) >= MAX_TABS:
            return False
        self._feeds[feed.address.peer] = (*tabs, feed)
        return True

    def remove(self, feed: Feed) -> None:
        peer = feed.address.peer
        if left := tuple(one for one in self._feeds.get(peer, ()) if one is not feed):
            self._feeds[peer] = left
        else:
            self._feeds.pop(peer, None)

    def tabs(self, address: Address) -> int:
        return len(self._feeds.get(address.peer, ()))

    def publish(self, notice: Notice) -> None:
        """Tell every tab of the notice's conversation."""
        tabs = self._feeds.get(notice.address.peer)
        if not tabs:
            return
        frames = _encoded_once(notice)
        for feed in tabs:
            feed.notice(notice, frames)


def _encoded_once(notice: Notice) -> Callable[[], Iterator[bytes]]:
    made: list[bytes] = []

    def frames() -> Iterator[bytes]:
        if not made:
            made.extend(map(outbound.encoded, outbound.live(notice)))
        return iter(made)

    return frames
