"""Cursor pages. A cursor names the last item seen, so it holds while newer items arrive."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.slack.errors import SlackError

T = TypeVar("T")

_LARGEST = 999


def page_of(
    items: Sequence[T],
    key: Callable[[T], str],
    *,
    cursor: str,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[T], str]:
    """One page of `items`, which are sorted by `key`, and the cursor of the next or ""."""
    if not 1 <= limit <= _LARGEST:
        raise SlackError("invalid_limit")
    if cursor:
        last = _decoded(cursor)
        items = [i for i in items if (key(i) < last if newest_first else key(i) > last)]
    page = list(items[:limit])
    return page, _encoded(key(page[-1])) if len(items) > limit else ""


def _encoded(key: str) -> str:
    return base64.b64encode(f"next:{key}".encode()).decode()


def _decoded(cursor: str) -> str:
    try:
        label, _, key = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise SlackError("invalid_cursor") from None
    if label != "next":
        raise SlackError("invalid_cursor")
    return key
