"""Show the line of a file on which a mistake is, with a caret below it, as compilers do.

The line goes to terminals, logs and bug reports. So secrets in it are hidden, and what moves the
cursor or cannot be seen is spelt out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import zip_longest

_WIDTH = 80  # columns of a terminal for the line itself
_AROUND = 400  # characters on either side of the caret that are looked at
_BEFORE = 2_000  # characters before the line in which a secret's key is looked for
_TAB = "    "
_HIDDEN, _CUT = "[hidden]", "…"

_TOKEN = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|\bsk-[\w-]{16,}|\b\d{6,12}:[\w-]{20,}|(?<=://)[^\s\"']*(?=@)"
    r"|(?<=password=)[^\s\"'&]+"
    # Whatever else is long and both letters and digits was hardly written by a person.
    r"|\b(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{20,}",
    re.ASCII,
)
_KEY = re.compile(r"""(?:^|[{,\[\n-])[ \t]*["']?([\w.-]{2,40})["']?[ \t]*:(?=[\s"'\[{]|$)""")
_SECRET_NAME = re.compile(r"(?i)token|secret|passw|credential|(?:^|_)key$")
_SECRET_NAMES = (
    *("token", "bot_token", "app_token", "metrics_token", "api_key", "password"),
    *("signing_secret", "webhook_secret", "identity_secret"),
)
_COUNTS = frozenset(("max_answer_tokens",))  # what is no secret, whatever its name sounds like
_REFERENCE = re.compile(r"""["'\s]*\$\{\w*(?::-)?\}["'\s,\]}]*(?:#.*)?""")

Span = tuple[int, int]
Cell = tuple[str, int]
"""What one character of the file is shown as, and how many columns that takes."""


def excerpt(text: str, start: int, line: int, column: int, secrets: Collection[str] = ()) -> str:
    """Line number `line`, which begins at `start` of `text`, and a caret below `column`.

    `secrets` are hidden wherever they stand. "" when there is nothing to see on the line.
    """
    whole = re.compile(r"[^\r\n]*").match(text, start)
    end = whole.end() if whole else start
    at = min(start + column - 1, end)
    first, last = max(start, at - _AROUND), min(end, at + _AROUND)
    if not text[first:last].strip():
        return ""
    hidden = _joined(sorted(_hidden(text, start, first, last, secrets)))
    cells = [_cell(text, index, hidden) for index in range(first, last)]
    before, shown = _window(cells, at - first, cut=(first > start, last < end))
    return f"{line:4} | {shown}\n     | {' ' * before}^"


def _hidden(
    text: str, start: int, first: int, last: int, secrets: Collection[str]
) -> Iterator[Span]:
    for found in _TOKEN.finditer(text, first, last):
        yield found.span()
    for secret in secrets:
        for found in re.finditer(re.escape(secret), text[first:last]):
            yield found.start() + first, found.end() + first
    for begin, end in _values_of_secrets(text, max(0, first - _BEFORE), last):
        piece = text[max(begin, first) : min(end, last)]
        if piece.strip() and not _REFERENCE.fullmatch(text, max(begin, start), min(end, last)):
            yield max(begin, first) + len(piece) - len(piece.lstrip()), min(end, last)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for begin, end in spans:
        if joined and begin <= joined[-1][1]:
            begin, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((begin, end))
    return joined


def _values_of_secrets(text: str, start: int, end: int) -> Iterator[Span]:
    """From a key that names a secret to the next key, as far as can be told without a parser."""
    keys = [*_KEY.finditer(text, start, end)]
    for key, following in zip_longest(keys, keys[1:]):
        if _names_a_secret(key[1]):
            yield key.end(), following.start() if following else end


@lru_cache(maxsize=512)
def _names_a_secret(name: str) -> bool:
    """Also where it is misspelt: its value is no less a secret."""
    if name in _COUNTS:
        return False
    import difflib  # only where there is a mistake

    near = difflib.get_close_matches(name.lower(), _SECRET_NAMES, n=1, cutoff=0.75)
    return bool(near or _SECRET_NAME.search(name))


def _cell(text: str, index: int, hidden: Collection[Span]) -> Cell:
    for begin, end in hidden:
        if begin <= index < end:
            return (_HIDDEN, len(_HIDDEN)) if index == begin else ("", 0)
    char = text[index]
    if char == "\t":
        return _TAB, len(_TAB)
    if not char.isprintable():
        spelt = char.encode("unicode_escape").decode()
        return spelt, len(spelt)
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _window(cells: list[Cell], at: int, cut: tuple[bool, bool]) -> tuple[int, str]:
    """How many columns lie before the caret, and as much of the line as fits."""
    first, last = at, at
    room = _WIDTH
    while room > 0 and (first > 0 or last < len(cells)):
        # What leads up to the mistake says more than what follows it.
        left_is_due = first > 0 and (at - first <= 2 * (last - at) or last == len(cells))
        if left_is_due:
            first -= 1
            room -= cells[first][1]
        else:
            room -= cells[last][1]
            last += 1
    begins = _CUT if first > 0 or cut[0] else ""
    ends = _CUT if last < len(cells) or cut[1] else ""
    before = len(begins) + sum(width for _, width in cells[first:at])
    return before, f"{begins}{''.join(shown for shown, _ in cells[first:last])}{ends}".rstrip()
