"""Slack shows a file some time after it was told to; what is tried again shows none twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from connectors.slack.api import SlackApi
from connectors.slack.pacer import Pacer
from connectors.slack.posting import Posts
from connectors.slack.sharing import Sharing
from core.errors import OutcomeUnknown, SendLater
from sandbox.faults import Effect, Fault
from sandbox.slack import SlackSandbox
from tests.slack.house import UNPACED, now, until, workspace
from tests.slack.test_sending import answer

COMPLETE = "files.completeUploadExternal"


class Room:
    """A channel with files in it. `ahead` is how far our clock has gone on meanwhile."""

    def __init__(self, slack: SlackSandbox, api: SlackApi) -> None:
        self.slack = slack
        self.channel = slack.add_channel("support")
        self.ahead = timedelta(0)
        self.sharing = Sharing(api, Posts(api, Pacer(UNPACED), now), self._now)

    def _now(self) -> datetime:
        return now() + self.ahead

    async def share(self, key: str = "k1") -> None:
        refused = await self.sharing.share(self.channel, [("label.png", b"label")], key=key)
        assert refused == []

    def shown(self) -> list[str]:
        return [file for message in self.slack.messages(self.channel) for file in message.files]


@asynccontextmanager
async def room() -> AsyncIterator[Room]:
    async with workspace() as slack:
        api = SlackApi(slack.identity.bot_token, slack.api_url, 2.0)
        await api.open()
        try:
            yield Room(slack, api)
        finally:
            await api.close()


async def test_a_file_that_slack_has_taken_is_not_shared_again() -> None:
    """D01: its message may come late, and the words behind it be asked to wait meanwhile."""
    async with room() as here:
        here.slack.hold_shares()
        for _ in range(2):
            await here.share()
        here.slack.release_shares()
        assert len(here.shown()) == 1
        await here.share("k2")
        await until(lambda: len(here.shown()) == 2)


async def test_a_file_in_doubt_is_waited_for_while_slack_has_it() -> None:
    """D03: its message may come late."""
    async with room() as here:
        here.slack.hold_shares()
        here.slack.faults.add(COMPLETE, Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.share()
        here.slack.faults.add("files.info", answer(500))
        for _ in range(2):
            with pytest.raises(SendLater):
                await here.share()
        here.slack.release_shares()
        await here.share()
        assert len(here.shown()) == 1


async def test_a_file_in_doubt_that_never_shows_is_shared_after_a_while() -> None:
    async with room() as here:
        here.slack.hold_shares()
        here.slack.faults.add(COMPLETE, Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.share()
        here.ahead = timedelta(minutes=2)
        await here.share()
        assert len(here.slack.journal.of(COMPLETE)) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault(Effect.RESET), OutcomeUnknown), (answer(429, Retry_After="1"), SendLater)],
)
async def test_a_file_that_slack_has_not_taken_is_shared_at_once(
    fault: Fault, error: type[Exception]
) -> None:
    async with room() as here:
        here.slack.faults.add(COMPLETE, fault)
        with pytest.raises(error):
            await here.share()
        await here.share()
        await until(here.shown)
        assert len(here.shown()) == 1
