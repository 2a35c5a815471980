"""Fit one answer to what a channel can carry, so that connectors never have to cut or drop.

Lengths are UTF-16 code units, because the platforms count them. A cut falls at the best border
that is not too far back: between paragraphs, sentences, words, and at worst between two visible
characters, never inside one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

from core.folding import fold
from core.messages import Attachment, Button, Capabilities

MAX_PARTS = 10
CUT_NOTICE = "[…]"

_FENCE = re.compile(r"^[ \t]*(```|~~~)([^\n`]{0,40})$", re.MULTILINE)
_BORDERS = (
    regex.compile(r"\n[ \t]*\n\s*"),
    regex.compile(r"\n|(?<=[.!?…])\s+|(?<=[。！？])\s*"),
    regex.compile(r"\s+|(?<=[，、；：])"),
)
# A better kind of border is taken unless the piece gets shorter than this share of the limit.
_WORTH = 0.5
_NUMBER = re.compile(r"[#(]?\s*(\d{1,3})[\u20e3.):、]?")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a platform."""

    text: str
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def fit(
    text: str,
    buttons: Sequence[Button],
    attachments: Sequence[Attachment],
    capabilities: Capabilities,
) -> tuple[Part, ...]:
    """The answer in the fewest parts, at most MAX_PARTS; the last of them carries buttons and
    attachments. Buttons that the channel cannot show become numbered lines of text (see
    `choice`). Nothing at all gives no part. The same input always gives the same parts."""
    shown = tuple(buttons) if _showable(buttons, capabilities) else ()
    if buttons and not shown:
        text = f"{text.rstrip()}\n\n{_listed(buttons)}" if text.strip() else _listed(buttons)
    texts = split(text, capabilities.max_text)
    if not texts:
        # A button needs a text above it.
        texts = ["…"] if shown else [""] if attachments else []
    last = len(texts) - 1
    return tuple(
        Part(part, shown, tuple(attachments)) if number == last else Part(part)
        for number, part in enumerate(texts)
    )


def choice(text: str, buttons: Sequence[Button]) -> int | None:
    """Which button a customer means who answers "2", "2." or its label; None when none."""
    said = fold(text).strip().strip(".!。！")
    number = _NUMBER.fullmatch(said)
    if number and 1 <= int(number[1]) <= len(buttons):
        return int(number[1]) - 1
    labels = [fold(button.label).strip().strip(".!。！") for button in buttons]
    return labels.index(said) if said and labels.count(said) == 1 else None


def units(text: str) -> int:
    """The length of `text` in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` units, none of them blank. A code fence that is cut
    is closed and opened again. What is more than MAX_PARTS pieces ends with CUT_NOTICE."""
    pieces: list[str] = []
    rest, fence = text.strip(), ""
    while rest and rest != fence[:3]:
        opening = f"{fence}\n" if fence else ""
        if units(opening + rest) <= limit:
            return [*pieces, opening + rest]
        last = len(pieces) == MAX_PARTS - 1
        notice = f"\n{CUT_NOTICE}" if last else ""
        # Room for closing a fence after the cut.
        room = limit - units(opening + notice) - len("\n```")
        head, tail = _cut(rest, max(1, room))
        still_open = _open_fence(head, fence)
        closing = f"\n{still_open[:3]}" if still_open else ""
        pieces.append(opening + head + closing + notice)
        if last:
            break
        rest, fence = tail if still_open else tail.lstrip(), still_open
    return pieces


def _cut(text: str, limit: int) -> tuple[str, str]:
    """The first piece of `text`, at most `limit` units long, and the rest."""
    window = _window(text, limit)
    end = len(window)
    for border in _BORDERS:
        cuts = [
            found
            for found in border.finditer(text, 0, min(len(text), end + 1))
            if end * _WORTH <= found.start() <= end and text[: found.start()].strip()
        ]
        if cuts:
            return text[: cuts[-1].start()].rstrip(), text[cuts[-1].end() :].lstrip("\n")
    return window, text[end:]


def _window(text: str, limit: int) -> str:
    """As many whole visible characters of `text` as `limit` units hold, but at least a bit."""
    used = end = 0
    for cluster in regex.finditer(r"\X", text):
        used += units(cluster[0])
        if used > limit:
            break
        end = cluster.end()
    return text[:end] or _code_points(text, limit)


def _code_points(text: str, limit: int) -> str:
    """A single visible character may be longer than a message; then it is cut after all."""
    start = text[:limit]
    while units(start) > limit and len(start) > 1:
        start = start[:-1]
    return start


def _open_fence(text: str, fence: str) -> str:
    """The line that opened the code which is still open at the end of `text`."""
    for found in _FENCE.finditer(text):
        if not fence:
            fence = found[0].strip()
        elif found[1] == fence[:3] and not found[2].strip():
            fence = ""
    return fence


def _showable(buttons: Sequence[Button], capabilities: Capabilities) -> bool:
    fits = all(0 < units(button.label) <= capabilities.max_label for button in buttons)
    return fits and len(buttons) <= capabilities.max_buttons


def _listed(buttons: Sequence[Button]) -> str:
    return "\n".join(_lines(buttons))


def _lines(buttons: Sequence[Button]) -> Iterator[str]:
    for number, button in enumerate(buttons, 1):
        address = f": {button.url}" if button.url else ""
        yield f"{number}. {button.label}{address}"
