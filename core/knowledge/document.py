"""What a knowledge file comes to, whatever its format: titled sections, then passages."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import FrontdeskError


class BadFile(FrontdeskError):
    """A knowledge file that cannot be read; the place counts from 1, the hint says what to do."""

    def __init__(self, message: str, hint: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of text under one heading. `headings` leads from the document's title down to it.

    `title` and `url` are its own where they differ from the document's.
    """

    headings: tuple[str, ...]
    text: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. `url` is where customers find it, "" when it is nowhere."""

    title: str
    url: str
    sections: tuple[Section, ...]
    faults: tuple[BadFile, ...] = ()
    """What of it was left out, and why."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What GPT is given at once: a few paragraphs at most, and where they stand."""

    title: str
    url: str
    heading: str
    text: str


def web_address(value: str) -> str:
    """`value` when it is an address that a customer may be sent to, else ""."""
    value = value.strip()
    scheme, separator, rest = value.partition("://")
    unsafe = any(char.isspace() or not char.isprintable() or char in "<>\"'" for char in value)
    is_web = separator and scheme.lower() in ("http", "https") and rest[:1] not in ("", "/")
    return value if is_web and not unsafe else ""
