"""What `frontdesk stats` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.lab.asked import By
from core.lab.groups import Group
from core.lab.money import AnswerPrice
from core.lab.screen import bar, counted, dollars, shown, table
from core.lab.stats import Day, RuleUse, Stats, Unanswered
from core.quick_replies import Rule, Then
from core.settings import Settings
from core.store.history import Paid

_MOST_GROUPS = 12
_MOST_DAYS = 31
_BAR = 40
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """Whose numbers these are, over which time, and what an answer of GPT's costs."""

    settings: Settings
    since: datetime | None
    until: datetime
    price: AnswerPrice

    def saved(self, rule: str, use: RuleUse) -> float:
        """Dollars that this rule's answers would have cost; none where GPT answered as well."""
        known = next((one for one in self.settings.quick_replies if one.id == rule), None)
        both = known is not None and known.then is Then.GPT
        return 0.0 if both else use.answers * self.price.usd

    def unused(self, stats: Stats) -> list[str]:
        rules: tuple[Rule, ...] = self.settings.quick_replies
        return [rule.id for rule in rules if rule.id not in stats.rules]


def _by_use(stats: Stats) -> list[tuple[str, RuleUse]]:
    return sorted(stats.rules.items(), key=lambda pair: (-pair[1].answers, pair[0]))


# --- JSON -----------------------------------------------------------------------------------


def as_json(frame: Frame, stats: Stats) -> dict[str, Any]:
    return {
        "since": frame.since and frame.since.isoformat(),
        "until": frame.until.isoformat(),
        "conversations": stats.conversations,
        "messages": stats.messages,
        "answers": {"rule": stats.by_rules, "gpt": stats.gpt, "person": stats.by_people},
        "rules": [_rule(frame, rule, use) for rule, use in _by_use(stats)],
        "unused_rules": frame.unused(stats),
        "agents": dict(stats.agents.most_common()),
        "days": {str(day): _day(stats.days[day]) for day in sorted(stats.days)},
        "cost": _cost(frame, stats),
        "questions": {
            "by_rule": stats.asked[By.RULE],
            "by_gpt": stats.asked[By.GPT],
            "by_person": stats.asked[By.PERSON],
            "waiting": stats.asked[By.NOBODY],
            "asked_for_a_person": stats.wishes,
        },
        "unanswered": {
            "questions": stats.unanswered,
            "answered_by_todays_rules": stats.covered,
            "groups": [_group(group) for group in stats.groups],
        },
    }


def _rule(frame: Frame, rule: str, use: RuleUse) -> dict[str, Any]:
    return {
        "id": rule,
        "answers": use.answers,
        "last": use.last and use.last.isoformat(),
        "saved_usd": round(frame.saved(rule, use), 6),
    }


def _day(day: Day) -> dict[str, int]:
    return {"rule": day.rule, "gpt": day.gpt, "person": day.person}


def _cost(frame: Frame, stats: Stats) -> dict[str, Any]:
    return {
        "usd": stats.micro_usd / _MILLION,
        "answers": [_paid(row) for row in stats.answers_paid],
        "without_answer": [_paid(row) for row in stats.expenses],
        "saved_usd": round(sum(frame.saved(*use) for use in stats.rules.items()), 6),
        "gpt_answer_usd": round(frame.price.usd, 6),
        "basis": frame.price.basis,
    }


def _paid(row: Paid) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "count": row.count,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "usd": row.micro_usd / _MILLION,
    }


def _group(group: Group[Unanswered]) -> dict[str, Any]:
    by = Counter(one.by for one in group.members)
    texts = Counter(one.message.text for one in group.members)
    return {
        "text": group.text,
        "count": len(group.members),
        "by_gpt": by[By.GPT],
        "by_person": by[By.PERSON],
        "last": max(one.message.at for one in group.members).isoformat(),
        "texts": [text for text, _ in texts.most_common(20)],
    }


# --- for people -----------------------------------------------------------------------------


def show(screen: Console, frame: Frame, stats: Stats) -> None:
    screen.print(_summary(frame, stats))
    if stats.days:
        screen.print()
        _days(screen, stats)
    if stats.rules:
        screen.print()
        screen.print(_rules(screen, frame, stats))
    if unused := frame.unused(stats):
        screen.print(Text(f"Never used: {', '.join(unused)}"))
    if stats.groups:
        screen.print()
        screen.print(_unanswered(stats))


def _summary(frame: Frame, stats: Stats) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_row(
        "messages", f"{stats.messages:,} in {counted(stats.conversations, 'conversation')}"
    )
    answers = f"{stats.by_rules:,} by rules, {stats.gpt:,} by GPT, {stats.by_people:,} by people"
    made.add_row("answers", answers)
    made.add_row("asked for a person", f"{stats.wishes:,}")
    for row in (*stats.answers_paid, *stats.expenses):
        made.add_row(f"cost: {row.kind}", f"{dollars(row.micro_usd / _MILLION)} ({row.count:,})")
    made.add_row("cost", dollars(stats.micro_usd / _MILLION))
    saved = sum(frame.saved(*use) for use in stats.rules.items())
    basis = f"an answer of GPT's: {dollars(frame.price.usd)}, {frame.price.basis}"
    made.add_row("saved by rules", f"{dollars(saved)} ({basis})")
    return made


def _days(screen: Console, stats: Stats) -> None:
    """A bar a day, as long as its answers are many, the rules' part first."""
    last = max(stats.days)
    first = max(min(stats.days), last - timedelta(days=_MOST_DAYS - 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    most = max(_total(stats.days.get(day, Day())) for day in days)
    full = screen.encoding.lower().startswith("utf")
    marks = ("█", "▒", "░") if full else ("#", "=", "-")
    legend = "{} rules {} GPT {} people".format(*marks)
    screen.print(Text.assemble(("Answers a day", "bold"), f"   {legend}"))
    for day in days:
        screen.print(_bar_of(day, stats.days.get(day, Day()), most, marks))


def _total(day: Day) -> int:
    return day.rule + day.gpt + day.person


def _bar_of(day: date, counts: Day, most: int, marks: tuple[str, str, str]) -> Text:
    # Rounded at the borders, so that the whole bar is as long as the day deserves.
    ends = [counts.rule, counts.rule + counts.gpt, _total(counts)]
    columns = [round(end * _BAR / most) for end in ends] if most else [0, 0, 0]
    widths = [columns[0], columns[1] - columns[0], columns[2] - columns[1]]
    styles = ("green", "blue", "magenta")
    parts = [
        (mark * width, style) for mark, width, style in zip(marks, widths, styles, strict=True)
    ]
    padding = " " * (_BAR - columns[2])
    return Text.assemble(f"{day:%a %d %b}  ", *parts, f"{padding}  {_total(counts):,}")


def _rules(screen: Console, frame: Frame, stats: Stats) -> Table:
    known = {rule.id for rule in frame.settings.quick_replies}
    most = max(use.answers for use in stats.rules.values())
    made = table("rule", "answers", "", "saved", "last", right=("answers", "saved"))
    for rule, use in _by_use(stats):
        name = rule if rule in known else f"{rule} (no longer there)"
        made.add_row(
            name,
            f"{use.answers:,}",
            Text(bar(use.answers / most, 16, screen), style="green"),
            dollars(frame.saved(rule, use)),
            f"{use.last:%Y-%m-%d}" if use.last else "",
        )
    return made


def _unanswered(stats: Stats) -> Table:
    covered = f", {stats.covered:,} of which today's rules answer" if stats.covered else ""
    made = table("times", "GPT", "person", "question", right=("times", "GPT", "person"))
    made.title = f"No rule answered ({counted(stats.unanswered, 'question')}{covered})"
    made.title_justify, made.title_style = "left", "bold"
    made.expand = True
    made.columns[-1].ratio = 1
    for group in stats.groups[:_MOST_GROUPS]:
        by = Counter(one.by for one in group.members)
        texts = {" ".join(one.message.text.split()).casefold() for one in group.members}
        more = f"  (in {len(texts)} wordings)" if len(texts) > 1 else ""
        question = shown(group.text, 120).append(more, style="dim")
        made.add_row(f"{len(group.members):,}", f"{by[By.GPT]:,}", f"{by[By.PERSON]:,}", question)
    if left := stats.groups[_MOST_GROUPS:]:
        others = "other" if len(left) == 1 else "others"
        made.add_row(
            f"{sum(len(g.members) for g in left):,}", "", "", f"in {len(left):,} {others}"
        )
    return made
