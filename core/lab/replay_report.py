"""What `frontdesk replay` prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.lab.money import AnswerPrice
from core.lab.replay import Change, Difference, Outcome, Replayed, Who, most_frequent
from core.lab.screen import counted, dollars, shown, table
from core.quick_replies import Then

_TITLES = {
    Change.CHANGED: "Changed answers",
    Change.ANSWERED: "Newly answered by a rule",
    Change.LOST: "Newly lost: no rule answers any more",
}
_OTHERS = {
    Who.GPT: "GPT",
    Who.PERSON: "a person",
    Who.ASKS: "asks which one is meant",
    Who.OURS: "frontdesk",
}
_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Frame:
    """Whose rules were compared, and over which time."""

    today: Path
    new: Path
    since: datetime | None
    until: datetime


def as_json(frame: Frame, result: Replayed, price: AnswerPrice) -> dict[str, Any]:
    return {
        "today": str(frame.today),
        "new": str(frame.new),
        "since": frame.since and frame.since.isoformat(),
        "until": frame.until.isoformat(),
        "conversations": result.conversations,
        "messages": result.messages,
        "same": result.messages - len(result.differences),
        **{change.value: [_row(found) for found in result.of(change)] for change in Change},
        "gpt_calls": _counts(result.today.gpt, result.new.gpt),
        "people_called": _counts(result.today.people, result.new.people),
        "money": {
            "saved_usd": round(result.calls_saved * price.usd, 6),
            "gpt_answer_usd": round(price.usd, 6),
            "basis": price.basis,
        },
    }


def _counts(today: int, new: int) -> dict[str, int]:
    return {"today": today, "new": new, "saved": today - new}


def _row(found: Difference) -> dict[str, Any]:
    message = found.message
    return {
        "conversation": message.conversation,
        "seq": message.seq,
        "at": message.at.isoformat(),
        "channel": found.channel,
        "language": found.language,
        "text": message.text,
        "today": _outcome(found.today),
        "new": _outcome(found.new),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    if outcome.who is not Who.RULE:
        return {"by": outcome.who.value}
    return {
        "by": "rule",
        "rule": outcome.rule,
        "text": outcome.text,
        "buttons": list(outcome.buttons),
        "then": outcome.then.value,
    }


def show(screen: Console, frame: Frame, result: Replayed, price: AnswerPrice) -> None:
    """The differences first, the sums last, because they are what a terminal still shows."""
    for change, title in _TITLES.items():
        found = result.of(change)
        if found:
            screen.print(Text(f"{title} ({counted(len(found), 'message')})", style="bold"))
            screen.print(_differences(found))
            screen.print()
    screen.print(_sums(frame, result, price))


def _differences(found: list[Difference]) -> Table:
    rows = list(most_frequent(found))
    made = table("times", "message", "today", "new", right=("times",))
    made.expand = True
    for column in made.columns[1:]:
        column.ratio = 1
    for difference, count in rows[:_MOST_ROWS]:
        made.add_row(
            str(count),
            shown(difference.text),
            _told(difference.today, difference.new),
            _told(difference.new, difference.today),
        )
    if len(rows) > _MOST_ROWS:
        made.add_row("", f"… and {len(rows) - _MOST_ROWS} more; --json lists them all")
    return made


def _told(outcome: Outcome, other: Outcome) -> Text:
    """Who answers; in the words of the answer only where these differ."""
    if outcome.who is not Who.RULE:
        return Text(_OTHERS[outcome.who])
    told = Text(outcome.rule)
    if other.who is Who.RULE and outcome.text != other.text:
        told.append(": ").append_text(shown(outcome.text, 160))
    if other.who is Who.RULE and outcome.buttons != other.buttons:
        told.append(" ").append_text(shown(" ".join(f"[{label}]" for label in outcome.buttons)))
    if outcome.then is not Then.STOP:
        told.append(f", then {'GPT' if outcome.then is Then.GPT else 'a person'}")
    return told


def _sums(frame: Frame, result: Replayed, price: AnswerPrice) -> Table:
    made = Table.grid(padding=(0, 2))
    same = result.messages - len(result.differences)
    made.add_row(
        "messages", f"{result.messages:,} in {counted(result.conversations, 'conversation')}"
    )
    made.add_row("rules", f"{frame.today} today, {frame.new} new")
    made.add_row("same answer", f"{same:,}")
    for change, name in (
        (Change.CHANGED, "changed"),
        (Change.ANSWERED, "newly answered"),
        (Change.LOST, "newly lost"),
    ):
        made.add_row(name, f"{len(result.of(change)):,}")
    made.add_row("GPT calls", _saved(result.today.gpt, result.new.gpt))
    made.add_row("people called", _saved(result.today.people, result.new.people))
    money = dollars(result.calls_saved * price.usd)
    made.add_row(
        "money saved", f"{money} (an answer of GPT's: {dollars(price.usd)}, {price.basis})"
    )
    return made


def _saved(today: int, new: int) -> str:
    if new == today:
        return f"{today:,} as before"
    more = f"{today - new:,} saved" if new < today else f"{new - today:,} more"
    return f"{today:,} today, {new:,} new: {more}"
