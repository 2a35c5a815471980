"""A customer of a shop, whose messages the store tests keep."""

from __future__ import annotations

from core.messages import Address, Author, AuthorKind, ChannelName, Message
from core.store import Transaction

ANNA = Address(ChannelName("web"), "", "anna")
BORIS = Address(ChannelName("telegram"), "shopbot", "4711")

CUSTOMER = Author(AuthorKind.CUSTOMER, "Anna")
BOT = Author(AuthorKind.BOT)


def write(unit: Transaction, text: str, address: Address = ANNA, external_id: str = "") -> Message:
    conversation = unit.open_conversation(address)
    return unit.append(conversation, CUSTOMER, text, external_id=external_id)


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]
