"""What the desk needs of the workspace's Slack app, which is made elsewhere and passed in.

Texts, and the texts of `plain_text` objects in blocks, are given as they should be read: whoever
implements this escapes them. All calls raise SendLater, Undeliverable or OutcomeUnknown unless
they say otherwise.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from core.ports import Route, Status

Json = Mapping[str, Any]
Blocks = Sequence[Json]
Handler = Callable[[Json], Awaitable[bool]]
Connected = Callable[[], Coroutine[Any, Any, None]]


class Identity(Protocol):
    """Who the app is; `url` is the workspace's address and ends with a slash."""

    @property
    def team_id(self) -> str: ...

    @property
    def bot_user_id(self) -> str: ...

    @property
    def url(self) -> str: ...


class Person(Protocol):
    """A member of the workspace; `picture` is an address at Slack, any field may be empty."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def picture(self) -> str: ...


class Backlog(Protocol):
    """Lets nothing live pass what was missed before it in the same place."""

    def catch_up(
        self, places: Callable[[], Awaitable[Collection[str]]], pace: float
    ) -> Coroutine[Any, Any, bool]:
        """From this call on any place may miss something. The coroutine reads `places`, `pace`
        seconds apart; False when a later call has taken over."""
        ...

    async def first(self, place: str) -> None:
        """Return when nothing is missing before a live event. Raises StoreUnavailable."""
        ...

    def missed(self, place: str) -> None:
        """An event of this place was not taken."""
        ...


class Slack(Protocol):
    """One workspace."""

    now: Callable[[], datetime]

    @property
    def identity(self) -> Identity:
        """Raises NotReady before the first `attach` succeeded."""
        ...

    @property
    def status(self) -> Status: ...

    @property
    def may_customize(self) -> bool:
        """Whether a post may bear a name of our choice."""
        ...

    async def attach(self, handler: Handler, connected: Connected) -> None:
        """Events go to `handler` from now on; it returns whether an event was for it and may
        raise StoreUnavailable. `connected` runs in the background now and after each further
        connection. Raises BadCredentials or NotReady."""
        ...

    async def detach(self, handler: Handler) -> None: ...

    def routes(self) -> Sequence[Route]: ...

    def soon(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` in the background."""
        ...

    def backlog(
        self,
        read: Callable[[str], Awaitable[Sequence[Json]]],
        take: Callable[[Json], Awaitable[None]],
    ) -> Backlog:
        """`read` gives the events of a place in order and may raise SendLater or
        StoreUnavailable; `take` may raise StoreUnavailable. All of these are waited for."""
        ...

    async def turn(self, channel: str, key: str) -> bool:
        """Returns when `post` may write `key` at once; whether the next one will have to wait.
        Raises SendLater only."""
        ...

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Blocks,
        *,
        key: str,
        others: Sequence[str] = (),
        thread: str = "",
        username: str = "",
        icon: str = "",
        broadcast: bool = False,
    ) -> str:
        """The new message's timestamp. `others` are the keys of what is in it besides `key`."""
        ...

    async def update(self, channel: str, ts: str, text: str, blocks: Blocks) -> None: ...

    async def tell(self, channel: str, user: str, text: str, *, thread: str = "") -> None:
        """A line that only `user` sees."""
        ...

    async def share(
        self,
        channel: str,
        files: Sequence[tuple[str, bytes | Path]],
        *,
        key: str,
        thread: str = "",
    ) -> list[str]:
        """Share files; returns the names that Slack does not take. Repeating is harmless."""
        ...

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, *, thread: str = ""
    ) -> dict[str, str]:
        """The timestamps of what was posted under `keys`, without what was not. Raises SendLater
        only."""
        ...

    def messages(self, channel: str, oldest: str, *, thread: str = "") -> AsyncIterator[Json]:
        """A channel newest first, or a thread oldest first with its root on top.
        Raises SendLater only."""
        ...

    async def call(
        self, method: str, *, allow: Collection[str] = (), **arguments: Any
    ) -> Mapping[str, Any]:
        """Any other method; a refusal whose code is in `allow` comes back as an answer."""
        ...

    async def channel_id(self, name: str) -> str | None:
        """The id of the channel with this id or #name, None when it cannot be found."""
        ...

    async def person(self, user: str) -> Person:
        """Whatever is known within two seconds; never raises."""
        ...

    async def plain(self, text: str) -> str:
        """A text of Slack's as people read it; never raises."""
        ...

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        """The bytes of a file or picture. Raises FileUnavailable."""
        ...
