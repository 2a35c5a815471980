"""One visitor's messages on their way into the core, many at a time and answered in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from connectors.web import inbound, outbound
from connectors.web.crowd import Pace
from connectors.web.feed import Feed
from connectors.web.frames import Ack, Fault, Frame, Hello, Press, SeenUpTo, Write
from connectors.web.identity import Customer
from connectors.web.outlet import Outlet
from core.errors import StoreUnavailable, TextTooLong, TooManyMessages
from core.messages import (
    Accepted,
    Attachment,
    CustomerEvent,
    CustomerWrote,
    FileId,
    Outcome,
    Sender,
)
from core.ports import Inbox, Services, Told
from core.tasks import Tasks

log = logging.getLogger(__name__)

IN_FLIGHT = 64
RETRY_SECONDS = 5.0


class Refused(Exception):
    """The frame is wrong for good; `code` is the contract's word for it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, on which page, and from where: `place` is whose share of the limits counts,
    "" for nobody's."""

    sender: Sender
    page: str = ""
    place: str = ""

    @classmethod
    def of(cls, hello: Hello, customer: Customer | None, place: str) -> Visit:
        """`customer` is whom the site vouches for."""
        language = inbound.language_of(hello)
        sender = customer.sender(language) if customer else _stranger(language)
        return cls(sender, inbound.page_of(hello), place)


@lru_cache(maxsize=100)
def _stranger(language: str) -> Sender:
    """One for all of them: thousands may be here at once."""
    return Sender(language=language)


class Intake:
    """Hands one socket's frames to the inbox. `max_chars` limits a message's text.

    Events are handed over in the order of their frames; an acknowledgement comes from the feed
    when the message's own notice passes, everything else that must be said comes from here.
    """

    __slots__ = (
        "_feed",
        "_fewer",
        "_inbox",
        "_max_chars",
        "_outlet",
        "_pace",
        "_seen",
        "_services",
        "_tasks",
        "_under_way",
        "_visit",
    )

    def __init__(
        self,
        visit: Visit,
        feed: Feed,
        outlet: Outlet,
        inbox: Inbox,
        services: Services,
        tasks: Tasks,
        pace: Pace,
        max_chars: int,
    ) -> None:
        self._visit = visit
        self._feed = feed
        self._outlet = outlet
        self._inbox = inbox
        self._services = services
        self._tasks = tasks
        self._pace = pace
        self._max_chars = max_chars
        self._under_way = 0
        self._fewer: asyncio.Event | None = None  # there while somebody waits for it
        self._seen = 0

    def take(self, frame: Write) -> bool:
        """Put a message under way that can be at once; False, having done nothing, for `write`."""
        if frame.attachments or self._under_way >= IN_FLIGHT or self._is_odd(frame.text):
            return False
        if self._pace.wait_for(self._visit.place):
            return False
        event = self._wrote(frame, ())
        self._hand_in(event, partial(self._written, event.external_id, frame.id))
        return True

    async def write(self, frame: Write) -> bool:
        """Returns once the message is under way, later when too many are; False when it was
        refused at once. Never raises."""
        if self._too_fast(frame.id):
            return False
        try:
            files = [await self._uploaded(id) for id in frame.attachments]
            self._check(frame)
        except Refused as refused:
            self._say(outbound.fault(refused.code, str(refused), frame.id))
        except StoreUnavailable:
            self._say(_unavailable(frame.id))
        else:
            event = self._wrote(frame, files)
            await self._begin(event, partial(self._written, event.external_id, frame.id))
            return True
        return False

    async def press(self, frame: Press) -> bool:
        """As `write`."""
        if self._too_fast(frame.id):
            return False
        event = inbound.pressed(frame, self._feed.address, self._visit.sender)
        await self._begin(event, partial(self._pressed, frame.id, frame.seq))
        return True

    async def seen(self, frame: SeenUpTo) -> None:
        """Only news of what the browser really got is passed on."""
        if self._seen < frame.seq <= self._feed.last:
            self._seen = frame.seq
            await self._begin(inbound.saw(frame, self._feed.address), self._saw)

    async def settle(self, seconds: float) -> None:
        """Wait until everything under way is answered, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_fewer_than(1)

    def _too_fast(self, id: str) -> bool:
        wait = self._pace.wait_for(self._visit.place)
        if wait:
            self._say(_rate_limited(id, wait))
        return bool(wait)

    def _is_odd(self, text: str) -> bool:
        return len(text) > self._max_chars or inbound.says_nothing(text)

    def _check(self, frame: Write) -> None:
        if len(frame.text) > self._max_chars:
            raise Refused("too_long", f"longer than {self._max_chars} characters")
        if inbound.says_nothing(frame.text) and not frame.attachments:
            raise Refused("bad_frame", "neither text nor attachment")

    def _wrote(self, frame: Write, files: Sequence[Attachment]) -> CustomerWrote:
        visit = self._visit
        event = inbound.wrote(frame, self._feed.address, visit.sender, files, visit.page)
        self._feed.own[event.external_id] = frame.id
        return event

    async def _uploaded(self, id: str) -> Attachment:
        found = await self._services.files.uploaded(FileId(id), self._feed.address)
        if found is None:
            raise Refused("bad_frame", "an attachment is unknown or has expired; upload it again")
        return found

    async def _begin(self, event: CustomerEvent, told: Told) -> None:
        if self._under_way >= IN_FLIGHT:
            await self._until_fewer_than(IN_FLIGHT)
        self._hand_in(event, told)

    def _hand_in(self, event: CustomerEvent, told: Told) -> None:
        self._under_way += 1
        # No task waits for it: a message that is under way must not die with the connection.
        self._inbox.hand_in(event, told)

    async def _until_fewer_than(self, most: int) -> None:
        while self._under_way >= most:
            self._fewer = self._fewer or asyncio.Event()
            await self._fewer.wait()

    def _ended(self) -> None:
        self._under_way -= 1
        fewer, self._fewer = self._fewer, None
        if fewer is not None:
            fewer.set()

    def _saw(self, _answer: Accepted | Exception) -> None:
        self._ended()

    def _pressed(self, id: str, seq: int, answer: Accepted | Exception) -> None:
        self._ended()
        if isinstance(answer, Exception):
            self._say(_fault(answer, id))
        elif answer.outcome is Outcome.IGNORED:
            self._say(outbound.fault("bad_frame", "no such button", id))
        else:
            if answer.outcome is Outcome.STORED and answer.seq is not None:
                self._feed.missed(answer.seq)
            self._say(Ack(id, seq if answer.seq is None else answer.seq))

    def _written(self, external_id: str, id: str, answer: Accepted | Exception) -> None:
        self._ended()
        feed = self._feed
        if isinstance(answer, Accepted) and answer.outcome is Outcome.STORED:
            if answer.seq is not None and answer.seq > feed.last:
                feed.missed(answer.seq)
                return
            if external_id not in feed.own:  # its notice has passed, as nearly always
                return
        feed.own.pop(external_id, None)
        if isinstance(answer, Exception):
            self._say(_fault(answer, id))
        elif answer.seq is None:
            self._say(outbound.fault("bad_frame", "not accepted", id))
        else:
            self._say(Ack(id, answer.seq))

    def _say(self, frame: Frame) -> None:
        self._outlet.put(outbound.encoded(frame))


def _fault(error: Exception, id: str) -> Fault:
    match error:
        case TooManyMessages():
            return _rate_limited(id, error.after)
        case TextTooLong():
            return outbound.fault("too_long", str(error), id)
        case StoreUnavailable():
            return _unavailable(id)
        case _:
            log.error("a message from the web could not be taken", exc_info=error)
            return _unavailable(id)


def _rate_limited(id: str, after: float) -> Fault:
    return outbound.fault("rate_limited", "too many messages", id, max(after, 0.1))


def _unavailable(id: str) -> Fault:
    return outbound.fault("unavailable", "try again", id, RETRY_SECONDS)
