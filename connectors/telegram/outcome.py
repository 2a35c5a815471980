"""What a failed call to Telegram means for the message in it: gone, not sent, or nobody knows.

Every sentence here is ours or Telegram's description of the refusal; addresses of requests, which
hold the token, never get in.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from core.errors import DeliveryError, OutcomeUnknown, SendLater, Undeliverable

USUAL_WAIT, LONGEST_WAIT = 3.0, 300.0
ADMIN_WAIT = 60.0
UNKNOWN_BOT = (
    "Telegram does not know this token: copy it again from @BotFather into channels.telegram.token"
)

# The request had not left when these happened.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# Telegram's descriptions, in lower case, and what they mean for agents. No other form of the same
# message would fare better.
_HOPELESS = {
    "bot was blocked": "the customer has blocked the bot",
    "user is deactivated": "the customer's Telegram account is gone",
    "bot can't initiate": "the customer has not started the bot",
    "bot was kicked": "the bot was removed from the group",
    "not a member": "the bot is not in the group any longer",
    "chat not found": "Telegram knows no such chat (any longer)",
    "user not found": "Telegram knows no such customer (any longer)",
    "peer_id_invalid": "Telegram knows no such chat (any longer)",
    "group chat was deleted": "the group was deleted",
    "chat_write_forbidden": "the bot may not write in this group",
    "not enough rights": "the bot may not write in this group",
    "have no rights": "the bot may not write in this group",
    "topic_closed": "the topic in the group is closed",
    "message to edit not found": "the message was deleted",
    "message can't be edited": "the message is too old to be changed",
    "no text in the message": "a file cannot be changed once it was sent",
    "message can't be deleted": "the message is too old to be deleted",
    "file must be non-empty": "the file is empty",
    "too large": "the file is larger than Telegram takes",
    "file is too big": "the file is larger than Telegram takes",
}
_DONE = ("message is not modified", "message to delete not found")


def is_hopeless(error: TelegramError) -> bool:
    """Whether the chat or the file is what Telegram objects to, and not how it was written."""
    return _meaning(error) is not None


def is_done(error: TelegramError) -> bool:
    """Whether a change is refused only because things are as they should be already."""
    return any(words in error.message.lower() for words in _DONE)


def failure(error: TelegramError) -> DeliveryError:
    """The error for whatever the client raised."""
    if is_foreign(error):
        return _broken(error)
    match error:
        case RetryAfter():
            return SendLater("Telegram asks us to slow down", seconds_of(error))
        case ChatMigrated():
            return SendLater("the group has moved", 1.0)
        case InvalidToken():
            return SendLater(UNKNOWN_BOT, ADMIN_WAIT)
        case Forbidden() | BadRequest():
            return Undeliverable(_meaning(error) or f"Telegram refused it: {error.message}")
        case Conflict():
            return SendLater("another program uses this bot", USUAL_WAIT)
        case _:
            return _broken(error)


def is_foreign(error: TelegramError) -> bool:
    """Whether the connection or a proxy on the way failed, and not the Bot API said so."""
    return error.__cause__ is not None


def is_unsent(error: TelegramError) -> bool:
    """Whether Telegram surely never saw the request."""
    return isinstance(error.__cause__, _UNSENT)


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants us to wait, within reason."""
    wish = error.retry_after
    seconds = wish.total_seconds() if isinstance(wish, timedelta) else float(wish)
    return min(max(seconds, 1.0), LONGEST_WAIT)


def words_of(error: TelegramError) -> str:
    """Why Telegram could not be asked, in a few words for the admin."""
    if isinstance(error, RetryAfter):
        return "Telegram asks us to slow down"
    if is_unsent(error):
        return "Telegram cannot be reached"
    if isinstance(error, TimedOut):
        return "Telegram did not answer in time"
    if is_foreign(error):  # its message is not Telegram's
        return "the connection to Telegram broke"
    return f"Telegram answered: {error.message}"


def _broken(error: TelegramError) -> DeliveryError:
    if is_unsent(error):
        return SendLater(words_of(error))
    if error.message.lower().startswith("too many requests"):
        return SendLater("Telegram asks us to slow down", USUAL_WAIT)
    if (meaning := _meaning(error)) is not None:
        return Undeliverable(meaning)
    return OutcomeUnknown(words_of(error))


def _meaning(error: TelegramError) -> str | None:
    said = error.message.lower()
    return next((meaning for words, meaning in _HOPELESS.items() if words in said), None)
