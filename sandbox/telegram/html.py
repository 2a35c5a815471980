"""Telegram's own HTML, read as strictly as the Bot API does: what it can't parse is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.refusal import Refusal, bad_request
from sandbox.telegram.utf16 import length

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)*)\s*>"
)
_NAME = re.compile(r"</?([^\s>]*)")
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(lt|gt|amp|quot));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LINK = re.compile(r"(?i)(https?://[^\s/]|tg://|mailto:|tel:)")


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    offset: int
    attributes: dict[str, str]


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text of `source` and its entities. Raises Refusal with the place in bytes."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.parts: list[str] = []
        self.units = 0
        self.open: list[_Open] = []
        self.entities: list[dict[str, Any]] = []

    def parse(self) -> tuple[str, list[dict[str, Any]]]:
        while self.position < len(self.source):
            match self.source[self.position]:
                case "<":
                    self._tag()
                case "&":
                    self._reference()
                case _:
                    self._plain()
        if self.open:
            raise _wrong(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        return "".join(self.parts), self.entities

    def _emit(self, text: str, end: int) -> None:
        self.parts.append(text)
        self.units += length(text)
        self.position = end

    def _plain(self) -> None:
        stop = re.compile(r"[<&]").search(self.source, self.position)
        end = stop.start() if stop else len(self.source)
        self._emit(self.source[self.position : end], end)

    def _reference(self) -> None:
        found = _REFERENCE.match(self.source, self.position)
        if found is None:
            self._emit("&", self.position + 1)
            return
        decimal, hexadecimal, name = found.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        known = 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF
        text = _NAMED[name] if name else chr(code) if known else found.group()
        self._emit(text, found.end())

    def _tag(self) -> None:
        found = _TAG.match(self.source, self.position)
        if found is None or found["name"].lower() not in _KINDS:
            raise self._unsupported()
        if found["end"]:
            self._close(found["name"].lower())
        else:
            self._start(found["name"].lower(), found["attributes"])
        self.position = found.end()

    def _unsupported(self) -> Refusal:
        if ">" not in self.source[self.position :]:
            return self._at("Unclosed start tag")
        name = _NAME.match(self.source, self.position)
        label = name[1] if name else ""
        if self.source.startswith("</", self.position):
            return self._at("Unexpected end tag")
        return self._at(f'Unsupported start tag "{label}"')

    def _start(self, name: str, raw: str) -> None:
        attributes = {
            key.lower(): double or single or bare
            for key, double, single, bare in _ATTRIBUTE.findall(raw)
        }
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._at('Tag "span" must have class "tg-spoiler"')
        if name == "tg-emoji" and not attributes.get("emoji-id"):
            raise self._at('Tag "tg-emoji" must have attribute "emoji-id"')
        if name == "a" and not _LINK.match(attributes.get("href", "")):
            # Telegram would show such a link as bare text without a word to the bot.
            raise self._at('Tag "a" needs an "href" that people can open')
        self.open.append(_Open(name, self.units, attributes))

    def _close(self, name: str) -> None:
        if not self.open:
            raise self._at("Unexpected end tag")
        opened = self.open.pop()
        if opened.name != name:
            raise self._at(
                "Unmatched end tag", f', expected "</{opened.name}>", found "</{name}>"'
            )
        if self.units > opened.offset:
            self._add(opened)

    def _add(self, opened: _Open) -> None:
        size = self.units - opened.offset
        entity: dict[str, Any] = {"type": _KINDS[opened.name]}
        if opened.name == "code" and self.open and self.open[-1].name == "pre":
            # <pre><code class="language-x"> is one entity, written by its outer tag.
            language = opened.attributes.get("class", "").removeprefix("language-")
            self.open[-1].attributes["language"] = language
            return
        if opened.attributes.get("language"):
            entity["language"] = opened.attributes["language"]
        if opened.name == "a":
            entity["url"] = _REFERENCE.sub(_decoded, opened.attributes["href"])
        if opened.name == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes["emoji-id"]
        if "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        self.entities.append({**entity, "offset": opened.offset, "length": size})

    def _at(self, reason: str, detail: str = "") -> Refusal:
        place = len(self.source[: self.position].encode())
        return _wrong(f"{reason} at byte offset {place}{detail}")


def _decoded(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED[name]
    return chr(int(decimal) if decimal else int(hexadecimal, 16))


def _wrong(reason: str) -> Refusal:
    return bad_request(f"can't parse entities: {reason}")
