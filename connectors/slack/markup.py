"""Between Slack's markup and plain text, so that no text of one side means anything on the other.

Slack escapes `&`, `<` and `>` and nothing else; whatever still stands between angle brackets is
its own control sequence. Escaping happens exactly once, where a text goes out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from core.clean import clean

_SEQUENCE = re.compile(r"<([^<>\n]*)>")
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_UNESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def escaped(text: str) -> str:
    """`text` as Slack must be given it to show exactly these characters."""
    return html.escape(text, quote=False)


def harmless(name: str, longest: int = 80) -> str:
    """A name for a place that takes no escapes and should need none."""
    line = " ".join(clean(name).split()).replace("<", "‹").replace(">", "›")
    return line[:longest]


def people_in(text: str) -> frozenset[str]:
    """The ids of everybody whom a text of Slack's mentions."""
    return frozenset(_PERSON.findall(text))


def plain(text: str, names: Mapping[str, str]) -> str:
    """What a person reads in a text of Slack's. `names` has a name for every id it knows."""
    shown = _SEQUENCE.sub(lambda found: _read(found[1], names), text)
    for entity, character in _UNESCAPES:
        shown = shown.replace(entity, character)
    return clean(shown)


def without_leading_mention(text: str, user: str) -> str:
    """`text` without the mention of `user` that it begins with, for a bot called by its name."""
    return re.sub(rf"^\s*<@{re.escape(user)}(?:\|[^<>]*)?>[\s:,]*", "", text)


def _read(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return f"@{names.get(target[1:]) or label or 'someone'}"
        case "#":
            return f"#{label or 'channel'}"
        case "!":
            return _broadcast(target[1:], label)
        case _:
            return _link(target, label)


def _broadcast(target: str, label: str) -> str:
    """A group, a date, or one of Slack's words for everybody."""
    if target.startswith(("subteam", "date")):
        return label or "@group"
    return label or f"@{target}"


def _link(target: str, label: str) -> str:
    address = target.removeprefix("mailto:").removeprefix("tel:")
    # Slack makes a link of every address it sees and labels it with the words that were typed.
    if not label or label == address or address == f"http://{label}":
        return label or address
    return f"{label} ({address})"
