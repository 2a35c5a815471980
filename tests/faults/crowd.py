"""Thousands of visitors in a process of their own: those who only sit there, those who never read,
and those whose answers are timed.

Orders come as lines of JSON on standard input, each answered by one line. Everybody is waited for
by one epoll, so that answers are timed by a process that is hardly ever busy.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import select
import socket
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from tests.bench.frames import CLOSE, PING, PONG, TEXT, frame, hello, request

_IN = select.EPOLLIN
_CHUNK = 1 << 18
_OPENING = 64  # who may be on their way in at once
_SEGMENT = (
    1460  # bytes, as from a browser on a real network; loopback's own would be 45 times that
)
_WINDOW = 16_384  # bytes that a silent one's machine takes in for it
_PATIENCE = 60.0  # seconds for everybody to come in

clock = time.perf_counter


class Visitor:
    """One socket. `token` is "" until the service has said welcome; `asked` has the time of each
    line that is not answered yet; `on_answer` is told how many seconds an answer took."""

    __slots__ = ("alive", "asked", "host", "on_answer", "rest", "sock", "token", "upgraded")

    def __init__(
        self, port: int, token: str | None = None, last_seq: int = 0, *, silent: bool = False
    ) -> None:
        self.host = f"127.0.0.1:{port}"
        self.sock = socket.socket()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if silent:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)
        self.sock.send(request(self.host, "/widget/socket") + hello(token, last_seq))
        self.token = ""
        self.asked: dict[str, float] = {}
        self.on_answer: Callable[[float], None] = lambda _seconds: None
        self.rest = b""
        self.alive, self.upgraded = True, False

    @property
    def port(self) -> int:
        """Its own end of the connection."""
        port: int = self.sock.getsockname()[1]
        return port

    def say(self, text: str, due: float | None = None) -> None:
        """Write a line. With `due`, when it should have been written, its answer is timed: it must
        name the line's last word."""
        if due is not None:
            self.asked[text.rpartition(" ")[2]] = due
        words = {"type": "message", "id": str(uuid.uuid4()), "text": text, "attachments": []}
        try:
            self.sock.send(frame(json.dumps(words).encode()))
        except OSError:
            self.alive = False

    def read(self) -> None:
        """Take in what has arrived, and answer pings."""
        try:
            data = self.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.alive = False
            return
        self.rest = self._take(self.rest + data)

    def _take(self, data: bytes) -> bytes:
        """Deal with every whole frame; the bytes that are left."""
        at, size = 0 if self.upgraded else self._upgrade(data), len(data)
        while self.upgraded and size - at >= 2:
            length, begin = data[at + 1], at + 2
            if length >= 126:
                wide = 2 if length == 126 else 8
                length, begin = int.from_bytes(data[begin : begin + wide]), begin + wide
            if begin > size or begin + length > size:
                break
            self._hear(data[at] & 0x0F, data[begin : begin + length])
            at = begin + length
        return data[at:]

    def _upgrade(self, data: bytes) -> int:
        """How many bytes the answer to the upgrade took; 0 while it is not whole."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        self.upgraded = self.alive = data.startswith(b"HTTP/1.1 101")
        return end + 4

    def _hear(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.sock.send(frame(payload, PONG))
        elif opcode == CLOSE:
            self.alive = False
        elif opcode == TEXT and not self.token:
            self.token = json.loads(payload)["token"]
        elif opcode == TEXT and self.asked and payload.startswith(b'{"type":"message"'):
            self._hear_answer(json.loads(payload)["text"])

    def _hear_answer(self, text: str) -> None:
        now = clock()
        for word in [word for word in self.asked if text.endswith(f" {word}.")]:
            self.on_answer(now - self.asked.pop(word))


class Rota:
    """Who of `people` is to write next, one of them every `seconds`, from now on."""

    def __init__(self, people: Sequence[Visitor], seconds: float) -> None:
        self._people = people
        self._seconds = seconds
        self._next = clock() if people else math.inf
        self._turns = 0

    @property
    def due(self) -> float:
        """When the next one is to write."""
        return self._next

    def take(self) -> Visitor:
        self._next += self._seconds
        self._turns += 1
        return self._people[self._turns % len(self._people)]


class Crowd:
    """Everybody in this process. The orders are its public methods' names with their arguments."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._visitors: dict[int, Visitor] = {}
        self._silent: list[Visitor] = []
        self._talk = self._flood = Rota((), 0.0)
        self._writers: list[Visitor] = []
        self._times: list[float] = []
        self._lines = 0
        self._lost = 0

    def open(self, port: int, idle: int) -> dict[str, Any]:
        """Let `idle` visitors in; how many seconds it took, and how many are still outside."""
        began, coming = clock(), [self._add(Visitor(port)) for _ in range(min(idle, _OPENING))]
        left, missing = idle - len(coming), 0
        while coming and clock() - began < _PATIENCE:
            self.turn(0.05)
            coming = [visitor for visitor in coming if visitor.alive and not visitor.token]
            more = min(left, _OPENING - len(coming))
            coming += [self._add(Visitor(port)) for _ in range(more)]
            left -= more
        missing = left + len(coming) + self._lost
        return {"seconds": clock() - began, "missing": missing}

    def settle(self, port: int, writers: int, silent: int) -> dict[str, Any]:
        """Let `writers` visitors in, each with its share of `silent` other tabs that never read
        anything; the port of each silent one."""
        self._writers = [self._add(Visitor(port)) for _ in range(writers)]
        self._wait(lambda: all(writer.token for writer in self._writers))
        for number, writer in enumerate(self._writers):
            writer.say(f"rule settled{number}", clock())
        self._wait(lambda: not any(writer.asked for writer in self._writers))
        tokens = [self._writers[number % writers].token for number in range(silent)]
        self._silent = [Visitor(port, token, last_seq=2, silent=True) for token in tokens]
        return {"ports": [visitor.port for visitor in self._silent]}

    def talk(self, port: int, talkers: int, every: float) -> dict[str, Any]:
        """From now on one of `talkers` visitors asks for a rule's answer `every` so many seconds,
        whether or not others' are answered."""
        people = [self._add(Visitor(port)) for _ in range(talkers)]
        self._wait(lambda: all(visitor.token for visitor in people))
        for visitor in people:
            visitor.on_answer = self._times.append
        self._talk = Rota(people, every)
        return {}

    def flood(self, every: float) -> dict[str, Any]:
        """From now on one of the writers gets a long answer `every` so many seconds; 0 stops."""
        self._flood = Rota(self._writers if every else (), every)
        return {}

    def told(self) -> dict[str, Any]:
        """Seconds of each answer since this was last asked, for how long the oldest is waited for,
        and how many visitors were cut off."""
        times, now = list(self._times), clock()
        self._times.clear()
        asked = [due for visitor in self._visitors.values() for due in visitor.asked.values()]
        return {"times": times, "oldest": now - min(asked, default=now), "lost": self._lost}

    def close(self) -> dict[str, Any]:
        """Everybody leaves."""
        self._talk = self._flood = Rota((), 0.0)
        for visitor in list(self._visitors.values()):
            self._forget(visitor)
        for visitor in self._silent:
            visitor.sock.close()
        self._silent, self._lost = [], 0
        return {}

    # --- what goes on meanwhile ----------------------------------------------------------------

    def run(self, orders: int) -> None:
        """Until the end of the descriptor `orders`."""
        self._epoll.register(orders, _IN)
        line = b""
        while True:
            if not self.turn(1.0):
                continue
            more = os.read(orders, _CHUNK)
            if not more:
                return
            line += more
            if line.endswith(b"\n"):
                self._obey(json.loads(line))
                line = b""

    def _obey(self, order: dict[str, Any]) -> None:
        answer = getattr(self, order.pop("do"))(**order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    def turn(self, within: float) -> bool:
        """Deal with what happens next, at most `within` seconds; True for an order."""
        ordered = False
        soonest = min(self._talk.due, self._flood.due) - clock()
        for fd, _ in self._epoll.poll(max(0.0, min(within, soonest))):
            visitor = self._visitors.get(fd)
            if visitor is None:
                ordered = True
                continue
            visitor.read()
            if not visitor.alive:
                self._lost += 1
                self._forget(visitor)
        self._write()
        return ordered

    def _write(self) -> None:
        while self._talk.due <= clock():
            due = self._talk.due
            self._lines += 1
            self._talk.take().say(f"rule line{self._lines}", due)
        while self._flood.due <= clock():
            self._lines += 1
            self._flood.take().say(f"long line{self._lines}")

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = clock() + _PATIENCE
        while not condition():
            if clock() > deadline:
                raise TimeoutError("not everybody came in")
            self.turn(0.05)

    def _add(self, visitor: Visitor) -> Visitor:
        self._visitors[visitor.sock.fileno()] = visitor
        self._epoll.register(visitor.sock, _IN)
        return visitor

    def _forget(self, visitor: Visitor) -> None:
        self._epoll.unregister(visitor.sock)
        del self._visitors[visitor.sock.fileno()]
        visitor.sock.close()


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.freeze()
    gc.disable()  # a pause would count as the service's
    Crowd().run(sys.stdin.fileno())


if __name__ == "__main__":
    main()
