"""Take out of a text what nobody can see, before a model, a platform or a log gets it.

Invisible characters can carry orders to a language model, turn a line around so that it reads as
something else, or break a terminal. Ordinary writing of every script stays as it is, and so do
the joiners that emoji, Persian and the scripts of India need.
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u115f\u1160\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# One selector chooses a glyph; a row of them can only hide data.
_SELECTORS = re.compile(
    "([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Spaces, joiners, direction marks, selectors of glyphs, and the blank Braille that people send to
# get an empty message past a platform.
_UNSEEN = re.compile(
    "[\\s\u2800\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2066-\u2069"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
)
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_OVERRIDES = "\u202d\u202e"
_EMBEDDINGS = "\u202a\u202b"
_POP_EMBEDDING = "\u202c"
_ISOLATES = "\u2066\u2067\u2068"
_POP_ISOLATE = "\u2069"


def clean(text: str) -> str:
    """`text` with line ends as "\\n", without control, tag and other hidden characters, and
    without direction marks that override the script's own or that nothing ends."""
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATE.sub("\ufffd", _LINE_ENDS.sub("\n", text))
    text = _SELECTORS.sub(r"\1", _HIDDEN.sub("", text))
    if not _BIDI.search(text):
        return text
    return "\n".join(map(_balanced, text.split("\n")))


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in `text`."""
    return _UNSEEN.fullmatch(clean(text)) is not None


def shown_name(name: str) -> str:
    """`name` in one line, "" when there is nothing to see of it."""
    return "" if is_blank(name) else " ".join(clean(name).split())


def language_tag(text: object) -> str:
    """What a platform says somebody speaks, "" when it is none: it goes into prompts."""
    return text if isinstance(text, str) and _LANGUAGE.fullmatch(text) else ""


def _balanced(line: str) -> str:
    """`line` with only those direction marks that open and close properly."""
    chars: list[str] = list(line)
    open_at: list[int] = []
    dropped: set[int] = set()
    for at, char in enumerate(chars):
        if char in _OVERRIDES or char in _EMBEDDINGS or char in _ISOLATES:
            open_at.append(at)
        elif char in (_POP_EMBEDDING, _POP_ISOLATE):
            dropped.update(_closed(chars, open_at, at))
    return "".join(char for at, char in enumerate(chars) if at not in dropped.union(open_at))


def _closed(chars: list[str], open_at: list[int], at: int) -> list[int]:
    """Positions to drop for the closing mark at `at`; takes its opening off `open_at`."""
    openings = _ISOLATES if chars[at] == _POP_ISOLATE else _OVERRIDES + _EMBEDDINGS
    if not open_at or chars[open_at[-1]] not in openings:
        return [at]
    opened = open_at.pop()
    return [opened, at] if chars[opened] in _OVERRIDES else []
