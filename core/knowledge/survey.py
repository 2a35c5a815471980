"""Read every knowledge file at once and keep nothing: what `frontdesk check` reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import Problem
from core.knowledge.document import BadFile, Passage
from core.knowledge.passages import passages
from core.knowledge.reading import read_bytes, read_document
from core.knowledge.sources import find
from core.settings import Settings

MAX_PASSAGES = 10_000
_TOLD = 10  # faults of one file that are told one by one


@dataclass(frozen=True, slots=True)
class Survey:
    """How many files and passages there are, and what is wrong with them."""

    files: int
    passages: int
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def survey(settings: Settings) -> Survey:
    """What GPT would be given to know. Reads files."""
    sources = find(settings)
    errors, warnings = list(sources.errors), list(sources.warnings)
    count = 0
    for source in sources.files:
        try:
            found, faults = read(source.path, read_bytes(source.path))
            check_room(count, found)
        except BadFile as fault:
            errors.append(placed(source.path, fault))
        else:
            warnings += [placed(source.path, fault) for fault in faults]
            count += len(found)
    return Survey(len(sources.files), count, tuple(errors), tuple(warnings))


def read(path: Path, data: bytes) -> tuple[list[Passage], list[BadFile]]:
    """The passages of a file, and what of it is left out. Raises BadFile."""
    document = read_document(path, data)
    found = list(islice(passages(document), MAX_PASSAGES + 1))
    faults = _first(document.faults)
    if not found and not faults:
        faults.append(BadFile("there is no text in this file"))
    return found, faults


def _first(faults: Sequence[BadFile]) -> list[BadFile]:
    """Who exports a table without its answers need not read of every row."""
    told, more = list(faults[:_TOLD]), faults[_TOLD:]
    if more:
        message = f"and {len(more):,} more rows have such faults, from this one on"
        told.append(BadFile(message, "are these the right columns?", more[0].line))
    return told


def placed(path: Path, fault: BadFile) -> Problem:
    return Problem(str(path), fault.line, fault.column, fault.message, fault.hint)


def check_room(taken: int, found: Sequence[Passage]) -> None:
    """Raises BadFile when there is no room for these passages beside those `taken`."""
    if taken + len(found) > MAX_PASSAGES:
        message = f"this file is left out: there are more than {MAX_PASSAGES} passages in all"
        raise BadFile(message, "take out what no customer asks about")
