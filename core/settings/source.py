"""Turn a file's bytes into text, or say precisely why they are not one.

An editor's mistakes (another encoding, a stray control character, the wrong file altogether) are
reported with line and column, like every other mistake.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from bisect import bisect_right
from pathlib import Path

from core.errors import Problem, SettingsError
from core.redact import hide_tokens
from core.settings.excerpt import excerpt

MAX_BYTES = 1_000_000
MOST_EXCERPTS = 200  # of a file; with more mistakes it is another file than was meant

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Source:
    """A settings file's text, which knows the line and column of every character."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.secrets: set[str] = set()  # what `${NAME}` stands for is not to be seen either
        self._excerpts_left = MOST_EXCERPTS
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at `index`."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def problem(self, index: int, message: str, hint: str = "") -> Problem:
        # A token that slipped into a key's or a rule's place goes to the log and to the desk.
        shown = hide_tokens(message), hide_tokens(hint)
        line, column = self.position(index)
        return Problem(self.name, line, column, *shown, self._excerpt(line, column))

    def _excerpt(self, line: int, column: int) -> str:
        if not self._excerpts_left:
            return ""
        self._excerpts_left -= 1
        return excerpt(self.text, self._starts[line - 1], line, column, self.secrets)


def read(path: Path) -> Source:
    """The file at `path`, whatever its line ends; UTF-8, or UTF-16 with a byte order mark.

    Raises SettingsError.
    """
    name = str(path)
    data = _bytes(path, name)
    if len(data) > MAX_BYTES:
        raise _refused(name, "this file is larger than 1 MB", "is it really the settings file?")
    source = Source(name, _decoded(name, data))
    if found := _FORBIDDEN.search(source.text):
        hint = "delete it; an editor that shows invisible characters helps"
        message = f"a control character (U+{ord(found[0]):04X}) is not allowed here"
        raise SettingsError([source.problem(found.start(), message, hint)])
    return source


def _bytes(path: Path, name: str) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _refused(name, "this is not a file", "name an ordinary file")
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused(name, "there is no such file", "name the file with --settings") from None
    except IsADirectoryError:
        raise _refused(name, "this is a directory, not a file") from None
    except PermissionError:
        raise _refused(name, "this file may not be read", "give this user the right") from None
    except OSError as error:
        raise _refused(name, f"this file cannot be read: {error.strerror}") from None


def _without_waiting(path: str, flags: int) -> int:
    # Opening a pipe waits for somebody to write into it, and would hold up the whole service.
    return os.open(path, flags | os.O_NONBLOCK)


def _decoded(name: str, data: bytes) -> str:
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        message = f"byte 0x{data[error.start]:02X} is not part of any UTF-8 text"
        hint = "save the file as UTF-8"
        raise SettingsError(
            [Source(name, before + "?").problem(len(before), message, hint)]
        ) from None


def _refused(name: str, message: str, hint: str = "") -> SettingsError:
    return SettingsError([Problem(name, 1, 1, message, hint)])
