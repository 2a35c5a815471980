"""Keep the index of the knowledge files as the files are, and find what fits a question.

Files are asked for their state now and then, as settings.yaml is. What has changed is indexed
beside the old, which answers until the new is whole. When a file has become unreadable, that is
logged, and what was known of it stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b

from core.errors import Problem, StoreUnavailable
from core.knowledge.choice import Fitting, fitting
from core.knowledge.consulted import Consulted
from core.knowledge.document import BadFile
from core.knowledge.ranking import Query
from core.knowledge.reading import read_bytes
from core.knowledge.sources import Source, Sources, find
from core.knowledge.survey import check_room, placed, read
from core.knowledge.words import Words
from core.messages import AuthorKind, Message
from core.settings import Settings
from core.store.shelf import Indexed, Shelf, Shelved

log = logging.getLogger(__name__)

_LONGEST_START = 5.0  # seconds that a question waits for the first index
_NOTHING = (Sources(), "")
_SHARE = 0.02  # of the time may be spent on looking at files


class Library:
    """The knowledge of one frontdesk. `settings` gives those in force.

    `version` is another one whenever something else can be found; "" while there is nothing to
    look in. `told` is called with what is wrong, once each time that becomes something else.
    """

    def __init__(
        self,
        shelf: Shelf,
        settings: Callable[[], Settings],
        *,
        told: Callable[[str], None] = lambda _text: None,
        every: float = 1.0,
    ) -> None:
        self.version = ""
        self._shelf = shelf
        self._settings = settings
        self._told = told
        self._every = every
        self._took = 0.0
        self._languages: tuple[str, ...] = ()
        self._ready = asyncio.Event()
        self._news = asyncio.Event()
        self._seen: tuple[Sources, str] | None = None
        self._shelved: dict[str, Shelved] | None = None
        self._wrong: tuple[Problem, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether there are files to look things up in."""
        return bool(self._settings().gpt.knowledge)

    async def look_up(self, question: str, before: str, budget: int) -> list[Fitting]:
        """The passages that fit, the best first, of at most `budget` tokens together.

        `before` is what the same customer wrote last before. Raises StoreUnavailable.
        """
        try:
            await asyncio.wait_for(self._ready.wait(), _LONGEST_START)
        except TimeoutError:
            return []
        query = self.query(question, before)
        return fitting(query, await self._shelf.find(query.weights), budget)

    def query(self, question: str, before: str = "") -> Query:
        """The words that are looked for."""
        words = self._words()
        return Query.of(words.asked(question), words.asked(before))

    def _words(self) -> Words:
        languages = self._settings().business.languages
        if languages != self._languages:
            self._languages, self._cutter = languages, Words(languages)
        return self._cutter

    async def consult(self, history: Sequence[Message], first: int, budget: int) -> Consulted:
        """What fits the customer's messages from number `first` on; the one before them says what
        a question such as "and how long does that take?" is about."""
        if not self.is_on:
            return Consulted()
        wrote = [m for m in history if m.author.kind is AuthorKind.CUSTOMER]
        question = "\n".join(m.text for m in wrote if m.seq >= first)
        before = next((m.text for m in reversed(wrote) if m.seq < first), "")
        return Consulted(await self.look_up(question, before, budget))

    async def run(self) -> None:
        """Follow the files until cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.warning("the knowledge files wait for the store: %s", error)
            except Exception:
                log.exception("the knowledge files could not be indexed; what is known stays")
            # A thousand files on a slow disk are looked at less often.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), max(self._every, self._took / _SHARE))
            self._news.clear()

    def wake(self) -> None:
        """Look at once: other files may be named now."""
        self._news.set()

    async def look(self) -> None:
        """Bring the index up to date with the files as they are now."""
        settings = self._settings()
        if not settings.gpt.knowledge:
            await self._forget()
        elif not settings.why_off("gpt"):
            sources, words = await self._settled(settings), self._words()
            if (sources, words.fingerprint) != self._seen:
                await self._follow(sources, words)
                self._seen = sources, words.fingerprint
            self._ready.set()

    async def _forget(self) -> None:
        """Nothing is named, so nothing stays; where nothing ever was, nothing is touched."""
        if self._seen == _NOTHING:
            return
        self._ready.clear()
        if self._shelved is not None or await self._shelf.exists():
            await self._follow(Sources(), self._words())
        self._seen = _NOTHING

    async def _settled(self, settings: Settings) -> Sources:
        """Editors and copies write in several steps; half a file is worth no index."""
        began = time.monotonic()
        sources = await asyncio.to_thread(find, settings)
        self._took = time.monotonic() - began
        for _ in range(3):
            before = sources
            if self._seen is not None and sources == self._seen[0]:
                break
            await asyncio.sleep(self._every / 4)
            sources = await asyncio.to_thread(find, settings)
            if sources == before:
                break
        return sources

    async def _follow(self, sources: Sources, words: Words) -> None:
        old, self._shelved = self._shelved, None  # a failure in the middle starts over
        if old is None:
            old = {one.name: one for one in await self._shelf.open()}
        if old and sources.files:
            self._ready.set()  # what was known before the last end answers meanwhile
        change = _Change(self._shelf, old, words)
        for source in sources.files:
            await change.take(source)
        await change.publish()
        self._shelved = change.kept
        self.version = _version(change.kept)
        self._report(sources, change)

    def _report(self, sources: Sources, change: _Change) -> None:
        count = sum(one.passages for one in change.kept.values())
        log.info("knowledge: %d files, %d passages", len(change.kept), count)
        for problem in (*sources.warnings, *change.faults):
            log.warning("%s", problem)
        wrong = (*sources.errors, *change.wrong)
        if wrong == self._wrong:
            return
        self._wrong = wrong
        for problem in wrong:
            log.error("%s", problem)
        if wrong:
            lines = "\n".join(map(str, wrong))
            self._told(f"There is something wrong with the files of gpt.knowledge:\n{lines}")
        else:
            self._told("The files of gpt.knowledge are fine again.")


class _Change:
    """From what is indexed to what the files are now."""

    def __init__(self, shelf: Shelf, old: dict[str, Shelved], words: Words) -> None:
        self.kept: dict[str, Shelved] = {}
        self.wrong: list[Problem] = []
        self.faults: list[Problem] = []
        self._shelf = shelf
        self._old = old
        self._added: list[Shelved] = []
        self._words = words
        self._form = words.fingerprint

    async def take(self, source: Source) -> None:
        """Index a file anew if it is not as it was; its former passages still answer."""
        known = self._old.get(source.name)
        try:
            found = await self._indexed(source, known)
        except BadFile as fault:
            self.wrong.append(placed(source.path, fault))
            found = known
        if found is not None:
            self.kept[source.name] = found

    async def publish(self) -> None:
        """What was indexed is found from now on, and what is not there any more is not."""
        gone = {one.id for one in self._old.values()} - {one.id for one in self.kept.values()}
        if gone or self._added:
            await self._shelf.publish(self._added, gone)

    async def _indexed(self, source: Source, known: Shelved | None) -> Shelved | None:
        state = f"{self._form} {source.state}"
        if known is not None and known.state == state:
            return known
        data = await asyncio.to_thread(read_bytes, source.path)
        digest = blake2b(self._form.encode() + data, digest_size=16).hexdigest()
        if known is not None and known.digest == digest:
            await self._shelf.restate(known.id, state)
            return replace(known, state=state)
        passages = await asyncio.to_thread(self._read, source, data)
        added = await self._shelf.add(source.name, state, digest, passages)
        self._added.append(added)
        return added

    def _read(self, source: Source, data: bytes) -> list[Indexed]:
        found, faults = read(source.path, data)
        check_room(sum(one.passages for one in self.kept.values()), found)
        self.faults += [placed(source.path, fault) for fault in faults]
        cut = self._words.of
        # What a heading says is what the text below is about.
        return [Indexed(p, [*cut(p.heading) * 2, *cut(p.text)]) for p in found]


def _version(kept: dict[str, Shelved]) -> str:
    if not kept:
        return ""
    parts = sorted(f"{name}\0{one.digest}" for name, one in kept.items())
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
