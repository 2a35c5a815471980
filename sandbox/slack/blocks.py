"""Block Kit as far as a support desk needs it, with Slack's limits and no tolerance.

The limit on all characters of a message together is documented nowhere; Slack enforces it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack import shapes
from sandbox.slack.errors import SlackError
from sandbox.slack.shapes import Check, anything, fields, flag, items, number, text, typed

MOST_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
MOST_CHARACTERS = 13_200
MOST_MARKDOWN = 12_000


def _plain(longest: int) -> Check:
    return typed(
        {"plain_text": fields({"type": anything, "text": text(longest)}, {"emoji": flag})}
    )


def _prose(longest: int) -> Check:
    """Text of either kind."""
    mrkdwn = fields({"type": anything, "text": text(longest)}, {"verbatim": flag})
    plain = fields({"type": anything, "text": text(longest)}, {"emoji": flag})
    return typed({"mrkdwn": mrkdwn, "plain_text": plain})


_CONFIRM = fields(
    {"title": _plain(100), "text": _prose(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": text(10, only=("primary", "danger"))},
)
_OPTION = fields(
    {"text": _prose(75), "value": text(150)}, {"description": _prose(75), "url": text(3000)}
)
_IMAGE = fields(
    {"type": anything, "image_url": text(3000), "alt_text": text(2000)},
    {"title": _plain(2000), "block_id": text(255)},
)
_PICKER = {"type": anything, "action_id": text(255)}
_PICKER_EXTRAS = {"placeholder": _plain(150), "confirm": _CONFIRM, "focus_on_load": flag}
_ELEMENTS: dict[str, Check] = {
    "button": fields(
        {"type": anything, "text": _plain(75), "action_id": text(255)},
        {
            "url": text(3000),
            "value": text(2000),
            "style": text(10, only=("primary", "danger")),
            "confirm": _CONFIRM,
            "accessibility_label": text(75),
        },
    ),
    "static_select": fields(
        {**_PICKER, "options": items(_OPTION, 100)}, {**_PICKER_EXTRAS, "initial_option": _OPTION}
    ),
    "users_select": fields(_PICKER, {**_PICKER_EXTRAS, "initial_user": text(20)}),
    "overflow": fields({**_PICKER, "options": items(_OPTION, 5)}, {"confirm": _CONFIRM}),
    "image": _IMAGE,
}
_INPUTS: dict[str, Check] = {
    "plain_text_input": fields(
        _PICKER,
        {
            "placeholder": _plain(150),
            "initial_value": text(3000),
            "multiline": flag,
            "min_length": number,
            "max_length": number,
            "focus_on_load": flag,
        },
    ),
    "static_select": _ELEMENTS["static_select"],
    "users_select": _ELEMENTS["users_select"],
}
_ACTIONS = {kind: check for kind, check in _ELEMENTS.items() if kind != "image"}
_CONTEXT = typed({"mrkdwn": _prose(3000), "plain_text": _prose(3000), "image": _IMAGE})
_ID = {"block_id": text(255)}

_BLOCKS: dict[str, Check] = {
    "section": fields(
        {"type": anything},
        {
            **_ID,
            "text": _prose(3000),
            "fields": items(_prose(2000), 10),
            "accessory": typed(_ELEMENTS),
            "expand": flag,
        },
    ),
    "header": fields({"type": anything, "text": _plain(150)}, _ID),
    "divider": fields({"type": anything}, _ID),
    "context": fields({"type": anything, "elements": items(_CONTEXT, 10)}, _ID),
    "actions": fields({"type": anything, "elements": items(typed(_ACTIONS), 25)}, _ID),
    "image": _IMAGE,
    "markdown": fields({"type": anything, "text": text(MOST_MARKDOWN)}, _ID),
    "rich_text": fields({"type": anything, "elements": items(anything, 100)}, _ID),
}
_VIEW_BLOCKS: dict[str, Check] = {
    **{kind: check for kind, check in _BLOCKS.items() if kind != "markdown"},
    "input": fields(
        {"type": anything, "label": _plain(2000), "element": typed(_INPUTS)},
        {**_ID, "hint": _plain(2000), "optional": flag, "dispatch_action": flag},
    ),
}
_VIEW = fields(
    {
        "type": text(5, only=("modal",)),
        "title": _plain(24),
        "blocks": items(typed(_VIEW_BLOCKS), MOST_VIEW_BLOCKS),
    },
    {
        "submit": _plain(24),
        "close": _plain(24),
        "private_metadata": text(3000, shortest=0),
        "callback_id": text(255),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "external_id": text(255),
    },
)


def check_blocks(blocks: list[Any]) -> None:
    """Raises `invalid_blocks` or `msg_blocks_too_long`, naming every fault and its place."""
    faults: list[str] = []
    items(typed(_BLOCKS), MOST_BLOCKS, least=0)(blocks, "/blocks", faults)
    if not faults:
        _check_sections(blocks, faults)
        _check_unique_ids(blocks, faults)
    if faults:
        raise SlackError("invalid_blocks", *faults, errors=[m[8:] for m in faults])
    if sum(len(content) for content in _texts(blocks)) > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MOST_MARKDOWN:
        raise SlackError("msg_blocks_too_long")


def check_view(view: dict[str, Any]) -> None:
    faults: list[str] = []
    _VIEW(view, "/view", faults)
    if faults:
        raise SlackError("invalid_arguments", *faults)
    if any(b["type"] == "input" for b in view["blocks"]) and "submit" not in view:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: submit")


def elements_of(blocks: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each interactive element with the id of its block."""
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory") or {}):
            if "action_id" in element:
                yield block["block_id"], element


def _check_sections(blocks: list[dict[str, Any]], faults: list[str]) -> None:
    for index, block in enumerate(blocks):
        if block["type"] == "section" and not ("text" in block or "fields" in block):
            shapes.fault(faults, "missing required field: text", f"/blocks/{index}")


def _check_unique_ids(blocks: list[dict[str, Any]], faults: list[str]) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if (block_id := block.get("block_id")) in seen:
            shapes.fault(faults, "block_id already exists", f"/blocks/{index}/block_id")
        elif block_id:
            seen.add(block_id)
        actions = [e["action_id"] for e in block.get("elements", ()) if "action_id" in e]
        if len(actions) != len(set(actions)):
            shapes.fault(faults, "action_id already exists", f"/blocks/{index}/elements")


def _texts(value: Any) -> Iterator[str]:
    """Every string a reader could see: whatever stands under a key `text`."""
    if isinstance(value, dict):
        for name, content in value.items():
            if name == "text" and isinstance(content, str):
                yield content
            else:
                yield from _texts(content)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
