"""Buttons under messages: the Bot API is strict about their shape and stingy with their data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.refusal import bad_request

_ACTIONS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)
_LOOKS = frozenset({"text", "style", "icon_custom_emoji_id"})
_REPLY_BUTTON = frozenset({"text", "style", "icon_custom_emoji_id", "request_contact"}) | {
    "request_location",
    "request_poll",
    "request_users",
    "request_chat",
    "web_app",
}
_MARKUPS: dict[str, frozenset[str]] = {
    "inline_keyboard": frozenset(),
    "keyboard": frozenset(
        [
            "is_persistent",
            "resize_keyboard",
            "one_time_keyboard",
            "input_field_placeholder",
            "selective",
        ]
    ),
    "remove_keyboard": frozenset({"selective"}),
    "force_reply": frozenset({"input_field_placeholder", "selective"}),
}
_URL = re.compile(r"(?i)(https?://\S+|tg://\S+)")


@dataclass(frozen=True, slots=True)
class Button:
    """A button as a customer sees it: `data` goes back to the bot, `url` opens a page."""

    label: str
    data: str | None = None
    url: str | None = None


def checked_markup(markup: Any, *, inline_only: bool = False) -> dict[str, Any]:
    """`markup` when it has one of the four shapes of reply_markup; raises Refusal if not."""
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    shapes = [name for name in _MARKUPS if name in markup]
    if len(shapes) != 1:
        raise bad_request("reply_markup needs exactly one of " + ", ".join(_MARKUPS))
    shape = shapes[0]
    if inline_only and shape != "inline_keyboard":
        raise bad_request("inline keyboard expected")
    unknown = set(markup) - {shape} - _MARKUPS[shape]
    if unknown:
        raise bad_request(f'reply_markup with {shape} has no field "{min(unknown)}"')
    if shape in ("remove_keyboard", "force_reply"):
        if markup[shape] is not True:
            raise bad_request(f"{shape} must be true")
        return markup
    _check_rows(markup[shape], shape)
    return markup


def buttons(markup: dict[str, Any] | None) -> list[list[Button]]:
    """The rows of buttons that `markup` shows."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    return [
        [
            Button(button, None)
            if isinstance(button, str)
            else Button(button["text"], button.get("callback_data"), button.get("url"))
            for button in row
        ]
        for row in rows
    ]


def _check_rows(rows: Any, shape: str) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise bad_request(f"{shape} must be an array of arrays of buttons, none of them empty")
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    check = _check_inline if shape == "inline_keyboard" else _check_reply
    for row in rows:
        for button in row:
            check(button)


def _check_inline(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: object expected")
    _check_label(button.get("text"))
    unknown = set(button) - _ACTIONS - _LOOKS
    if unknown:
        raise bad_request(f'can\'t parse inline keyboard button: no field "{min(unknown)}"')
    actions = _ACTIONS & set(button)
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request("can't parse inline keyboard button: one action a button")
    if "callback_data" in button:
        _check_data(button["callback_data"])
    if "url" in button and not _URL.fullmatch(str(button["url"]).split("?")[0].split("#")[0]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid")


def _check_reply(button: Any) -> None:
    if isinstance(button, str):
        _check_label(button)
        return
    if not isinstance(button, dict) or set(button) - _REPLY_BUTTON:
        raise bad_request("can't parse keyboard button: unknown field")
    _check_label(button.get("text"))


def _check_label(text: Any) -> None:
    if not isinstance(text, str) or not text.strip():
        raise bad_request("can't parse keyboard button: text must be non-empty")


def _check_data(data: Any) -> None:
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
