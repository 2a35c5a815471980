"""What each thing that a customer does in Slack means, payload by payload."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.slack.inbound import SLACK, Heard, parse, place_of
from core.messages import (
    Address,
    Attachment,
    AttachmentKind,
    ButtonPressed,
    CustomerDeleted,
    CustomerEdited,
    CustomerWrote,
)
from tests.slack.payloads import BOT_USER, CUSTOMER, DIRECT, ROOT, SHOP, TEAM, TS, payload

DM = Address(SLACK, TEAM, DIRECT)
AT = datetime(2024, 8, 1, 8, 14, 20, 200, tzinfo=UTC)
IN_DM, IN_SHOP = f"{DIRECT}:{TS}", f"{SHOP}:{TS}"
LABEL = Attachment(
    AttachmentKind.IMAGE,
    "label.png",
    "image/png",
    5120,
    source="slack",
    remote="https://files.slack.com/files-pri/T0DESK001-F0PHOTO01/label.png",
)


def direct(event: object) -> Heard:
    return Heard(event, DIRECT, CUSTOMER)  # type: ignore[arg-type]


def wrote(text: str, *, context: str = TS, files: tuple[Attachment, ...] = ()) -> Heard:
    return direct(CustomerWrote(DM, IN_DM, text, attachments=files, at=AT, context=context))


def in_shop(text: str, thread: str, *, called: bool = True) -> Heard:
    address = Address(SLACK, TEAM, f"{SHOP}:{thread}")
    event = CustomerWrote(address, IN_SHOP, text, at=AT, context=thread)
    return Heard(event, SHOP, CUSTOMER, called)


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("direct_message", wrote("Where is my order?")),
        ("direct_message_in_thread", wrote("Where is my order?", context=ROOT)),
        ("direct_message_with_file", wrote("", files=(LABEL,))),
        ("direct_message_edited", direct(CustomerEdited(DM, IN_DM, "Where is order 123456?"))),
        ("direct_message_deleted", direct(CustomerDeleted(DM, IN_DM))),
        ("mention", in_shop("where is my order?", TS)),
        ("mention_as_message", in_shop("where is my order?", TS)),
        ("mention_in_thread", in_shop("and <@U0FRONT01> when?", ROOT)),
        ("mention_alone", in_shop("<@U0FRONT01>", TS)),
        ("thread_line_without_mention", in_shop("it is number 123456", ROOT, called=False)),
        (
            "choice_in_direct_message",
            direct(ButtonPressed(DM, f"{IN_DM}:1722500070.123456", 7, 1, context=TS)),
        ),
        (
            "choice_in_thread",
            Heard(
                ButtonPressed(
                    Address(SLACK, TEAM, f"{SHOP}:{ROOT}"),
                    f"{IN_SHOP}:1722500070.123456",
                    7,
                    0,
                    context=ROOT,
                ),
                SHOP,
                CUSTOMER,
            ),
        ),
    ],
)
def test_what_a_customer_does_is_understood(name: str, heard: Heard) -> None:
    assert parse(payload(name), TEAM, BOT_USER) == heard


def test_a_mention_and_its_message_are_one_message() -> None:
    """D08: the pair."""
    once = parse(payload("mention"), TEAM, BOT_USER)
    again = parse(payload("mention_as_message"), TEAM, BOT_USER)
    assert once == again


@pytest.mark.parametrize(
    "name",
    [
        "channel_chatter",
        "channel_join",
        "direct_message_own",
        "direct_message_unfurled",
        "link_button",
        "message_replied",
        "other_bot",
        "own_post_with_name",
        "reaction",
        "reaction_bulb",
        "reaction_bulb_on_own_post",
        "slackbot",
        "thread_line_for_somebody_else",
        "workflow",
        "button_claim",
    ],
)
def test_everything_else_means_nothing(name: str) -> None:
    """B16: for customers."""
    assert parse(payload(name), TEAM, BOT_USER) is None


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message"},
        {"type": "message", "channel": 1, "ts": "x", "user": "U1", "text": "a"},
        {"type": "message", "channel": "D1", "ts": "1e400", "user": "U1", "text": "a"},
        {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": 7},
        {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "text": "  "},
        {"type": "message", "subtype": "message_changed", "channel": "D1"},
        {"type": "message", "subtype": "message_deleted", "previous_message": []},
    ],
)
def test_a_message_of_the_wrong_shape_means_nothing(event: dict[str, object]) -> None:
    assert parse({"type": "event_callback", "event": event}, TEAM, BOT_USER) is None


@pytest.mark.parametrize(
    ("peer", "context", "place"),
    [
        ("D1", "", ("D1", "")),
        ("D1", "1.2", ("D1", "1.2")),
        ("C1:3.4", "3.4", ("C1", "3.4")),
        ("C1:3.4", "", ("C1", "3.4")),
    ],
)
def test_an_answer_goes_where_the_question_was(
    peer: str, context: str, place: tuple[str, str]
) -> None:
    assert place_of(Address(SLACK, TEAM, peer), context) == place
