"""What Slack makes of text: of what a person types, and of what an app posts.

An app's text is markup. `mentions_of` tells what a post would do to its readers, so that a test
can say that a customer's words notify nobody, link nowhere and format nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.message import Message

_TYPED = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)>"
    r"|<#(?P<channel>[CG][A-Z0-9]+)>"
    r"|(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)'\"\]])"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<bare>\b[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.(?:com|org|net|io)\b(?:/[^\s<>|]*)?)"
)
_CONTROL = re.compile(r"<([^<>\n]+)>")
_BARE_URL = re.compile(r"\bhttps?://[^\s<>|]+|\bwww\.[^\s<>|]+", re.IGNORECASE)
_AT_ALL = re.compile(r"(?<![\w&])@(?:here|channel|everyone)\b")
_AT_NAME = re.compile(r"(?<![\w&])[@#][\w.-]+")
_FORMATTING = re.compile(
    r"```.+?```|`[^`\n]+`"
    r"|(?<![\w*])\*(?=\S)[^*\n]*[^\s*]\*(?![\w*])"
    r"|(?<![\w_])_(?=\S)[^_\n]*[^\s_]_(?![\w_])"
    r"|(?<![\w~])~(?=\S)[^~\n]*[^\s~]~(?![\w~])"
    r"|^(?:>|&gt;)[^\n]*",
    re.DOTALL | re.MULTILINE,
)
_EMOJI = re.compile(r":[a-z0-9_+'-]*[a-z+][a-z0-9_+'-]*:")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_typed(text: str, users: Mapping[str, Any], channels: Mapping[str, Any]) -> str:
    """What Slack stores when a person sends `text`.

    `<@U…>` and `<#C…>` stand for a person or a channel picked from the composer's list.
    Addresses become links; everything else is escaped.
    """
    parts: list[str] = []
    end = 0
    for match in _TYPED.finditer(text):
        parts += [escaped(text[end : match.start()]), _typed_token(match, users, channels)]
        end = match.end()
    return "".join([*parts, escaped(text[end:])])


def _typed_token(
    match: re.Match[str], users: Mapping[str, Any], channels: Mapping[str, Any]
) -> str:
    token = match[0]
    if match["user"] in users:
        return token
    if match["channel"] in channels:
        return f"<#{match['channel']}|{channels[match['channel']].name}>"
    if match["url"]:
        return f"<{escaped(token)}>"
    if match["mail"]:
        return f"<mailto:{token}|{token}>"
    if match["bare"]:
        return f"<http://{escaped(token)}|{escaped(token)}>"
    return escaped(token)


@dataclass(frozen=True, slots=True)
class Surface:
    """A piece of a post's text, with how Slack reads it.

    Raw control sequences (`<…>`) work on every surface that is not `plain`. `formats` says
    whether `*bold*` and the like do, `links_bare` whether a bare address becomes a link, `names`
    whether a bare `@name` or `#name` does.
    """

    text: str
    plain: bool = False
    formats: bool = True
    links_bare: bool = True
    names: bool = False
    emoji: bool = True


@dataclass(slots=True)
class Mentions:
    """What a post does besides showing its words; each list holds the text that does it."""

    broadcasts: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    bare_links: list[str] = field(default_factory=list)
    formatting: list[str] = field(default_factory=list)
    emoji: list[str] = field(default_factory=list)

    @property
    def pings(self) -> list[str]:
        """Whatever notifies somebody."""
        return [*self.broadcasts, *self.users, *self.groups, *self.names]


def mentions_of(post: Message | Surface | Iterable[Surface]) -> Mentions:
    """What a message, or some of its surfaces, would mention, link and format."""
    found = Mentions()
    if isinstance(post, Message):
        _inspect_rich_text(post.blocks, found)
        post = surfaces_of(post)
    for surface in [post] if isinstance(post, Surface) else post:
        _inspect(surface, found)
    return found


def surfaces_of(message: Message) -> list[Surface]:
    """Every text of a message: its own, those of its blocks and of its attachments."""
    flags = message.flags
    parse = flags.get("parse")
    names = bool(flags.get("link_names")) or parse == "full"
    own = Surface(
        message.text,
        formats=flags.get("mrkdwn", True),
        links_bare=parse != "none",
        names=names,
    )
    return [own, *_nested(message.blocks), *_nested(message.attachments)]


def _nested(value: Any) -> Iterator[Surface]:
    if isinstance(value, list):
        for item in value:
            yield from _nested(item)
    elif isinstance(value, dict) and value.get("type") == "rich_text":
        return
    elif isinstance(value, dict):
        if (surface := _surface(value)) is not None:
            yield surface
        for content in value.values():
            yield from _nested(content)


def _surface(value: Mapping[str, Any]) -> Surface | None:
    text = value.get("text")
    if not isinstance(text, str):
        return None
    if value.get("type") == "plain_text":
        return Surface(text, plain=True, emoji=value.get("emoji", True))
    return Surface(text, links_bare=not value.get("verbatim", False))


def _inspect(surface: Surface, found: Mentions) -> None:
    text = surface.text
    if surface.emoji:
        found.emoji += _EMOJI.findall(text)
    if surface.plain:
        return
    for match in _CONTROL.finditer(text):
        _list_for(match[1], found).append(match[0])
    if surface.formats:
        found.formatting += [m[0] for m in _FORMATTING.finditer(text)]
    rest = _CONTROL.sub(" ", text)
    if surface.links_bare:
        found.bare_links += _BARE_URL.findall(rest)
        found.names += _AT_ALL.findall(rest) if not surface.names else []
    if surface.names:
        found.names += _AT_NAME.findall(rest)


def _list_for(control: str, found: Mentions) -> list[str]:
    if control.startswith("!subteam"):
        return found.groups
    if control.startswith("!date"):
        return found.formatting
    kinds = {"!": found.broadcasts, "@": found.users, "#": found.channels}
    return kinds.get(control[0], found.links)


_RICH: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "broadcast": ("broadcasts", lambda e: f"<!{e.get('range')}>"),
    "user": ("users", lambda e: f"<@{e.get('user_id')}>"),
    "usergroup": ("groups", lambda e: f"<!subteam^{e.get('usergroup_id')}>"),
    "channel": ("channels", lambda e: f"<#{e.get('channel_id')}>"),
    "link": ("links", lambda e: f"<{e.get('url')}>"),
    "emoji": ("emoji", lambda e: f":{e.get('name')}:"),
}


def _inspect_rich_text(value: Any, found: Mentions) -> None:
    if isinstance(value, list):
        for item in value:
            _inspect_rich_text(item, found)
    elif isinstance(value, dict):
        if (kind := _RICH.get(str(value.get("type")))) is not None:
            getattr(found, kind[0]).append(kind[1](value))
        elif value.get("type") == "text" and value.get("style"):
            found.formatting.append(str(value.get("text")))
        _inspect_rich_text(value.get("elements", []), found)
