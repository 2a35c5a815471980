"""Names, pictures and languages of people, asked for once an hour and never waited for long.

A name is needed before an event may be acknowledged, and Slack allows three seconds for that; so
a slow answer is left alone and an older name, or none, is used instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.slack import markup
from core.clean import clean, language_tag
from core.errors import DeliveryError

log = logging.getLogger(__name__)

FRESH = timedelta(hours=1)
FRESH_FAILURE = timedelta(minutes=1)
PATIENCE = 2.0
MOST_KEPT = 10_000

Call = Callable[..., Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Person:
    """A member as others see them; any field may be empty. `picture` is an address at Slack."""

    id: str
    name: str = ""
    username: str = ""
    picture: str = ""
    language: str = ""


class People:
    """Looks people up through `users.info`."""

    def __init__(self, call: Call, now: Callable[[], datetime]) -> None:
        self._call = call
        self._now = now
        self._known: dict[str, tuple[datetime, Person]] = {}

    async def person(self, user: str) -> Person:
        """Whatever is known of `user` within two seconds; never raises."""
        until, known = self._known.get(user, (None, Person(user)))
        if until is not None and self._now() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._call("users.info", user=user, include_locale=True)
        except (TimeoutError, DeliveryError) as error:
            log.warning("no name for Slack's %s: %s", user, str(error) or "no answer in time")
            return self._keep(known, FRESH_FAILURE)
        return self._keep(_described(user, found.get("user")), FRESH)

    async def plain(self, text: str) -> str:
        """A text of Slack's as people read it there."""
        mentioned = sorted(markup.people_in(text))[:20]
        people = await asyncio.gather(*map(self.person, mentioned))
        return markup.plain(text, {person.id: person.name for person in people})

    def _keep(self, person: Person, span: timedelta) -> Person:
        if len(self._known) >= MOST_KEPT:
            self._known.pop(next(iter(self._known)))
        self._known.pop(person.id, None)
        self._known[person.id] = self._now() + span, person
        return person


def _described(user: str, found: Any) -> Person:
    found = found if isinstance(found, dict) else {}
    profile = found.get("profile") if isinstance(found.get("profile"), dict) else {}
    username = _text(found.get("name"))
    name = (
        _text(profile.get("display_name"))
        or _text(profile.get("real_name"))
        or _text(found.get("real_name"))
        or username
    )
    picture = _text(profile.get("image_192")) or _text(profile.get("image_72"))
    language = language_tag(_text(found.get("locale")))
    return Person(user, clean(name), username, picture, language)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
