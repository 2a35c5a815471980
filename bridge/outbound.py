"""A conversation's lines as Slack messages for agents; pure.

Every word here may be a customer's, so all of it stands in plain text that can mention nobody,
link nowhere and format nothing. Slack limits a message to about 13,000 characters of blocks after
escaping; what does not fit is left out from its beginning, with a remark, and kept in a file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.cases import CaseLine
from core.clean import clean, shown_name
from core.messages import Author, AuthorKind

MOST_IN_SECTION = 2900
MOST_IN_MESSAGE = 9500
_FURTHER = "│ "  # before what goes on with somebody's line
_LINE_ENDS = re.compile(r"\n(?:[^\S\n]*\n)*")  # with the empty lines that follow

_NAMES = {
    AuthorKind.CUSTOMER: "Customer",
    AuthorKind.BOT: "Bot",
    AuthorKind.AGENT: "Agent",
    AuthorKind.SYSTEM: "System",
}
ICONS = {AuthorKind.CUSTOMER: ":speech_balloon:", AuthorKind.BOT: ":robot_face:"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A message's text and blocks; `whole` is everything when the blocks do not show it all."""

    text: str
    blocks: tuple[Json, ...]
    whole: str = ""


def name_of(line: CaseLine) -> str:
    return shown_name(line.author.name) or _NAMES[line.author.kind]


def only_author(lines: Sequence[CaseLine]) -> Author | None:
    """Who has written all of `lines`, if they can stand under one name: of what is long each line
    is named, in its file too."""
    first = lines[0].author
    fits = len(lines) == 1 or sum(width(line.text) for line in lines) <= MOST_IN_SECTION
    return first if fits and all(line.author == first for line in lines) else None


def relayed(lines: Sequence[CaseLine], *, named: bool, lost: Sequence[str] = ()) -> Sheet:
    """Lines of one author, whose name is written before each if they are to be `named`; `lost`
    are files that could not come."""
    name = name_of(lines[0])
    if named:
        return _sheet([_said(line, lost) for line in lines], name, marked=True)
    return _sheet([_words(line, clean(line.text), lost) for line in lines], name)


def transcript(lines: Sequence[CaseLine], *, lost: Sequence[str] = ()) -> Sheet:
    """Several lines, oldest first."""
    shown = [_said(line) for line in lines]
    shown += [_lost(name) for name in lost]
    return _sheet(shown, "The conversation so far", marked=True)


def note(text: str, code: str = "") -> Sheet:
    """A line of ours for the agents, perhaps with something to copy below it."""
    sheet = _sheet([text], "frontdesk")
    return Sheet(sheet.text, (*sheet.blocks, _code(code)), sheet.whole) if code else sheet


def _code(text: str) -> Json:
    """Rich text has nothing that could be mistaken for markup, nor any that ends a block."""
    letters = {"type": "text", "text": text}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [letters]}],
    }


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    """A block that shows `text` as it is."""
    return {"type": "section", "text": plain(text)}


def width(text: str) -> int:
    """How long `text` is for Slack, which counts it escaped."""
    return len(html.escape(text, quote=False))


def cut(text: str, longest: int) -> tuple[str, str]:
    """`text` in two, the first part no wider than `longest` once escaped."""
    taken = 0
    for at, character in enumerate(text):
        taken += width(character)
        if taken > longest:
            return text[:at], text[at:]
    return text, ""


def _said(line: CaseLine, lost: Sequence[str] = ()) -> str:
    """Below the first line, which begins with a name, none may look as if it began with one."""
    text = _LINE_ENDS.sub(f"\n{_FURTHER}", clean(line.text))
    return f"{name_of(line)}: {_words(line, text, lost)}"


def _words(line: CaseLine, text: str, lost: Sequence[str] = ()) -> str:
    if line.deleted:
        return "(deleted by the customer)"
    text += " (edited)" if line.edited else ""
    files = [_lost(a.name) if a.name in lost else _file(a.name) for a in line.attachments]
    return "\n".join([text, *files] if line.text.strip() else files) or "…"


def _file(name: str) -> str:
    return f"📎 {shown_name(name)}"


def _lost(name: str) -> str:
    return f"{_file(name)} (this file could not be fetched)"


def _sheet(lines: Sequence[str], summary: str, *, marked: bool = False) -> Sheet:
    """`marked`: lines begin with names, so a part of one begins with a mark."""
    kept, left_out = _newest(lines)
    short, rest = cut(kept[-1], MOST_IN_MESSAGE) if len(kept) == 1 else ("", "")
    if rest:
        kept = [short]
    remarks = []
    if left_out:
        remarks.append(f"{left_out} earlier lines are left out here; the file has them all.")
    if rest:
        remarks.append("This is too long to show; the file has the whole text.")
    text = "\n".join(kept)
    blocks = [*map(_remark, remarks), *map(section, _pieces(text, _FURTHER if marked else ""))]
    whole = "\n".join(lines) if remarks else ""
    first, more = cut(text, 300)
    return Sheet(f"{summary}: {first}{'…' if more else ''}", tuple(blocks), whole)


def _newest(lines: Sequence[str]) -> tuple[list[str], int]:
    """As many of the last lines as fit, at least one, and how many are left out."""
    kept: list[str] = []
    used = 0
    for line in reversed(lines):
        used += width(line) + 1
        if kept and used > MOST_IN_MESSAGE:
            break
        kept.append(line)
    return kept[::-1] or ["…"], len(lines) - len(kept)


def _pieces(text: str, further: str) -> list[str]:
    """`text` in portions that a section can hold, parted between lines or else between words;
    what goes on with a line begins with `further`."""
    pieces = []
    while text:
        piece, rest = cut(text, MOST_IN_SECTION)
        end = max(piece.rfind("\n"), piece.rfind(" ") if "\n" not in piece else -1)
        if rest and end > max(len(further) - 1, 0):
            piece, rest = text[:end], text[end + 1 :]
        begins_line = text[len(piece) : len(piece) + 1] == "\n"
        pieces.append(piece if piece.strip() else "…")
        text = rest if begins_line or not rest else further + rest
    return pieces or ["…"]


def _remark(text: str) -> Json:
    return {"type": "context", "elements": [plain(text)]}
