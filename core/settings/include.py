"""Follow `include:` to further files of rules, in the order in which their rules are tried.

Whatever is wrong with any of the files is told at once. Which files were asked for is told too,
also when they cannot be used, so that whoever watches them sees them mended.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.errors import Problem, SettingsError
from core.settings.document import RULES, parse
from core.settings.draft import Draft
from core.settings.nodes import Node, ScalarNode
from core.settings.saves import State, state_of
from core.settings.source import read

KEYS = ("include", "quick_replies")
"""What a file of rules may have."""

MAX_FILES = 200
MAX_CHARS = 5_000_000  # of all files together

Trail = tuple[str, ...]
"""The files that lead to one, as the system knows them, the first one first."""


class Book:
    """The settings file and all that it includes: `drafts`, each file before its own includes.

    `inputs` are glob patterns of every file that was asked for, besides the settings file;
    `states` are of those that were read.
    """

    def __init__(self, main: Draft, path: Path, values: Mapping[str, str]) -> None:
        """`values` is the environment."""
        self.drafts = [main]
        self.inputs: list[str] = []
        self.states: list[State] = []
        self._values = values
        self._files = [main.source.name]
        self._unreadable: list[Problem] = []
        self._known = {os.path.realpath(path)}
        self._chars = len(main.source.text)
        self._is_full = False
        self._follow(main, path, (os.path.realpath(path),))

    def finish(self) -> tuple[Problem, ...]:
        """The warnings, in the files' order. Raises SettingsError when there are problems."""
        problems = [*self._unreadable, *(p for draft in self.drafts for p in draft.problems)]
        if problems:
            raise SettingsError(self._in_order(problems), self.inputs)
        return self._in_order(warning for draft in self.drafts for warning in draft.warnings)

    def _in_order(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        order = {name: number for number, name in enumerate(self._files)}
        once = dict.fromkeys(problems)
        return tuple(sorted(once, key=lambda p: (order[p.file], p.line, p.column)))

    def _follow(self, draft: Draft, path: Path, trail: Trail) -> None:
        for item in draft.items("include"):
            name = _name(draft, item)
            for file in self._named(draft, item, path.parent, name, trail) if name else ():
                self._take(draft, item, file, trail)

    def _named(
        self, draft: Draft, item: Node, folder: Path, name: str, trail: Trail
    ) -> Iterable[Path]:
        pattern = os.path.join(glob.escape(str(folder)), name)
        if not glob.has_magic(name):
            self.inputs.append(os.path.join(glob.escape(str(folder)), glob.escape(name)))
            return [folder / name]
        self.inputs.append(pattern)
        found = [
            file for file in sorted(glob.glob(pattern)) if os.path.realpath(file) not in trail
        ]
        if not found:
            hint = "put one there, or take this line out"
            draft.complain(item.index, f"there is no file like {Path(folder, name)}", hint)
        return map(Path, found)

    def _take(self, draft: Draft, item: Node, path: Path, trail: Trail) -> None:
        real = os.path.realpath(path)
        if real in trail:
            draft.complain(item.index, f"{path} includes itself in the end", "take this line out")
        elif not os.path.lexists(path):
            hint = f"the name counts from the folder of {draft.source.name}"
            draft.complain(item.index, f"there is no file {path}", hint)
        elif real not in self._known and not self._is_full:
            self._known.add(real)
            self._open(draft, item, path, (*trail, real))

    def _open(self, draft: Draft, item: Node, path: Path, trail: Trail) -> None:
        self._files.append(str(path))
        self.states.append(state_of(path))
        try:
            source = read(path)
            part = Draft(source, *parse(source, RULES))
        except SettingsError as error:
            self._unreadable += error.problems
            return
        self._chars += len(source.text)
        self._look_at_size(draft, item)
        part.fill(self._values)
        part.only([], KEYS)
        self.drafts.append(part)
        self._follow(part, path, trail)

    def _look_at_size(self, draft: Draft, item: Node) -> None:
        if len(self._known) > MAX_FILES:
            said = f"more than {MAX_FILES} files are included here"
            draft.complain(item.index, said, "put more rules into each")
        elif self._chars > MAX_CHARS:
            said = f"the files together are larger than {MAX_CHARS // 1_000_000} MB"
            draft.complain(item.index, said, "are these all files of rules?")
        else:
            return
        self._is_full = True


def _name(draft: Draft, item: Node) -> str:
    if not isinstance(item, ScalarNode) or not isinstance(item.value, str) or not item.value:
        draft.complain(item.index, "the name of a file is expected here", "like rules/*.yaml")
    elif "**" in item.value:
        hint = "name each folder: rules/*.yaml, rules/shop/*.yaml"
        draft.complain(item.index, "** does not work here", hint)
    else:
        return item.value
    return ""
