"""Agents as the customer shall see them: the name and the picture they have in Slack."""

from __future__ import annotations

from bridge.slack import Slack
from core.messages import Agent
from core.ports import Files


class People:
    """Looks agents up. A name that Slack does not tell in time is left empty."""

    def __init__(self, slack: Slack, files: Files, source: str) -> None:
        self._slack = slack
        self._files = files
        self._source = source

    async def agent(self, user: str) -> Agent:
        """Raises StoreUnavailable only."""
        person = await self._slack.person(user)
        if not person.picture:
            return Agent(user, person.name)
        # The picture itself is fetched when a customer first looks at it.
        picture = await self._files.keep_picture(self._source, person.picture)
        return Agent(user, person.name, picture)
