"""The whole surface between the core and everything that touches a platform.

A channel is one `Connector` plus whichever of the small `Supports…` protocols it can honour; the
core finds those by `isinstance`. What connectors and the desk need from the store reaches them
through `Services`, never by importing it. All coroutines run on one event loop and must not block
it. A method that raises anything but the errors it names has a bug: the caller logs it and treats
the outcome as unknown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from core.cases import CaseCard, CaseLine, Fate
from core.messages import (
    Accepted,
    Address,
    Attachment,
    Capabilities,
    CaseRef,
    ChannelName,
    DeliveryKey,
    FileId,
    InboundEvent,
    Message,
    Receipt,
    Reply,
)
from core.notices import ConversationView, Notice

Told = Callable[[Accepted | Exception], None]


class Inbox(Protocol):
    """Takes whatever customers and agents do."""

    async def accept(self, event: InboundEvent) -> Accepted:
        """Durable when this returns, so the platform may be acknowledged.

        A repeat is recognised and changes nothing. Never waits for a language model or a
        platform. Raises StoreUnavailable: do not acknowledge, the platform will send again;
        TooManyMessages and TextTooLong: not stored, tell the customer.
        """
        ...

    def hand_in(self, event: InboundEvent, told: Told) -> None:
        """As `accept`, for a channel with many events at once: no task waits for each of them.

        `told` gets what `accept` would return or raise, on the event loop, in the order of the
        calls, and after the notices of its commit. It must not block or raise.
        """
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a channel works now, and in a few words why not. Shown by /readyz and the log."""

    ok: bool
    detail: str = ""


class Connector(Protocol):
    """One customers' channel."""

    name: ChannelName
    capabilities: Capabilities

    @property
    def status(self) -> Status: ...

    async def start(self, inbox: Inbox) -> None:
        """Begin to receive; returns once receiving. Called again after NotReady.

        Raises BadCredentials (fatal for this channel) or NotReady (tried again later).
        """
        ...

    async def stop(self) -> None:
        """Receive no more; returns when nothing of this channel runs. Safe to call twice."""
        ...

    async def send(self, to: Address, reply: Reply) -> Receipt:
        """One attempt, no retries of its own, at most `timeouts.platform` long.

        Raises SendLater, Undeliverable or OutcomeUnknown.
        """
        ...


@runtime_checkable
class SupportsReadBack(Protocol):
    """A platform that can be asked whether a doubtful send arrived."""

    async def find(self, to: Address, reply: Reply, since: datetime) -> Receipt | None:
        """The receipt of a send of `reply` tried at or after `since`, None if it never landed.

        Raises SendLater when the platform cannot be asked now.
        """
        ...


@runtime_checkable
class SupportsTurns(Protocol):
    """A platform that takes only so many messages a second.

    `turn` is called before a message to `to` is noted as under way, so that a process which dies
    while it waits is not in doubt about it. Returns when there is room; the `send` of `key` that
    follows uses it. Raises SendLater when that is far off.
    """

    async def turn(self, to: Address, key: DeliveryKey) -> None: ...


@runtime_checkable
class SupportsEdits(Protocol):
    """Messages that can be changed after they were sent. Errors as in `Connector.send`."""

    async def edit(self, to: Address, remote_id: str, reply: Reply) -> None: ...

    async def delete(self, to: Address, remote_id: str) -> None: ...


@runtime_checkable
class SupportsTyping(Protocol):
    """A typing sign. Called every 4 s while an answer is made; best effort, errors are dropped."""

    async def typing(self, to: Address, context: str) -> None: ...


@runtime_checkable
class SupportsDrafts(Protocol):
    """Shows an answer while it is being written. Best effort, errors are dropped.

    `text` is the whole answer so far. The final message is still sent.
    """

    async def draft(self, to: Address, text: str) -> None: ...


@runtime_checkable
class SupportsLive(Protocol):
    """A channel that shows the transcript itself, such as the web widget."""

    def publish(self, notices: Sequence[Notice]) -> None:
        """Called on the event loop after each commit, in commit order, with all that it has to
        tell, other channels' too. Must not block or raise; a notice may be lost, because clients
        read the transcript again by `seq`."""
        ...


@runtime_checkable
class CountsConnections(Protocol):
    """A channel with sockets of its own; asked whenever somebody looks at the metrics."""

    def count_connections(self) -> int: ...

    def on_connection(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with their number whenever there is one more. It returns at once."""
        ...


class FileSource(Protocol):
    """Fetches the bytes of an attachment that still lives on a platform."""

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        """The bytes behind an `Attachment.remote` of ours, in chunks.

        Attaches secrets only to the platform's own hosts and follows no redirects.
        Raises FileUnavailable.
        """
        ...


@runtime_checkable
class SupportsFiles(FileSource, Protocol):
    """A connector or desk whose attachments have `source == name` and are fetched on demand."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the aiohttp application: `handler` is an aiohttp request handler.

    `streams`: the handler reads the body itself, bit by bit and under limits of its own; any other
    body is small and has been read before the handler is called.
    """

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    streams: bool = False


@runtime_checkable
class SupportsRoutes(Protocol):
    """A connector or desk that receives over HTTP. Asked once, before the server starts."""

    def routes(self) -> Sequence[Route]: ...


class AgentDesk(Protocol):
    """Where the agents are: one thread for each case.

    Every method makes one attempt and raises SendLater, Undeliverable or OutcomeUnknown, unless
    it says otherwise. The outbox calls them in order for one case, one at a time.
    """

    name: str

    @property
    def status(self) -> Status: ...

    async def start(self, inbox: Inbox) -> None:
        """As `Connector.start`."""
        ...

    async def stop(self) -> None: ...

    async def turn(self, case: CaseRef | None, key: DeliveryKey) -> bool:
        """As `SupportsTurns.turn`, for a thread's root or a post in it; whether others wait."""
        ...

    async def open_case(self, card: CaseCard, key: DeliveryKey) -> CaseRef:
        """Post the root message of a new thread."""
        ...

    async def relay(
        self, case: CaseRef, lines: Sequence[CaseLine], keys: Sequence[DeliveryKey]
    ) -> Receipt:
        """Post what the customer wrote, or at the start of a case the transcript so far. `keys`
        are those of all deliveries that are in it, in their order; the first names the post."""
        ...

    async def edit(self, case: CaseRef, remote_id: str, lines: Sequence[CaseLine]) -> None:
        """Show that some of what was relayed was changed or deleted by the customer."""
        ...

    async def show_card(self, case: CaseRef, card: CaseCard) -> None:
        """Bring the root message up to date with `card`."""
        ...

    async def note(
        self,
        case: CaseRef,
        text: str,
        keys: Sequence[DeliveryKey],
        *,
        broadcast: bool = False,
        code: str = "",
    ) -> Receipt:
        """A line for agents only, in the thread; `broadcast` shows it in the channel as well.
        `keys` are as for `relay`. `code` stands below it, in letters of one width, to be copied
        as it is."""
        ...

    async def mark(self, case: CaseRef, external_id: str, fate: Fate) -> None:
        """Show on an agent's own message what became of it."""
        ...

    async def announce(self, text: str) -> None:
        """A line for agents in the channel itself, once the desk has started. Best effort; never
        raises. It may wait for long, so it belongs into a task."""
        ...

    async def find(
        self, case: CaseRef | None, keys: Collection[DeliveryKey], since: datetime
    ) -> Mapping[DeliveryKey, Receipt | CaseRef]:
        """What those of `keys` became that landed at or after `since`: threads' roots when
        `case` is None, else lines in it, several of which may be one post. Raises SendLater when
        the desk cannot be asked now."""
        ...


class Transcript(Protocol):
    """What a live channel reads. Raises StoreUnavailable."""

    async def view(self, address: Address) -> ConversationView | None:
        """None when nobody ever wrote from this address."""
        ...

    async def after(self, address: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        """Messages above `seq`, oldest first, at most `limit`; ask again from the last one."""
        ...

    async def changed(self, address: Address, upto: int) -> Sequence[Message]:
        """Messages up to `upto` that were edited or deleted since they were written."""
        ...


class Cursors(Protocol):
    """How far a platform's stream of events has been taken in. Raises StoreUnavailable."""

    async def get(self, name: str) -> str | None: ...

    async def set(self, name: str, value: str) -> None:
        """Durable when this returns."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A stored file, whole and on disk."""

    attachment: Attachment
    path: Path


class Files(Protocol):
    """Files of conversations, agents' pictures included; kept for `files.keep`."""

    async def save(
        self, name: str, media_type: str, chunks: AsyncIterator[bytes], owner: Address
    ) -> Attachment:
        """Store an upload under a new random id. Raises FileUnavailable when over
        `files.max_mb`, StoreUnavailable when the disk refuses."""
        ...

    async def open(self, file: FileId) -> OpenFile:
        """The file, fetched first from its platform if need be. Raises FileUnavailable."""
        ...

    async def uploaded(self, file: FileId, owner: Address) -> Attachment | None:
        """What `owner` uploaded under this id, None for anybody else's or nothing."""
        ...

    async def keep_picture(self, source: str, remote: str) -> FileId:
        """The id of an agent's picture, fetched when first opened; the same remote gives the
        same id."""
        ...


class OpenCases(Protocol):
    """Which threads of the desk are open, for catching up after a gap. Both raise
    StoreUnavailable."""

    async def open_cases(self) -> Sequence[CaseRef]: ...

    async def replies(self, case: CaseRef) -> Sequence[str]:
        """The ids of what agents have said in this thread and customers still have."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the core lends to connectors and the desk."""

    transcript: Transcript
    cursors: Cursors
    files: Files
    cases: OpenCases
    now: Callable[[], datetime]
