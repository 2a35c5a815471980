"""Find the knowledge files that the settings name, and say which names lead to nothing.

The settings are the admin's own, so a pattern may lead anywhere, outside of their folder too. But
whoever may put a file into that folder may not be trusted with the whole disk: a link that a
wildcard meets is followed only to a file in the same place.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import Problem
from core.knowledge.reading import READERS
from core.settings import Settings

MAX_FILES = 1_000
_MOST_NAMES = 20_000

_HINTS = {
    ".pdf": "save its text as Markdown or HTML",
    ".docx": "save it as HTML or text",
    ".doc": "save it as HTML or text",
    ".xlsx": "save it as CSV",
    ".xls": "save it as CSV",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, under the name that people know it by, and how it lies on the disk now."""

    name: str
    path: Path
    state: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The files in the order of their names. `errors` keep knowledge out, `warnings` do not."""

    files: tuple[Source, ...] = ()
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def find(settings: Settings) -> Sources:
    """What `gpt.knowledge` leads to. Reads the disk, so call it off the event loop."""
    found: dict[str, Source] = {}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for number, pattern in enumerate(settings.gpt.knowledge):
        look = _Look(settings.path.parent, pattern)
        if look.fault:
            errors.append(settings.places.file_problem(number, *look.fault))
        if look.skipped:
            message = f"{pattern} also matches {_some(look.skipped)}"
            warnings.append(settings.places.file_problem(number, message, _READ))
        found |= {source.name: source for source in look.files}
    if len(found) > MAX_FILES:
        message = f"gpt.knowledge names {len(found)} files; only {MAX_FILES} are read"
        errors.append(settings.places.file_problem(0, message, "put several into one"))
    files = [found[name] for name in sorted(found)]
    return Sources(tuple(files[:MAX_FILES]), tuple(errors), tuple(warnings))


_READ = f"only {', '.join(READERS)} are read"


class _Look:
    """What one pattern leads to."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self.files: list[Source] = []
        self.skipped: list[str] = []
        self.fault: tuple[str, str] | None = None
        whole = os.path.join(glob.escape(str(folder)), pattern)
        self._is_wild = glob.has_magic(pattern)
        self._homes = (os.path.realpath(folder), os.path.realpath(_fixed(folder, pattern)))
        for name in sorted(islice(_matches(whole), _MOST_NAMES)):
            self._take(Path(name))
        if not self.files and self.fault is None:
            hint = "paths are relative to this file; take the line out to go without"
            self.fault = (f"{pattern} matches no file", hint)

    def _take(self, path: Path) -> None:
        name = os.path.relpath(path, self._folder)
        if path.is_dir():
            if not self._is_wild:
                self.fault = (f"{name} is a folder", f"write {name}/* for the files in it")
        elif path.suffix.lower() not in READERS:
            self._refuse(name, path.suffix.lower())
        elif self._is_wild and not self._is_home(path):
            self.skipped.append(f"{name}, a link to elsewhere")
        else:
            self.files.append(Source(name, path, _state(path)))

    def _refuse(self, name: str, suffix: str) -> None:
        if self._is_wild:
            self.skipped.append(name)
        else:
            self.fault = (f"{name} is of a kind that is not read", _HINTS.get(suffix, _READ))

    def _is_home(self, path: Path) -> bool:
        real = os.path.realpath(path)
        return any(os.path.commonpath((real, home)) == home for home in self._homes)


def _matches(pattern: str) -> Iterator[str]:
    """As `glob` finds them, but `**` goes through no link: two that lead back into their folder
    are more ways than anybody could walk."""
    head, deep, tail = pattern.partition("/**/")
    if not deep and pattern.endswith("/**"):
        head, deep, tail = pattern.removesuffix("/**"), "/**/", "*"
    while tail.startswith("**/"):
        tail = tail.removeprefix("**/")
    if not deep:
        yield from glob.iglob(pattern)
        return
    for top in glob.iglob(head or "/"):
        for folder, inner, _ in os.walk(top):
            inner[:] = [name for name in inner if not name.startswith(".")]
            yield from _matches(os.path.join(glob.escape(folder), tail))


def _fixed(folder: Path, pattern: str) -> Path:
    """The folder that a pattern begins with, before the first wildcard."""
    steps: list[str] = []
    for step in Path(pattern).parts:
        if glob.has_magic(step):
            break
        steps.append(step)
    return folder.joinpath(*steps)


def _state(path: Path) -> str:
    # The change time too: a copy may keep the time of writing.
    try:
        found = path.stat()
    except OSError as error:
        return f"errno {error.errno}"
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
