"""The guards of the service, each with the edit that removes it and the tests that must notice.

They stand in guards_*.yaml by the file they are in: `old` occurs there exactly once, and `new` is
what a careless hand might have left in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Guard:
    """`file` is relative to the project, `tests` to tests/: whole files or `file::test`."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def fits(self, root: Path = ROOT) -> bool:
        """Whether `old` is still there, once."""
        path = root / self.file
        return path.exists() and path.read_text(encoding="utf-8").count(self.old) == 1

    def removed(self, text: str) -> str:
        """`text` of the file without the guard."""
        return text.replace(self.old, self.new)


def guards() -> tuple[Guard, ...]:
    """All of them, in the order of the files."""
    return tuple(
        guard
        for path in sorted(Path(__file__).parent.glob("guards_*.yaml"))
        for guard in _in(YAML(typ="safe").load(path))
    )


def _in(groups: dict[str, list[dict[str, Any]]]) -> Iterator[Guard]:
    for file, found in groups.items():
        for one in found:
            yield Guard(one["name"], file, one["old"], one["new"], tuple(one["tests"]))
