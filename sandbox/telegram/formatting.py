"""Text as Telegram keeps it: cleaned, counted in UTF-16 code units, its formatting as entities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.html import parse_html
from sandbox.telegram.refusal import bad_request
from sandbox.telegram.utf16 import length, slice_units

Entity = dict[str, Any]

_KEYS: dict[str, frozenset[str]] = {
    **{
        kind: frozenset()
        for kind in [
            "mention",
            "hashtag",
            "cashtag",
            "bot_command",
            "url",
            "email",
            "phone_number",
            "bold",
            "italic",
            "underline",
            "strikethrough",
            "spoiler",
            "blockquote",
            "expandable_blockquote",
            "code",
        ]
    },
    "pre": frozenset({"language"}),
    "text_link": frozenset({"url"}),
    "text_mention": frozenset({"user"}),
    "custom_emoji": frozenset({"custom_emoji_id"}),
}
_NEEDED = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}

# Telegram turns control characters into spaces and drops carriage returns.
_CLEANED = {code: " " for code in range(32) if chr(code) not in "\n\r"} | {ord("\r"): ""}

_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{5,32})?(?!\w))"
    r"|(?P<url>https?://[^\s<>]+)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<mention>(?<!\w)@[A-Za-z]\w{4,31})"
)


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text without markup, and its entities with offsets and lengths in UTF-16 code units."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)


def formatted(text: str, parse_mode: str | None, entities: Sequence[Any] | None) -> Formatted:
    """The text a bot sent; raises Refusal for wrong markup or entities."""
    if parse_mode and entities:
        raise bad_request("give parse_mode or entities, not both: parse_mode would win silently")
    if not parse_mode:
        if entities and "\r" in text:
            raise bad_request("a carriage return would move the entities: send line feeds only")
        checked = [_checked(entity, text) for entity in entities or ()]
        _check_nesting(checked)
        return _trimmed(text.translate(_CLEANED), checked)
    if parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode: this stand-in takes HTML or entities")
    plain, found = parse_html(text)
    _check_nesting(found)
    return _trimmed(plain.translate(_CLEANED), found)


def detected(text: str) -> list[Entity]:
    """The entities that Telegram finds by itself in what people write: commands, links, names."""
    return [
        {
            "type": match.lastgroup,
            "offset": length(text[: match.start()]),
            "length": length(match.group()),
        }
        for match in _FOUND.finditer(text)
    ]


def _checked(entity: Any, text: str) -> Entity:
    if not isinstance(entity, dict) or entity.get("type") not in _KEYS:
        raise bad_request("can't parse MessageEntity: unknown or missing type")
    kind = entity["type"]
    unknown = set(entity) - {"type", "offset", "length"} - _KEYS[kind]
    if unknown:
        raise bad_request(f'can\'t parse MessageEntity: {kind} has no field "{min(unknown)}"')
    if kind in _NEEDED and not entity.get(_NEEDED[kind]):
        raise bad_request(f'can\'t parse MessageEntity: {kind} needs "{_NEEDED[kind]}"')
    offset, size = entity.get("offset"), entity.get("length")
    if type(offset) is not int or type(size) is not int:
        raise bad_request("can't parse MessageEntity: offset and length must be integers")
    if offset < 0 or size <= 0 or offset + size > length(text):
        raise bad_request("ENTITY_BOUNDS_INVALID")
    if slice_units(text, offset, offset + size) is None:
        raise bad_request("ENTITY_BOUNDS_INVALID: an entity cuts a surrogate pair")
    return dict(entity)


def _check_nesting(entities: list[Entity]) -> None:
    spans = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in entities]
    for number, (start, end, kind) in enumerate(spans):
        for other_start, other_end, other in spans[number + 1 :]:
            if other_start >= end or other_end <= start:
                continue
            nested = (start <= other_start and other_end <= end) or (
                other_start <= start and end <= other_end
            )
            if not nested:
                raise bad_request(f"ENTITIES_OVERLAP: {kind} and {other} cross each other")
            if "code" in (kind, other) and "pre" in (kind, other):
                raise bad_request("ENTITIES_OVERLAP: code and pre can't contain each other")


def _trimmed(text: str, entities: list[Entity]) -> Formatted:
    """As shown: Telegram takes white space off both ends and moves the entities along."""
    kept = text.strip()
    before = length(text[: len(text) - len(text.lstrip())])
    total = length(kept)
    moved = []
    for entity in entities:
        start = max(entity["offset"] - before, 0)
        end = min(entity["offset"] + entity["length"] - before, total)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return Formatted(kept, sorted(moved, key=lambda e: (e["offset"], -e["length"])))
