"""Tell an agent, and nobody else, what became of something they wrote."""

from __future__ import annotations

import logging

from bridge.inbound import EDITED_UNSENT
from bridge.slack import Slack
from core.cases import Fate
from core.errors import DeliveryError
from core.messages import AgentEdited, CaseRef
from core.ports import OpenCases

log = logging.getLogger(__name__)

CLOSED = "This case is over; nothing was sent. The customer's next hand-over opens a new thread."
CLOSED_ALREADY = "This case is over already."
_REACTIONS = {Fate.DELIVERED: "white_check_mark", Fate.FAILED: "warning"}


class Advisor:
    """Best effort: an agent who cannot be told is none the worse."""

    def __init__(self, slack: Slack, cases: OpenCases) -> None:
        self._slack = slack
        self._cases = cases

    async def unsent(self, event: AgentEdited, editor: str) -> None:
        """Say once that an edited message was never sent."""
        if event.case not in await self._cases.open_cases():
            return
        try:
            is_new = await react(self._slack, event.case, event.external_id, Fate.FAILED)
        except DeliveryError as error:
            log.warning("an agent could not be told something: %s", error)
            return
        if is_new:
            await self.tell(event.case, editor, EDITED_UNSENT)

    async def tell(self, case: CaseRef, user: str, text: str) -> None:
        try:
            await self._slack.tell(case.channel, user, text, thread=case.thread)
        except DeliveryError as error:
            log.warning("an agent could not be told something: %s", error)


async def react(slack: Slack, case: CaseRef, external_id: str, fate: Fate) -> bool:
    """Show a message's fate under it; whether that is new. Raises as all calls to Slack do."""
    answer = await slack.call(
        "reactions.add",
        channel=case.channel,
        timestamp=external_id,
        name=_REACTIONS[fate],
        allow=("already_reacted", "message_not_found", "thread_locked", "too_many_emoji"),
    )
    return bool(answer.get("ok"))
