"""Saved web pages: their words without menus, scripts and decoration, cut at their headings."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from core.knowledge.document import Document, Section, web_address

_SKIPPED = frozenset(
    (
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "nav",
        "footer",
        "aside",
        "form",
        "button",
        "select",
        "iframe",
        "object",
        "dialog",
    )
)
_BLOCKS = frozenset(
    (
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "tr",
        "table",
        "section",
        "article",
        "main",
        "header",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "details",
        "summary",
        "address",
        "br",
        "hr",
        "body",
    )
)
_CELLS = frozenset(("td", "th"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What has no end, the standard parser looks for anew from every later place, which takes hours for
# a megabyte of "<!--". So what nobody reads is cut out first, and no tag is left without an end.
_UNREAD = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<!\[.*?(?:\]>|\Z)|<[!?][^>]*(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")


def read_html(text: str, name: str) -> Document:
    """`name` is the title when the page has none of its own. Whatever it is, it can be read."""
    page = _Page()
    # Browsers write into a page that they save where it came from.
    if saved := _SAVED_FROM.search(text):
        page.url = web_address(saved[1])
    page.feed(_bounded(text))
    page.close()
    page.finish()
    sections = page.main or page.sections
    first = next((s.headings[0] for s in sections if s.headings), "")
    return Document(page.title or first or name, page.url, tuple(sections))


def _bounded(text: str) -> str:
    text = _UNREAD.sub(" ", text)
    end = text.rfind(">") + 1
    return text[:end] + text[end:].replace("<", "&lt;")


class _Page(HTMLParser):
    """Collects sections; those inside <main> or <article> apart, since a page that has one says
    there what it is about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.url = ""
        self.sections: list[Section] = []
        self.main: list[Section] = []
        self._path: list[tuple[int, str]] = []
        self._text: list[str] = []
        self._skipping = ""
        self._depth = 0  # of elements with the name of the one that is skipped
        self._inside = 0  # <main> and <article>
        self._in_title = False
        self._level = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            self._depth += tag == self._skipping
            return
        if tag in _SKIPPED:
            self._skipping, self._depth = tag, 1
        elif tag == "link":
            self._link(dict(attrs))
        elif tag == "title":
            self._in_title = not self.title
        elif tag in _HEADINGS:
            self._end_section()
            self._level = _HEADINGS[tag]
        elif tag in ("main", "article"):
            self._end_section()
            self._inside += 1
        elif tag in _CELLS:
            self._text.append(" | ")
        elif tag in _BLOCKS:
            self._text.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._depth -= tag == self._skipping
            self._skipping = self._skipping if self._depth else ""
        elif tag == "title":
            self._in_title = False
        elif tag in _HEADINGS and self._level:
            self._end_heading()
        elif tag in ("main", "article") and self._inside:
            self._end_section()
            self._inside -= 1
        elif tag in _BLOCKS:
            self._text.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = " ".join(f"{self.title} {data}".split())
        elif not self._skipping:
            self._text.append(re.sub(r"\s+", " ", data))

    def finish(self) -> None:
        if self._level:
            self._end_heading()
        self._end_section()

    def _link(self, attributes: dict[str, str | None]) -> None:
        if "canonical" in (attributes.get("rel") or "").lower().split():
            self.url = web_address(attributes.get("href") or "") or self.url

    def _end_heading(self) -> None:
        heading = " ".join("".join(self._text).split())
        if heading:
            kept = [step for step in self._path if step[0] < self._level]
            self._path = [*kept, (self._level, heading)]
        self._text, self._level = [], 0

    def _end_section(self) -> None:
        lines = (" ".join(line.split()).removeprefix("| ") for line in self._lines())
        text = "\n".join(line for line in lines if line not in ("", "-"))
        self._text = []
        if text:
            section = Section(tuple(heading for _, heading in self._path), text)
            self.sections.append(section)
            if self._inside:
                self.main.append(section)

    def _lines(self) -> list[str]:
        return "".join(self._text).split("\n")
