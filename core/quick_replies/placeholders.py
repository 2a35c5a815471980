"""Texts with `{placeholders}`, parsed once so that a wrong brace is found by `check`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PIECE = re.compile(r"(\{\{|\}\})|\{([^{}]*)\}|([{}])|([^{}]+)")
_NAME = re.compile(r"\s*([^\W\d][\w.]*)\s*")


class BadTemplate(ValueError):
    """A text's braces make no sense; the message says which and what to write."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: `pieces` are literal texts, and placeholders as (name,)."""

    pieces: tuple[str | tuple[str], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises BadTemplate."""
        pieces = tuple(_piece(found) for found in _PIECE.finditer(text))
        return cls((text,) if pieces == (text,) else pieces)  # the text itself, not a copy of it

    @property
    def literal(self) -> str | None:
        """The whole text where nothing is left to fill in."""
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], str) else None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(piece[0] for piece in self.pieces if isinstance(piece, tuple))

    def fill(self, values: Mapping[str, str]) -> str | None:
        """The text with every value in place, None when one is missing or empty."""
        filled = [values.get(p[0], "") if isinstance(p, tuple) else p for p in self.pieces]
        missing = any(
            not text for text, piece in zip(filled, self.pieces, strict=True) if piece != text
        )
        return None if missing else "".join(filled)


def _piece(found: re.Match[str]) -> str | tuple[str]:
    doubled, name, alone, literal = found.groups()
    if doubled:
        return str(doubled[0])
    if literal:
        return str(literal)
    if alone:
        raise BadTemplate(f"a single {alone} stands for nothing; write {alone * 2} for a brace")
    named = _NAME.fullmatch(name)
    if not named:
        raise BadTemplate(
            f"{{{name}}} is not a placeholder; write {{{{{name}}}}} if the braces are meant"
        )
    return (named[1],)
