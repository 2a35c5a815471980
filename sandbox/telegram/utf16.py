"""Telegram counts text in UTF-16 code units, Python in code points: an emoji is two or one."""

from __future__ import annotations


def length(text: str) -> int:
    """How many UTF-16 code units `text` has."""
    return len(text) + sum(character > "\uffff" for character in text)


def slice_units(text: str, start: int, end: int) -> str | None:
    """The part of `text` between two offsets in code units; None when one cuts a character."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    try:
        return encoded[2 * start : 2 * end].decode("utf-16-le")
    except UnicodeDecodeError:
        return None
