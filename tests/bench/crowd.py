"""All customers of the load generator, and the one place where it waits for them.

Sockets are waited for by epoll directly: asyncio's transports alone would cost as much as the
service that is measured.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any

from tests.bench import rules
from tests.bench.frames import Ids, hello, letters, request
from tests.bench.tab import Script, Tab

_IN, _OUT = select.EPOLLIN, select.EPOLLOUT
_POOL = 30_000  # messages that one customer may send in one run

clock = time.perf_counter


class Crowd:
    """All tabs of this process. `until` is when answered customers stop to write again."""

    def __init__(self, made: list[rules.Sample]) -> None:
        self._samples = made
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin.fileno(), _IN)
        self.tabs: dict[int, Tab] = {}
        self.script = self.new_script()
        self.until = 0.0
        self.answers = 0
        self.latencies = array("d")
        self.watch: Callable[[Tab, float], None] = lambda _tab, _now: None

    def new_script(self, texts: list[str] | None = None) -> Script:
        said = texts or [sample.text for sample in self._samples]
        return Script(letters(said), [sample.reply for sample in self._samples], Ids(_POOL))

    def turn(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds and deal with what happened; True for a new order."""
        ordered = False
        for fd, events in self._epoll.poll(timeout):
            tab = self.tabs.get(fd)
            if tab is None:
                ordered = True
                continue
            if events & _OUT:
                self._epoll.modify(fd, _IN)
                tab.write_rest()
            if events & ~_OUT:
                self._hear(tab)
        return ordered

    def _hear(self, tab: Tab) -> None:
        before = tab.answered
        tab.read()
        now = clock()
        answered = tab.answered - before
        if answered and tab.due:
            self.answers += answered
            for _ in range(min(answered, len(tab.due))):
                self.latencies.append(now - tab.due.popleft())
            if now < self.until:
                tab.say([now] * answered)
        self.watch(tab, now)
        if not tab.alive:
            self._forget(tab)

    def _forget(self, tab: Tab) -> None:
        self._epoll.unregister(tab.sock)
        del self.tabs[tab.sock.fileno()]
        tab.sock.close()

    def _wants_room(self, tab: Tab) -> None:
        self._epoll.modify(tab.sock, _IN | _OUT)

    def add(self, order: dict[str, Any], token: str | None) -> Tab:
        """Begin to connect; the tab writes its request and its hello as soon as it can."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"127.0.0.1:{order['port']}"
        sock.connect_ex(("127.0.0.1", order["port"]))
        tab = Tab(
            len(self.tabs), sock, self.script, self._wants_room, echo=order.get("echo", False)
        )
        tab.seq = order.get("last_seq", 0)
        tab.out = request(host, "/widget/socket") + hello(token, tab.seq)
        self.tabs[sock.fileno()] = tab
        self._epoll.register(sock, _IN | _OUT)
        return tab

    def close(self) -> None:
        for tab in list(self.tabs.values()):
            self._forget(tab)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = clock() + seconds
        while not condition():
            if clock() > deadline:
                return False
            self.turn(0.05)
        return True
