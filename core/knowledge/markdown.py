"""Markdown and plain text, cut at their headings; the text below them stays as it is written.

Models read Markdown as well as anything, so nothing has to be rendered: only headings, code
blocks (whose # is no heading) and comments must be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.knowledge.document import BadFile, Document, Section, web_address

_FRONT = re.compile(r"---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"^(title|url)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_MARKS = re.compile(r"[*_`]+|!?\[([^\]]*)\]\([^)]*\)|\{#[\w-]+\}")


def read_markdown(text: str, name: str) -> Document:
    """`name` is the title when the file has none of its own."""
    front, body = _front_matter(text)
    fault = [] if _is_address(front) else [_not_an_address(text)]
    sections = tuple(_sections(_COMMENT.sub("", body)))
    first = next((s.headings[0] for s in sections if s.headings), "")
    title = front.get("title") or first or name
    return Document(title, web_address(front.get("url", "")), sections, tuple(fault))


def read_text(text: str, name: str) -> Document:
    """Without any marks: one section, named for the file."""
    return Document(name, "", (Section((), text.strip()),))


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    entries = _ENTRY.findall(found[1] or "")
    return {key.lower(): _unquoted(value) for key, value in entries}, text[found.end() :]


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _is_address(front: dict[str, str]) -> bool:
    url = front.get("url", "")
    return not url or bool(web_address(url))


def _not_an_address(text: str) -> BadFile:
    line = text[: text.lower().index("url")].count("\n") + 1
    hint = "write the whole of it, like https://example.com/help"
    return BadFile("this url is no http(s) address", hint, line)


def _sections(body: str) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    for level, line in _lines(body):
        if not level:
            lines.append(line)
            continue
        yield from _section(path, lines)
        path = [*(step for step in path if step[0] < level), (level, line)]
        lines = []
    yield from _section(path, lines)


def _section(path: list[tuple[int, str]], lines: list[str]) -> Iterator[Section]:
    text = "\n".join(lines).strip()
    if text:
        yield Section(tuple(heading for _, heading in path), text)


def _lines(body: str) -> Iterator[tuple[int, str]]:
    """Each line with the level of the heading it is, 0 for all others."""
    fence = ""
    before: str | None = None  # a line that may yet turn out to be a heading
    for line in body.splitlines():
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
            yield 0, line
            continue
        if before is not None:
            under = _UNDERLINE.fullmatch(line)
            if under:
                yield 1 if under[1][0] == "=" else 2, _bare(before)
                before = None
                continue
            yield 0, before
            before = None
        if mark:
            fence = mark[1]
            yield 0, line
        elif heading := _HEADING.fullmatch(line):
            yield len(heading[1]), _bare(heading[2])
        elif _may_be_heading(line):
            before = line
        else:
            yield 0, line
    if before is not None:
        yield 0, before


def _may_be_heading(line: str) -> bool:
    return bool(line.strip()) and line.lstrip()[0] not in ">|-*+" and not line.startswith("    ")


def _bare(heading: str) -> str:
    return " ".join(_MARKS.sub(lambda found: found[1] or "", heading).split())
