"""Take a message as it is by now, when the event of its change has overtaken its own.

Slack sends again what was not acknowledged, a minute later and more, and what it sends is the
message as it was first written. Whoever has corrected or deleted it meanwhile was not heard:
nobody knew the message yet. In memory only: after a restart Slack is asked what was missed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.slack.origin import mapping, moment_of

_MOST = 1_000  # changes that are remembered
_MOST_TAKEN = 10_000
_DELETED = None

Key = tuple[str, str]  # channel and timestamp


@dataclass(frozen=True, slots=True)
class _Change:
    moment: float
    text: str | None

    def older_than(self, moment: float, text: str | None) -> bool:
        """Whether another one counts instead: nothing comes after a deletion."""
        return self.text is not _DELETED and (text is _DELETED or self.moment <= moment)


class Overtaken:
    """Remembers the newest changes of messages that have not been taken before. Called for every
    event, in the order of its lane."""

    def __init__(self) -> None:
        self._changes: OrderedDict[Key, _Change] = OrderedDict()
        self._taken: OrderedDict[Key, None] = OrderedDict()

    def as_now(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """`body`, or what it would say had it been sent now; None if its message is deleted."""
        event = mapping(body.get("event"))
        if event.get("type") not in ("message", "app_mention"):
            return body
        subtype = event.get("subtype")
        if subtype in ("message_changed", "message_deleted"):
            self._remember(event)
            return body
        key = _key(event, event)
        if key not in self._changes:
            return body
        text = self._changes[key].text
        return None if text is _DELETED else {**body, "event": {**event, "text": text}}

    def took(self, body: Mapping[str, Any]) -> None:
        """`body` has been taken: what it says is known, whatever becomes of it later."""
        event = mapping(body.get("event"))
        if event.get("type") == "message" and "previous_message" not in event:
            self._taken[_key(event, event)] = None
            if len(self._taken) > _MOST_TAKEN:
                self._taken.popitem(last=False)

    def _remember(self, event: Mapping[str, Any]) -> None:
        before, now = mapping(event.get("previous_message")), mapping(event.get("message"))
        text = now.get("text")
        if event.get("subtype") == "message_deleted" or now.get("subtype") == "tombstone":
            text = _DELETED
        elif not isinstance(text, str) or text == before.get("text"):
            return  # a preview, say
        key, moment = _key(event, before or now), moment_of({"event": event})
        known = self._changes.get(key)
        if key in self._taken or (known is not None and not known.older_than(moment, text)):
            return
        if before.get("bot_id"):
            return  # ours above all, and nobody waits for those
        self._changes[key] = _Change(moment, text)
        self._changes.move_to_end(key)
        if len(self._changes) > _MOST:
            self._changes.popitem(last=False)


def _key(event: Mapping[str, Any], message: Mapping[str, Any]) -> Key:
    return str(event.get("channel")), str(message.get("ts"))
