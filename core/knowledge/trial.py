"""Look something up once, in an index that is thrown away: what `frontdesk try` shows.

It is the very index that the service has, on SQLite in a temporary folder, because a search of
another kind would explain what never happens.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime

from core.knowledge.choice import Fitting, fitting, ranked
from core.knowledge.library import Library
from core.knowledge.ranking import FITTING
from core.settings import Settings
from core.store import Shelf, Store

_SHOWN = 70  # characters of a passage
_MOST_WORDS = 6


def looked_up(settings: Settings, question: str, budget: int) -> list[str]:
    """Lines for people: the passages that GPT is given for `question` and why, or why none."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-try-") as folder:
        found = asyncio.run(_found(settings, question, folder, budget))
    return list(_told(*found))


async def _found(
    settings: Settings, question: str, folder: str, budget: int
) -> tuple[list[Fitting], list[Fitting]]:
    store = await Store.open(f"sqlite:///{folder}/try.db", now=lambda: datetime.now(UTC))
    try:
        shelf = Shelf(store)
        library = Library(shelf, lambda: settings, every=0)
        await library.look()
        query = library.query(question)
        found = await shelf.find(query.weights)
    finally:
        await store.close()
    return fitting(query, found, budget), ranked(query, found)


def _told(fit: list[Fitting], all_of_them: list[Fitting]) -> Iterator[str]:
    for one in fit:
        yield f"{one.passage.heading} ({one.name}): {_why(one)}"
        yield f"  {_excerpt(one.passage.text)}"
    if not fit:
        yield "nothing that fits: it is told to say so, and to offer a person"
        if all_of_them:
            best = max(all_of_them, key=lambda one: one.score.covered)
            needed = f"{FITTING:.0%} are needed"
            yield f"  nearest: {best.passage.heading} ({best.name}): {_why(best)}; {needed}"


def _why(one: Fitting) -> str:
    words = ", ".join(one.score.matched[:_MOST_WORDS])
    return f"{one.score.covered:.0%} of the question, by {words}"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()} …"
