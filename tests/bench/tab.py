"""One customer's socket in the load generator: reads just enough to prove that nothing is amiss.

Every acknowledgement and every answer is checked for its id and its place in the order; every
64th answer is read wholly and compared with what its rule says.
"""

from __future__ import annotations

import json
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.bench.frames import CLOSE, PING, PONG, TEXT, Ids, Letter, frame

_ACK = b'{"type":"ack"'
_SAID = b'{"type":"message"'
_DRAFT = b'{"type":"draft"'
_WELCOME = b'{"type":"welcome"'
_ERROR = b'{"type":"error"'
_ID = b'"id":"'
_SEQ = b'"seq":'
_SAMPLED = 64
_CHUNK = 1 << 18


@dataclass(slots=True)
class Script:
    """What all tabs say, the answers they expect, and what went wrong with any of them."""

    letters: Sequence[Letter]
    replies: Sequence[str]
    ids: Ids
    faults: int = 0
    examples: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.faults += 1
        if len(self.examples) < 5:
            self.examples.append(what[:200])


class Tab:
    """`seq` is the newest message's number, `sent`, `acked` and `answered` are counts, `due` has
    the time of each message that is not answered yet. `wants_room` is told when bytes wait."""

    __slots__ = (
        "acked",
        "alive",
        "answered",
        "drafted",
        "due",
        "number",
        "out",
        "rest",
        "script",
        "sent",
        "seq",
        "sock",
        "take",
        "token",
        "upgraded",
        "wants_room",
        "welcomed",
    )

    def __init__(
        self,
        number: int,
        sock: socket.socket,
        script: Script,
        wants_room: Callable[[Tab], None],
        *,
        echo: bool,
    ) -> None:
        self.number = number
        self.sock = sock
        self.script = script
        self.wants_room = wants_room
        self.take = self._echoed if echo else self._heard
        self.token = ""
        self.seq = self.sent = self.acked = self.answered = 0
        self.due: deque[float] = deque()
        self.drafted = False
        self.rest = self.out = b""
        self.alive, self.upgraded, self.welcomed = True, False, False

    # --- out -------------------------------------------------------------------------------

    def say(self, dues: Sequence[float]) -> None:
        """Send a message for each of `dues`, the times from which its answer is counted."""
        script, first = self.script, self.sent
        letters, masked = script.letters, script.ids.masked
        kinds, number = len(letters), self.number
        last = min(first + len(dues), len(masked))
        self.due.extend(dues[: last - first])
        self.sent = last
        self.write(
            b"".join(
                [letters[(number + n) % kinds].with_id(masked[n]) for n in range(first, last)]
            )
        )

    def write(self, data: bytes) -> None:
        if self.out:
            self.out += data
            return
        try:
            written = self.sock.send(data)
        except BlockingIOError:
            written = 0
        except OSError as error:
            self.end(f"cannot write: {error}")
            return
        if written < len(data):
            self.out = data[written:]
            self.wants_room(self)

    def write_rest(self) -> None:
        data, self.out = self.out, b""
        if data:
            self.write(data)

    def end(self, why: str) -> None:
        if self.alive:
            self.alive = False
            self.script.fault(f"tab {self.number}: {why}")

    # --- in --------------------------------------------------------------------------------

    def read(self) -> None:
        """Take in what has arrived."""
        try:
            data = self.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.end(f"lost: {error}")
            return
        if not data:
            self.end("closed")
            return
        self.rest = self._frames(self.rest + data if self.rest else data)

    def _frames(self, data: bytes) -> bytes:
        """Take every whole frame; the bytes that are left."""
        at, size = 0 if self.upgraded else self._upgrade(data), len(data)
        while self.upgraded and size - at >= 2:
            length, begin = data[at + 1], at + 2
            if length == 126:
                length, begin = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, begin = int.from_bytes(data[at + 2 : at + 10]), at + 10
            end = begin + length
            if begin > size or end > size:
                break
            if data[at] == 0x80 | TEXT:
                self.take(data, begin, end)
            else:
                self._control(data[at] & 0x0F, data[begin:end])
            at = end
        return data[at:]

    def _upgrade(self, data: bytes) -> int:
        """How many bytes the answer to the upgrade took; 0 while it is not whole."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if data.startswith(b"HTTP/1.1 101"):
            self.upgraded = True
            return end + 4
        self.end(data[:end].split(b"\r\n")[0].decode())
        return len(data)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.write(frame(payload, PONG))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2])
            self.end(f"closed with {code} {payload[2:].decode(errors='replace')}")

    def _echoed(self, data: bytes, begin: int, end: int) -> None:
        if not self.welcomed:
            self.welcomed = True
            return
        if data[begin + 24 : begin + 60] != self.script.ids.plain[self.answered]:
            self.script.fault(f"not the echo: {data[begin:end]!r}")
        self.acked += 1
        self.answered += 1

    def _heard(self, data: bytes, begin: int, end: int) -> None:
        if data.startswith(_SAID, begin):
            self._count(data, begin, end)
            self.answered += 1
            if self.answered % _SAMPLED == 0 and self.sent:
                self._check_answer(data[begin:end])
        elif data.startswith(_ACK, begin):
            at = data.find(_ID, begin, end) + len(_ID)
            if data[at : at + 36] != self.script.ids.plain[self.acked]:
                self.script.fault(f"acknowledged out of order: {data[begin:end]!r}")
            self._count(data, begin, end)
            self.acked += 1
        elif data.startswith(_DRAFT, begin):
            self.drafted = True
        elif data.startswith(_WELCOME, begin):
            self.welcomed = True
            self.token = json.loads(data[begin:end])["token"]
        elif data.startswith(_ERROR, begin):
            self.script.fault(data[begin:end].decode())

    def _count(self, data: bytes, begin: int, end: int) -> None:
        at = data.find(_SEQ, begin, end) + len(_SEQ)
        stop = data.find(b",", at, end)
        seq = int(data[at : stop if stop > 0 else end - 1])
        if seq != self.seq + 1:
            self.script.fault(f"number {seq} came after {self.seq}")
        self.seq = seq

    def _check_answer(self, raw: bytes) -> None:
        expected = self.script.replies[
            (self.number + self.answered - 1) % len(self.script.replies)
        ]
        said = json.loads(raw)
        if (said["author"]["kind"], said["text"]) != ("bot", expected):
            self.script.fault(f"expected {expected!r}, heard {said}")
