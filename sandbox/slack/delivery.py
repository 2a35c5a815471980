"""How events reach the app: wrapped, sent, and sent again until they are acknowledged or lost."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.slack.background import Background
from sandbox.slack.identity import Identity, Ids

DEFAULT_EVENTS = frozenset(
    {"message.channels", "message.groups", "message.im", "app_mention", "reaction_added"}
)
_SCOPES = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "member_joined_channel": "channels:read",
}


class EnvelopeKind(Enum):
    """The value is the `type` of a Socket Mode envelope. Only events are sent again."""

    EVENT = "events_api"
    INTERACTIVE = "interactive"
    COMMAND = "slash_commands"


class State(Enum):
    """How a delivery stands: on its way, taken by the app, or given up."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Retries:
    """`ack_within` seconds for the app to answer; `delays` seconds before each further try."""

    ack_within: float = 3.0
    delays: tuple[float, ...] = (0.0, 60.0, 300.0)


@dataclass(slots=True)
class Delivery:
    """One thing sent to the app. `failures` has the reason of every try that failed."""

    kind: EnvelopeKind
    payload: dict[str, Any]
    failures: list[str] = field(default_factory=list)
    response: Any = None
    state: State = State.PENDING

    @property
    def attempts(self) -> int:
        return len(self.failures) + (self.state is State.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Failed:
    """A try that failed. `final` when the app asked not to be tried again."""

    reason: str
    final: bool = False


Transport = Callable[[Delivery], Awaitable[Failed | None]]


class Courier:
    """Wraps and sends. Its attributes are the knobs for unpleasant deliveries.

    `copies` is how often each event is sent, under fresh event ids when `fresh_ids` is set.
    `subscriptions` are the bot events of the app's manifest. `idle` is set while nothing is on
    its way.
    """

    def __init__(
        self, identity: Identity, ids: Ids, clock: Callable[[], float], background: Background
    ) -> None:
        self.subscriptions = DEFAULT_EVENTS
        self.copies = 1
        self.fresh_ids = False
        self.retries = Retries()
        self.sent: list[Delivery] = []
        self.transport: Transport | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        self._identity = identity
        self._ids = ids
        self._clock = clock
        self._background = background
        self._held: list[Delivery] | None = None
        self._pending = 0

    def announce(self, subscription: str, event: dict[str, Any]) -> None:
        """Send an event if the app subscribed to it and has its scope."""
        scope = _SCOPES.get(subscription)
        if subscription in self.subscriptions and scope in self._identity.scopes:
            self.send_event(event)

    def send_event(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send any event at all; the payload that goes out is returned."""
        payload = self._wrapped(copy.deepcopy(event))
        for number in range(self.copies):
            if number and self.fresh_ids:
                payload = {**payload, "event_id": self._ids.new("Ev")}
            self._send(Delivery(EnvelopeKind.EVENT, payload))
        return payload

    def send_again(self, payload: dict[str, Any], *, fresh_id: bool = False) -> None:
        """Send an earlier payload once more, as Slack sometimes does unasked."""
        again = {**payload, "event_id": self._ids.new("Ev")} if fresh_id else payload
        self._send(Delivery(EnvelopeKind.EVENT, again))

    def send(self, kind: EnvelopeKind, payload: dict[str, Any]) -> Delivery:
        delivery = Delivery(kind, payload)
        self._send(delivery)
        return delivery

    def hold(self) -> None:
        """Keep deliveries back until `release`."""
        self._held = self._held or []

    def release(
        self, order: Callable[[list[Delivery]], Iterable[Delivery]] = lambda held: held
    ) -> None:
        """Send what was held, in the order that `order` makes of it."""
        held, self._held = self._held or [], None
        for delivery in order(held):
            self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        if self._held is not None:
            self._held.append(delivery)
            return
        self.sent.append(delivery)
        self._pending += 1
        self.idle.clear()
        self._background.start(self._deliver(delivery))

    async def _deliver(self, delivery: Delivery) -> None:
        state = State.LOST
        try:
            state = await self._outcome(delivery)
        finally:
            delivery.state = state
            self._pending -= 1
            if not self._pending:
                self.idle.set()

    async def _outcome(self, delivery: Delivery) -> State:
        retried = delivery.kind is EnvelopeKind.EVENT
        for delay in (0.0, *(self.retries.delays if retried else ())):
            if delay:
                await asyncio.sleep(delay)
            failed = await self.transport(delivery) if self.transport else Failed("no_connection")
            if failed is None:
                return State.ACKNOWLEDGED
            delivery.failures.append(failed.reason)
            if failed.final:
                break
        return State.LOST

    def _wrapped(self, event: dict[str, Any]) -> dict[str, Any]:
        identity = self._identity
        return {
            "token": "sandbox-verification-token",
            "team_id": identity.team_id,
            "context_team_id": identity.team_id,
            "context_enterprise_id": None,
            "api_app_id": identity.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": self._ids.new("Ev"),
            "event_time": int(self._clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": identity.team_id,
                    "user_id": identity.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{self._ids.new('')}",
        }
