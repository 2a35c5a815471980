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
from core.knowledge.ranking import FITTING, Query
from core.settings import Settings
from core.store import Shelf, Store
from core.store.shelf import Found

_SHOWN = 70  # characters of a passage
_MOST_WORDS = 6


def looked_up(settings: Settings, question: str, budget: int) -> list[str]:
    """Lines for people: the passages that GPT is given for `question` and why, or why none."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-try-") as folder:
        query, found = asyncio.run(_found(settings, question, folder))
    fit = fitting(query, found, budget)
    return list(_given(query, fit) if fit else _nearest(query, ranked(query, found)))


async def _found(settings: Settings, question: str, folder: str) -> tuple[Query, Found]:
    store = await Store.open(f"sqlite:///{folder}/try.db", now=lambda: datetime.now(UTC))
    try:
        shelf = Shelf(store)
        library = Library(shelf, lambda: settings, every=0)
        await library.look()
        query = library.query(question)
        return query, await shelf.find(query.weights)
    finally:
        await store.close()


def _given(query: Query, fit: list[Fitting]) -> Iterator[str]:
    for one in fit:
        yield _why(query, one)
        yield f"  {_excerpt(one.passage.text)}"


def _nearest(query: Query, found: list[Fitting]) -> Iterator[str]:
    yield "nothing that fits: it is told to say so, and to offer a person"
    if found:
        best = max(found, key=lambda one: one.score.covered)
        yield f"  nearest: {_why(query, best)}; {FITTING:.0%} are needed"


def _why(query: Query, one: Fitting) -> str:
    words = ", ".join(query.written[word] for word in one.score.matched[:_MOST_WORDS])
    share = f"{one.score.covered:.0%} of the question, by {words}"
    return f"{one.passage.heading} ({one.name}): {share}"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()} …"
