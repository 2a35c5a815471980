"""Find out which answer an agent has put a light bulb under."""

from __future__ import annotations

import logging

from bridge.inbound import Bulb, Desk
from bridge.slack import Slack
from core.errors import DeliveryError
from core.messages import AgentAskedForRule, CaseRef

log = logging.getLogger(__name__)


async def wish(slack: Slack, place: Desk, bulb: Bulb) -> AgentAskedForRule | None:
    """What the bulb asks for, None when its message is in no thread. Slack's event names the
    message, but not its thread. Best effort: who sees nothing can take the bulb off and try anew.
    """
    try:
        page = await slack.call(
            "conversations.replies",
            channel=place.channel,
            ts=bulb.message,
            limit=1,
            allow=("thread_not_found", "message_not_found"),
        )
    except DeliveryError as error:
        log.warning("a light bulb leads nowhere: %s", error)
        return None
    messages = page.get("messages") or ()
    thread = messages[0].get("thread_ts") if messages else None
    if not isinstance(thread, str) or thread == bulb.message:
        return None
    case = CaseRef(place.team, place.channel, thread)
    return AgentAskedForRule(case, bulb.message, bulb.agent)
