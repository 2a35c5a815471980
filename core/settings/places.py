"""Remember where rules, their examples and tests, and files to know stand, to find fault later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import Problem
from core.settings.source import Source


@dataclass(frozen=True, slots=True)
class Place:
    """A rule in its file. `inside` has the index of each of its examples and tests, by dotted
    path."""

    source: Source
    index: int
    inside: Mapping[str, int]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.source.position(self.index)[0]}"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of the rules and of the `files` of `gpt.knowledge`, in their order."""

    rules: Sequence[Place] = field(default_factory=tuple)
    files: Sequence[Place] = field(default_factory=tuple)

    def problem(
        self, rule: int, path: Sequence[str | int], message: str, hint: str = ""
    ) -> Problem:
        """A problem at `path` in rule number `rule` (from 0), such as ("tests", "match", 0)."""
        place = self.rules[rule]
        index = place.inside.get(".".join(map(str, path)), place.index)
        return place.source.problem(index, message, hint)

    def file_problem(self, number: int, message: str, hint: str = "") -> Problem:
        """A problem of item `number` (from 0) of `gpt.knowledge`."""
        place = self.files[number]
        return place.source.problem(place.index, message, hint)
