"""The client's half of the WebSocket protocol, reduced to what costs next to nothing.

A load generator must be several times as quick as what it measures. So messages are masked
beforehand: only their ids differ, and every id is masked once for all customers.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

_MASK = bytes.fromhex("5a17c3e9")  # any that is not zero costs the server what a browser's does
_BEFORE_ID = b'{"type":"message","id":"'
_ID_LENGTH = 36
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


def request(host: str, path: str) -> bytes:
    """The upgrade, as a browser on the server's own pages sends it."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def masked(payload: bytes, offset: int = 0) -> bytes:
    """`payload` as it goes over the wire when it begins at `offset` in its frame."""
    start = offset % 4
    key = (_MASK[start:] + _MASK[:start]) * (len(payload) // 4 + 1)
    mixed = int.from_bytes(payload) ^ int.from_bytes(key[: len(payload)])
    return mixed.to_bytes(len(payload))


def head(length: int, opcode: int = TEXT) -> bytes:
    """What stands before a client's payload of `length` bytes (up to 65,535)."""
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + _MASK
    return bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2) + _MASK


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    return head(len(payload), opcode) + masked(payload)


class Letter:
    """A message's frame without its id, all of it masked."""

    def __init__(self, text: str) -> None:
        after = b'","text":' + _json(text) + b',"attachments":[]}'
        length = len(_BEFORE_ID) + _ID_LENGTH + len(after)
        self._before = head(length) + masked(_BEFORE_ID)
        self._after = masked(after, len(_BEFORE_ID) + _ID_LENGTH)

    def with_id(self, id: bytes) -> bytes:
        """The frame; `id` is one of `Ids.masked`."""
        return self._before + id + self._after


class Ids:
    """So many ids, as they are (`plain`) and as they go over the wire (`masked`)."""

    def __init__(self, count: int) -> None:
        run = uuid.uuid4().hex[:24]
        self.plain = [_id(run, number) for number in range(count)]
        self.masked = [masked(id, len(_BEFORE_ID)) for id in self.plain]


def _id(run: str, number: int) -> bytes:
    return f"{run[:8]}-{run[8:12]}-{run[12:16]}-{run[16:20]}-{run[20:]}{number:08x}".encode()


def letters(texts: Sequence[str]) -> list[Letter]:
    return [Letter(text) for text in texts]


def _json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def hello(token: str | None = None, last_seq: int = 0) -> bytes:
    """The frame that opens a conversation."""
    known = f'"{token}"' if token else "null"
    return frame(
        f'{{"type":"hello","token":{known},"last_seq":{last_seq},"language":"en",'
        '"page":"https://shop.example/pots","identity":null}'.encode()
    )
