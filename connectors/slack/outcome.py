"""What a failed call to Slack means for the message in it: gone, not sent, or nobody knows.

The one table behind every send, so that the customers' channel and the agents' desk can never
disagree about when a message may be sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from core.errors import DeliveryError, OutcomeUnknown, SendLater, ThreadGone, Undeliverable

SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = 1.0, 3.0, 300.0
ADMIN_WAIT = 60.0

# Slack says of these that the call may have succeeded in part or in whole.
_DOUBTFUL = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
# An admin can mend these, and then the same message goes out.
_MENDABLE = {
    "invalid_auth": "Slack refuses slack.bot_token: set the token of an installed app",
    "not_authed": "Slack refuses slack.bot_token: set the token of an installed app",
    "token_revoked": "slack.bot_token was revoked: install the app again and set the new token",
    "token_expired": "slack.bot_token has expired: turn token rotation off, or set a new token",
    "account_inactive": "the Slack app was removed: install it again and set slack.bot_token",
    "no_permission": "the Slack app lacks a permission: install it again",
    "missing_scope": "the Slack app lacks a scope: update it from `frontdesk manifest`",
    "org_login_required": "the workspace is being moved by Slack",
    "accesslimited": "Slack limits the access of this app: see its page on api.slack.com",
    "team_access_not_granted": "the Slack app may not use this workspace: install it there",
}
_CLOSED_PLACES = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action"}
)
# What Slack says to a post whose thread's root was deleted.
_NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
_WORDS = {
    "channel_not_found": "the Slack channel is gone",
    "not_in_channel": "the bot was removed from the Slack channel",
    "is_archived": "the Slack channel is archived",
    "msg_too_long": "the message is too long for Slack",
    "msg_blocks_too_long": "the message is too long for Slack",
    "no_text": "the message is empty",
    "restricted_action": "the workspace's rules forbid this",
    "thread_not_found": "the thread was deleted",
    "message_not_found": "the message was deleted",
    "user_not_found": "this person is not in the workspace",
    "messages_tab_disabled": "the app's messages are turned off on its App Home page",
    "edit_window_closed": "the message is too old to be changed",
    "cant_update_message": "this message cannot be changed",
    "cant_delete_message": "this message cannot be deleted",
}


def is_mendable(code: str) -> bool:
    """Whether an admin must act before any call of this kind can work."""
    return code in _MENDABLE


def words(code: str) -> str:
    """A code of Slack's in words for agents and admins."""
    return _MENDABLE.get(code) or _WORDS.get(code) or f"Slack answered {code}"


def refusal(code: str, *, threaded: bool = False) -> DeliveryError:
    """The error for an answer `{"ok": false, "error": code}` that is not about rates. `threaded`:
    of a call that names a thread."""
    if code in _DOUBTFUL:
        return OutcomeUnknown(f"Slack answered {code}")
    if code in _MENDABLE:
        return SendLater(words(code), ADMIN_WAIT)
    if code == "thread_not_found" or (threaded and code in _NO_THREAD):
        return ThreadGone(words("thread_not_found"))
    return Undeliverable(words(code), mendable=code in _CLOSED_PLACES)


def failure(error: Exception, *, threaded: bool = False) -> DeliveryError:
    """The error for whatever the client raised; never carries an address or a secret. `threaded`
    as in `refusal`."""
    if isinstance(error, SlackApiError):
        return _answered(error, threaded)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SendLater("Slack cannot be reached")
    if isinstance(error, TimeoutError):
        return OutcomeUnknown("Slack did not answer in time")
    if isinstance(error, aiohttp.ClientError | OSError):
        return OutcomeUnknown("the connection to Slack broke")
    return OutcomeUnknown("Slack's answer could not be read")


def code_of(error: Exception) -> str:
    """The `error` field of Slack's answer, "" when there was no such answer."""
    data = getattr(getattr(error, "response", None), "data", None)
    code = data.get("error") if isinstance(data, Mapping) else None
    return code if isinstance(code, str) else ""


def retry_after(headers: Mapping[str, Any]) -> float:
    """The seconds Slack asks us to wait, within reason: at least one, at most five minutes."""
    wish = next((str(v) for k, v in headers.items() if k.lower() == "retry-after"), "")
    if not re.fullmatch(r"[0-9]{1,9}", wish.strip()):
        return USUAL_WAIT
    return min(max(float(wish), SHORTEST_WAIT), LONGEST_WAIT)


def pause_of(error: SlackApiError) -> float | None:
    """The seconds for which Slack wants silence; None when it refused for another reason."""
    limited = code_of(error) in ("ratelimited", "rate_limited", "message_limit_exceeded")
    if _status_of(error) == 429 or limited:
        return retry_after(error.response.headers)
    return None


def _status_of(error: SlackApiError) -> int:
    # Where the body was no JSON, the SDK hands on aiohttp's response instead of its own.
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0))


def _answered(error: SlackApiError, threaded: bool) -> DeliveryError:
    status, code = _status_of(error), code_of(error)
    pause = pause_of(error)
    if pause is not None:
        return SendLater("Slack asks us to slow down", pause)
    if status >= 500 or not code:
        return OutcomeUnknown(f"Slack answered with status {status} and no reason")
    return refusal(code, threaded=threaded)
