"""Read one knowledge file into a document, or say what is wrong with it and where."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from core.knowledge.document import BadFile, Document
from core.knowledge.markdown import read_markdown, read_text
from core.knowledge.table import read_table

MAX_BYTES = 2_000_000


def _read_html(text: str, name: str) -> Document:
    from core.knowledge.html import read_html  # only where there are such files

    return read_html(text, name)


READERS: Mapping[str, Callable[[str, str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".csv": read_table,
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_HEAD = 4096


def read_bytes(path: Path) -> bytes:
    """Raises BadFile."""
    try:
        # Without O_NONBLOCK a pipe in a file's place would never open.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadFile("this is not a file")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(f"this file cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise BadFile(f"this file is larger than {MAX_BYTES / 1e6:g} MB", "split it into several")
    return data


def read_document(path: Path, data: bytes) -> Document:
    """What `data` of the file at `path` says. Raises BadFile."""
    suffix = path.suffix.lower()
    text = _decoded(data, is_html=READERS[suffix] is _read_html)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadFile("this is not a text", "save it as UTF-8", line)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return READERS[suffix](text, _name(path))


def _decoded(data: bytes, *, is_html: bool) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = _CHARSET.search(data[:_HEAD]) if is_html else None
        if declared and (text := _as(data, declared[1].decode())) is not None:
            return text
        line = data[: error.start].count(b"\n") + 1
        raise BadFile("this text is not UTF-8", "save it as UTF-8", line) from None


def _as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return None


def _name(path: Path) -> str:
    words = re.sub(r"[-_.\s]+", " ", path.stem).strip()
    return words.upper() if words.lower() == "faq" else words[:1].upper() + words[1:]
