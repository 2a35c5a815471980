"""Regular expressions by RE2, because the owner's patterns run on strangers' messages.

RE2 needs time in proportion to the message, whatever the pattern; in exchange it has no
look-ahead and no back-references, and the reasons it gives are short, so they are explained here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import re2  # type: ignore[import-untyped]

from core.folding import plain

MAX_PATTERN = 1_000
_MAX_MEMORY = 8 << 20

_EXPLAINED = (
    (("(?=",), "RE2 has no look-ahead", "put what must occur as well under `all`"),
    (("(?!",), "RE2 has no look-ahead", "put what must not occur under `none`"),
    (("(?<=", "(?<!"), "RE2 has no look-behind", "match the text before it as well"),
    (("operator: (?P",), "RE2 has no back-references", "write the repeated part out"),
    (
        ("invalid named capture group",),
        "a group has no proper name",
        "write (?P<name>…), with letters, digits and _ in the name",
    ),
    (("(?>", "(?#", "(?("), "RE2 has no such group", "use (?:…)"),
    (
        (r"\Z",),
        r"RE2 writes the end of the text as \z",
        r"write \z or $",
    ),
    (
        ("bad repetition operator",),
        "RE2 has no possessive or repeated repetition",
        "use one of *, +, ? or {n,m}",
    ),
    (
        ("missing )", "unexpected )"),
        "the brackets ( ) do not pair",
        r"write \( for a bracket itself",
    ),
    (("missing ]",), "the brackets [ ] do not pair", r"write \[ for a bracket itself"),
    (
        ("no argument for repetition",),
        "there is nothing to repeat before *, + or ?",
        r"write \* for a star itself",
    ),
    (
        ("invalid repetition size",),
        "repetitions may come to 1,000 at most, nested ones multiplied",
        "use + or a smaller number",
    ),
    (("pattern too large",), "the pattern is too large when unfolded", "use smaller repetitions"),
)


_NO_NAMES: frozenset[str] = frozenset()


class BadRegex(ValueError):
    """A pattern that cannot be used: a reason and a hint for its author."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Pattern:
    """One pattern; case does not matter, accents do. It is compiled to see whether it can be, and
    again when a message may have it for the first time: most of a thousand never are."""

    __slots__ = ("_regex", "names", "narrow", "source")

    def __init__(self, source: str) -> None:
        """Raises BadRegex."""
        if not source:
            raise BadRegex("the pattern is empty, so it would match everything")
        if len(source) > MAX_PATTERN:
            raise BadRegex(f"the pattern is longer than {MAX_PATTERN:,} characters")
        self.source = source
        self.narrow = _narrow(source)
        self._regex: re2._Regexp | None = None
        self.names = frozenset(_compile(self.narrow).groupindex) or _NO_NAMES

    def search(self, text: bytes) -> Mapping[str, str] | None:
        """The named groups that took part, None when nothing in `text` matches: the UTF-8 of
        what went through `core.folding.plain`, encoded once for all patterns."""
        if self._regex is None:
            self._regex = _compile(self.narrow)
        found = self._regex.search(text)
        if found is None or not self.names:
            return None if found is None else {}
        groups = found.groupdict().items()
        return {name: value.decode("utf-8", "replace") for name, value in groups if value}


def options(max_memory: int = _MAX_MEMORY) -> re2.Options:
    """How every pattern is meant."""
    chosen = re2.Options()
    chosen.max_mem = max_memory
    chosen.case_sensitive = False
    chosen.log_errors = False
    return chosen


def _compile(narrow: str) -> re2._Regexp:
    try:
        return re2.compile(narrow, options())
    except (re2.error, UnicodeError) as error:
        raise _explained(error) from None


def _narrow(source: str) -> str:
    # Messages are searched with full width made narrow, so a full-width bracket in a pattern
    # must become an escaped narrow one: it is meant as a character, never as syntax.
    composed = unicodedata.normalize("NFC", source)
    return "".join(c if plain(c) == c else re2.escape(plain(c)) for c in composed)


def _explained(error: Exception) -> BadRegex:
    raw = error.args[0] if error.args else ""
    said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    if said.startswith("invalid escape sequence: \\") and said[-1:].isdigit():
        return BadRegex("RE2 has no back-references", "write the repeated part out")
    for needles, reason, hint in _EXPLAINED:
        if any(needle in said for needle in needles):
            return BadRegex(f"{reason} ({said})", hint)
    return BadRegex(said or "not a regular expression")
