"""Cut documents into passages that are small enough to give several of them to a model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.clean import clean
from core.knowledge.document import Document, Passage
from core.prompt import tokens

LONGEST = 350
"""Tokens in a passage, estimated: some 1,000 letters or 350 Chinese characters."""

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])|\n")
BETWEEN = " › "


def passages(document: Document) -> Iterator[Passage]:
    """Each section in one passage, or in several when it is too long for one."""
    for section in document.sections:
        title = section.title or document.title
        steps = [step for step in section.headings if step != title]
        for text in _pieces(clean(section.text).strip()):
            heading = clean(BETWEEN.join([title, *steps]))
            yield Passage(clean(title), section.url or document.url, heading, text)


def _pieces(text: str) -> Iterator[str]:
    if tokens(text) <= LONGEST:
        yield from [text] if text else []
        return
    yield from _joined(_PARAGRAPH.split(text), "\n\n")


def _joined(parts: list[str], glue: str) -> Iterator[str]:
    """Neighbours together as long as they fit; what does not fit alone is cut smaller."""
    kept = ""
    for part in parts:
        longer = f"{kept}{glue}{part}" if kept else part
        if tokens(longer) <= LONGEST:
            kept = longer
            continue
        if kept:
            yield kept
        kept = ""
        if tokens(part) <= LONGEST:
            kept = part
        elif glue == "\n\n":
            yield from _joined([s for s in _SENTENCE.split(part) if s.strip()], " ")
        else:
            yield from _slices(part)
    if kept:
        yield kept


def _slices(text: str) -> Iterator[str]:
    """No sentence is this long; a table without line breaks may be."""
    step = LONGEST if not text.isascii() else 3 * LONGEST
    for start in range(0, len(text), step):
        yield text[start : start + step]
