"""The lines of transcripts as tabs are shown them: made once for all tabs of a conversation.

What a rule answers is said to one customer after the other and differs only in its number and its
time, so everything between these is kept as it was encoded for the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from connectors.web import outbound
from core.messages import Author, Button, Message

_MOST = 500
_LONGEST = 4_000  # characters, so that all of them together stay small
_BEFORE, _AFTER = b'{"type":"message","seq":0', b'"}'


@dataclass(slots=True)
class _Alike:
    """`middle` is what stands between number and time where these three are the same."""

    author: Author
    buttons: tuple[Button, ...]
    middle: bytes


class Shown:
    """What one line took to encode is there for the next."""

    def __init__(self) -> None:
        self._last: Message | None = None
        self._frames: Sequence[bytes] = ()
        self._at: datetime | None = None
        self._when = ""
        self._alike: dict[str, _Alike] = {}

    def __len__(self) -> int:
        return len(self._alike)

    def when(self, at: datetime) -> str:
        """As `outbound.when`: a message, its acknowledgement and its answer share their time."""
        if at is not self._at:
            self._at, self._when = at, outbound.when(at)
        return self._when

    def frames(self, message: Message) -> Sequence[bytes]:
        """The encoded frames of `message`."""
        if message is not self._last:
            self._last, self._frames = message, self._made(message)
        return self._frames

    def _made(self, message: Message) -> Sequence[bytes]:
        if not _is_often_said(message):
            return [outbound.encoded(frame) for frame in outbound.said(message)]
        known = self._alike.get(message.text)
        if known is None or (known.author, known.buttons) != (message.author, message.buttons):
            known = self._learn(message)
        at = self.when(message.at).encode()
        return (b'{"type":"message","seq":%d%b%b"}' % (message.seq, known.middle, at),)

    def _learn(self, message: Message) -> _Alike:
        if len(self._alike) >= _MOST:
            self._alike.clear()
        (line,) = outbound.said(message)
        whole = outbound.encoded(replace(line, seq=0, at=""))
        middle = whole.removeprefix(_BEFORE).removesuffix(_AFTER)
        known = self._alike[message.text] = _Alike(message.author, message.buttons, middle)
        return known


def _is_often_said(message: Message) -> bool:
    return (
        message.answered_by.startswith("rule:")
        and len(message.text) <= _LONGEST
        and not message.attachments
        and message.edited_at is None
        and message.deleted_at is None
    )
