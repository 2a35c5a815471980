"""What the soak's crowd is judged by must be able to fail: the soak itself is in no timed test."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.siege import Siege
from tests.faults.wire import GONE, Watch, Wire

GOOD: dict[str, Any] = {
    "idle": 5000,
    "answers": [0.01] * 99,
    "stayed": [4.0] * 100,
    "rss": [100.0, 200.0, 119.0],
    "files": [20, 5000, 24],
}


@contextlib.contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection, and the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as far:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        far.connect(listener.getsockname())
        near, _ = listener.accept()
        with near:
            near.setblocking(False)
            yield near, far


def fill(near: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            near.send(bytes(10_000))


def port(end: socket.socket) -> int:
    number: int = end.getsockname()[1]
    return number


def test_the_kernel_tells_what_waits_for_one_who_does_not_read() -> None:
    with connected() as (near, far), Wire() as wire:
        assert wire.look(port(near), port(far)).open
        fill(near)
        assert wire.look(port(near), port(far)).waiting > 10_000


def test_the_kernel_tells_that_a_connection_was_given_up() -> None:
    with connected() as (near, far), Wire() as wire:
        fill(near)
        ends = port(near), port(far)
        near.close()
        given_up = wire.look(*ends)
        assert not given_up.open
        assert given_up.waiting > 10_000
        assert wire.look(ends[0], 1) == GONE


def test_one_who_is_never_cut_off_stays_for_ever() -> None:
    with connected() as (near, far), Wire() as wire:
        watch = Watch(wire, port(near), [port(far)])
        fill(near)
        assert watch.look()
        assert watch.stayed() == [float("inf")]


def test_the_time_that_one_stays_begins_when_nothing_more_goes_there() -> None:
    with connected() as (near, far), Wire() as wire:
        watch = Watch(wire, port(near), [port(far)])
        fill(near)
        began = time.monotonic()
        assert watch.look()
        near.close()
        assert not watch.look()
        assert 0 <= watch.stayed()[0] <= time.monotonic() - began
        assert watch.kept() > 10_000


def test_a_siege_that_went_well_has_no_faults() -> None:
    assert Siege(**GOOD).faults() == []


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        ({"missing": 3}, "3 of 5000 sockets did not come in"),
        ({"lost": 2}, "2 were cut off who did nothing wrong"),
        ({"oldest": 4.0}, "an answer did not come within 4.0 s"),
        ({"answers": [0.01] * 90 + [0.2] * 10}, "p99 of answers is 200 ms"),
        ({"answers": []}, "p99 of answers is nan ms"),
        ({"stayed": [4.0] * 99 + [5.2]}, "one who never read stayed 5.20 s"),
        ({"stayed": [4.0] * 99 + [float("inf")]}, "one who never read stayed inf s"),
        ({"rss": [100.0, 200.0, 121.0]}, "121 MB are left of 100"),
        ({"files": [20, 5000, 120]}, "120 files are open, once 20"),
    ],
)
def test_a_siege_says_what_went_wrong(seen: dict[str, object], sentence: str) -> None:
    siege = Siege(**GOOD | seen)
    assert siege.faults() == [f"sockets: {sentence}"]
    assert str(siege).startswith("sockets: idle=5000 silent=100 ")
