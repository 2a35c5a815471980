"""The load generator: a process of its own that takes orders as lines of JSON.

Every order is answered by one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench import rules
from tests.bench.children import cpu_seconds, kept_waiting
from tests.bench.crowd import Crowd, clock
from tests.bench.numbers import percentile
from tests.bench.tab import Tab

_TEXTS = 64
_DRAIN = 8.0  # seconds to wait for the answers that are missing at the end
_PATIENCE = 8.0  # further seconds for a slow service
_SLICE = 0.001  # epoll cannot wait for less


def connect(crowd: Crowd, order: dict[str, Any]) -> dict[str, Any]:
    """Open `count` tabs, `at_once` of them at a time, and wait until each has its welcome and
    the messages up to `replay`."""
    crowd.script = crowd.new_script(order.get("texts"))
    tokens: list[str | None] = (
        json.loads(Path(order["tokens"]).read_text()) if order.get("tokens") else [None]
    )
    began, opened, wanted = clock(), 0, order["count"]
    waiting: set[Tab] = set()
    replay = order.get("replay", 0)

    def arrived(tab: Tab, _now: float) -> None:
        if not tab.alive or (tab.welcomed and tab.seq >= replay):
            waiting.discard(tab)

    crowd.watch = arrived
    deadline = began + order.get("within", 60)
    while (opened < wanted or waiting) and clock() < deadline:
        while opened < wanted and len(waiting) < order.get("at_once", 100):
            waiting.add(crowd.add(order, tokens[opened % len(tokens)]))
            opened += 1
        crowd.turn(0.05)
    crowd.watch = lambda _tab, _now: None
    missing = wanted - len(crowd.tabs) + len(waiting)
    return {"seconds": clock() - began, "missing": missing, **_verdict(crowd)}


def closed(crowd: Crowd, order: dict[str, Any]) -> dict[str, Any]:
    """Each customer writes again as soon as one of `in_flight` messages is answered. A service
    too slow to answer all of them twice in the `seconds` is given more."""
    tabs, begin = list(crowd.tabs.values()), clock()
    crowd.answers, crowd.until = 0, float("inf")
    everybody = len(tabs) * order["in_flight"]
    for tab in tabs:
        tab.say([begin] * order["in_flight"])
    _go_on(crowd, order["warm"], everybody)
    crowd.answers, crowd.latencies = 0, array("d")
    before, count = _used(order["pid"]), crowd.answers
    _go_on(crowd, order["seconds"], 2 * everybody)
    used = _used(order["pid"])
    took, answers = used["time"] - before["time"], crowd.answers - count
    found = {f"{name}_share": (used[name] - before[name]) / took for name in used}
    found["server_share"] = max(found["server_share"], 0.001)
    found |= {"rate": answers / took, "per_cpu_second": answers / took / found["server_share"]}
    return {**found, **_latencies(crowd, answers), **_drained(crowd)}


def _used(server: int) -> dict[str, float]:
    """The time now, and what server and generator have used so far or were made to wait."""
    own = os.getpid()
    return {
        "time": clock(),
        "server": cpu_seconds(server),
        "server_waited": kept_waiting(server),
        "generator": time.process_time(),
        "generator_waited": kept_waiting(own),
    }


def _go_on(crowd: Crowd, seconds: float, least: int) -> None:
    """For so many `seconds`, or longer for at least so many answers."""
    begin = clock()
    while clock() < begin + seconds or (
        crowd.answers < least and clock() < begin + seconds + _PATIENCE
    ):
        crowd.turn(0.02)


def opened(crowd: Crowd, order: dict[str, Any]) -> dict[str, Any]:
    """`rate` messages a second, evenly, whatever the service does. What counts is the time since
    a message was due, so that a late one is not flattered by its late sending."""
    crowd.until = 0.0
    tabs, gap = list(crowd.tabs.values()), 1 / order["rate"]
    begin = clock() + 0.01
    total = int((order["warm"] + order["seconds"]) * order["rate"])
    skipped = int(order["warm"] * order["rate"])
    crowd.answers, crowd.latencies = 0, array("d")
    number = 0
    while number < total:
        now = clock()
        if begin + number * gap <= now:
            number += _say_due(tabs, number, total, begin, gap, now)
        wait = begin + number * gap - clock()
        crowd.turn(_SLICE if wait > 2 * _SLICE else 0)
    reached = crowd.answers / (clock() - begin)
    drained = _drained(crowd)
    late = [clock() - due for tab in tabs for due in tab.due]
    # The first answers are the warm-up's; order hardly differs between customers.
    kept = list(crowd.latencies)[skipped:] + late
    return {"rate": reached, **_summary(kept), **drained}


def _say_due(
    tabs: list[Tab], number: int, total: int, begin: float, gap: float, now: float
) -> int:
    """Send what is due from message `number` on; how many."""
    count = min(int((now - begin) / gap) + 1, total) - number
    by_tab: dict[Tab, list[float]] = {}
    for which in range(number, number + count):
        by_tab.setdefault(tabs[which % len(tabs)], []).append(begin + which * gap)
    for tab, dues in by_tab.items():
        tab.say(dues)
    return count


def listen(crowd: Crowd, order: dict[str, Any]) -> dict[str, Any]:
    """Count the messages that arrive until the next order comes and `quiet` seconds after that
    have brought none; `seconds` are those from the first message to the last."""
    start = sum(tab.answered for tab in crowd.tabs.values())
    times = [0.0, 0.0]

    def heard(_tab: Tab, now: float) -> None:
        times[:] = (times[0] or now, now)

    crowd.watch = heard
    begin, busy = clock(), time.process_time()
    deadline = begin + order["seconds"]
    while clock() < deadline and not crowd.turn(0.05):
        pass
    busy = (time.process_time() - busy) / (clock() - begin)
    told = clock()
    while clock() < min(deadline, max(times[1], told) + order["quiet"]):
        crowd.turn(0.05)
    crowd.watch = lambda _tab, _now: None
    count = sum(tab.answered for tab in crowd.tabs.values()) - start
    return {"messages": count, "seconds": times[1] - times[0], "busy": busy, **_verdict(crowd)}


def drafts(crowd: Crowd, order: dict[str, Any]) -> dict[str, Any]:
    """Every customer writes once, at the same moment; when each saw GPT's first words. Times
    are those of the monotonic clock, which all processes of a machine share."""
    seen: dict[int, float] = {}

    def drafted(tab: Tab, _now: float) -> None:
        if tab.drafted and tab.number not in seen:
            seen[tab.number] = time.monotonic()

    crowd.watch = drafted
    asked = time.monotonic()
    for tab in list(crowd.tabs.values()):
        tab.say([clock()])
    crowd.wait(lambda: len(seen) >= len(crowd.tabs), order["seconds"])
    crowd.wait(lambda: all(tab.answered for tab in crowd.tabs.values()), order["seconds"])
    crowd.watch = lambda _tab, _now: None
    return {"asked": asked, "seen": seen, **_verdict(crowd)}


def pause(_crowd: Crowd, _order: dict[str, Any]) -> dict[str, Any]:
    """Nothing but the end of `listen`."""
    return {}


def hang_up(crowd: Crowd, _order: dict[str, Any]) -> dict[str, Any]:
    crowd.close()
    return {}


ORDERS = {
    "connect": connect,
    "closed": closed,
    "open": opened,
    "listen": listen,
    "drafts": drafts,
    "pause": pause,
    "close": hang_up,
}


def _drained(crowd: Crowd) -> dict[str, Any]:
    """Wait for the answers that are missing, but not for ever."""
    crowd.until = 0.0
    complete = crowd.wait(
        lambda: all(tab.answered >= tab.sent for tab in crowd.tabs.values()), _DRAIN
    )
    return {"complete": complete, **_verdict(crowd)}


def _verdict(crowd: Crowd) -> dict[str, Any]:
    tabs = crowd.tabs.values()
    return {
        "sent": sum(tab.sent for tab in tabs),
        "acked": sum(tab.acked for tab in tabs),
        "answered": sum(tab.answered for tab in tabs),
        "faults": crowd.script.faults,
        "examples": crowd.script.examples,
    }


def _latencies(crowd: Crowd, count: int) -> dict[str, Any]:
    return _summary(list(crowd.latencies[:count]))


def _summary(seconds: list[float]) -> dict[str, Any]:
    return {
        f"p{percent:g}_ms": 1000 * percentile(seconds, percent / 100) for percent in (50, 99, 99.9)
    } | {"count": len(seconds)}


def _orders(crowd: Crowd) -> Iterator[dict[str, Any]]:
    """Orders as they come; pings are answered meanwhile."""
    rest = b""
    while True:
        while b"\n" not in rest:
            if crowd.turn(1.0):
                data = os.read(sys.stdin.fileno(), 1 << 16)
                if not data:
                    return
                rest += data
        line, _, rest = rest.partition(b"\n")
        yield json.loads(line)


def main() -> None:
    crowd = Crowd(rules.spread(rules.samples(1000), _TEXTS))
    for order in _orders(crowd):
        result = ORDERS[order["do"]](crowd, order)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
