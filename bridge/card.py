"""The root message of a case's thread: who, where, why, and what can be done; pure."""

from __future__ import annotations

from typing import Any

from bridge.outbound import Sheet, cut, plain
from core.cases import CaseCard, CaseState
from core.clean import shown_name
from core.messages import CaseRef, Command

MOST_EARLIER = 5
_MOST_NAME, _MOST_FIELD, _MOST_REASON = 100, 1500, 2500
_LABELS = {
    Command.CLAIM: "Claim",
    Command.BOT: "Hand back to bot",
    Command.CLOSE: "Close",
}
_OFFERED = {
    CaseState.WAITING: (Command.CLAIM, Command.BOT, Command.CLOSE),
    CaseState.CLAIMED: (Command.BOT, Command.CLOSE),
    CaseState.HANDED_BACK: (),
    CaseState.CLOSED: (),
}

Json = dict[str, Any]


def card(case: CaseCard, workspace_url: str) -> Sheet:
    """The card as it is now. Buttons that would do nothing are not offered."""
    named = shown_name(case.customer.name) or shown_name(case.customer.username)
    who, _ = cut(named or "A customer", _MOST_NAME)
    title = f"{who} needs a person"
    blocks: list[Json] = [
        {"type": "header", "text": plain(title)},
        {"type": "section", "text": plain(_short(case.reason, _MOST_REASON))},
        {"type": "section", "fields": [plain(field) for field in _fields(case)]},
    ]
    if case.earlier:
        blocks.append(_earlier(case, workspace_url))
    if commands := _OFFERED[case.state]:
        blocks.append({"type": "actions", "elements": [_button(c) for c in commands]})
    return Sheet(f"{title} ({case.channel}): {_short(case.reason, 300)}", tuple(blocks))


def _fields(case: CaseCard) -> list[str]:
    customer = case.customer
    handle = customer.username
    username = f"({handle})" if "@" in handle else f"(@{handle})" if handle else ""
    rows = {
        "Customer": f"{shown_name(customer.name)} {username}",
        "Channel": case.channel,
        "Language": case.language,
        "Page": case.page,
        "State": _state(case),
    }
    # None of these is more than a line, so none can look like two.
    lines = {label: shown_name(value) for label, value in rows.items()}
    return [_short(f"{label}: {value}", _MOST_FIELD) for label, value in lines.items() if value]


def _state(case: CaseCard) -> str:
    by = f" by {case.agent.name}" if case.agent is not None and case.agent.name else ""
    match case.state:
        case CaseState.WAITING:
            return "⏳ waiting for an agent"
        case CaseState.CLAIMED:
            return f"🙋 claimed{by}"
        case CaseState.HANDED_BACK:
            return "🤖 handed back to the bot"
        case CaseState.CLOSED:
            return f"✅ closed{by}"


def _earlier(case: CaseCard, workspace_url: str) -> Json:
    # The only markup on the card: links that we make ourselves, of ids that Slack made.
    links = [
        f"<{permalink(ref, workspace_url)}|{number}>"
        for number, ref in enumerate(case.earlier[-MOST_EARLIER:], start=1)
    ]
    text = f"Earlier threads: {' '.join(links)}"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def permalink(ref: CaseRef, workspace_url: str) -> str:
    """The address of a thread in a browser."""
    return f"{workspace_url}archives/{ref.channel}/p{ref.thread.replace('.', '')}"


def _button(command: Command) -> Json:
    button = {
        "type": "button",
        "action_id": f"case:{command}",
        "text": plain(_LABELS[command]),
    }
    return {**button, "style": "primary"} if command is Command.CLAIM else button


def _short(text: str, longest: int) -> str:
    kept, rest = cut(text.strip() or "…", longest)
    return f"{kept}…" if rest else kept
