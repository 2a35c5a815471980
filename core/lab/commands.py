"""The lab's commands: read the store beside the service, think, and write to standard output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from core.check import failed_tests
from core.lab import replay_report, stats_report
from core.lab.gathering import Gathering
from core.lab.money import AnswerPrice, answer_price
from core.lab.replay import Replay
from core.lab.screen import page, progress, write_json
from core.lab.since import Since
from core.lab.stats import Counting, Stats
from core.lab.suggest import Workshop
from core.lab.suggest_report import suggest_report
from core.policy import Policy
from core.settings import Settings
from core.store.history import Past, Talk, read_past


def replay(today: Settings, new: Settings, since: Since, *, as_json: bool) -> int:
    """Raises StoreUnavailable or NewerDatabase."""
    now = datetime.now(UTC)
    policy = Policy.of(today)
    begin = since.begin(now, policy.zone)
    compared = Replay(policy, Policy.of(new), has_model=not today.why_off("gpt"))

    def query(past: Past) -> AnswerPrice:
        _each_talk(past, begin, "replaying", lambda talk: compared.take(talk, begin))
        return answer_price(today, past.paid(begin)[0])

    price = asyncio.run(read_past(today.store.url, query))
    _warn(new)
    frame = replay_report.Frame(today.path, new.path, begin, now)
    if as_json:
        write_json(replay_report.as_json(frame, compared.result, price))
    else:
        with page() as screen:
            replay_report.show(screen, frame, compared.result, price)
    return 0


def stats(settings: Settings, since: Since, *, as_json: bool) -> int:
    """Raises StoreUnavailable or NewerDatabase."""
    now = datetime.now(UTC)
    policy = Policy.of(settings)
    begin = since.begin(now, policy.zone)
    counting = Counting(policy, begin, policy.zone)

    def query(past: Past) -> Stats:
        _each_talk(past, begin, "counting", counting.take)
        return counting.done(*past.paid(begin))

    counted = asyncio.run(read_past(settings.store.url, query))
    price = answer_price(settings, counted.answers_paid)
    frame = stats_report.Frame(settings, begin, now, price)
    if as_json:
        write_json(stats_report.as_json(frame, counted))
    else:
        with page() as screen:
            stats_report.show(screen, frame, counted)
    return 0


def suggest(settings: Settings, since: Since) -> int:
    """Raises StoreUnavailable or NewerDatabase."""
    policy = Policy.of(settings)
    gathered = Gathering(policy, since.begin(datetime.now(UTC), policy.zone))

    def query(past: Past) -> None:
        _each_talk(past, gathered.since, "reading", gathered.take)

    asyncio.run(read_past(settings.store.url, query))
    made = Workshop(settings, gathered.asked, gathered.people).all()
    sys.stdout.write(suggest_report(made))
    return 0


def _each_talk(
    past: Past, begin: datetime | None, about: str, take: Callable[[Talk], None]
) -> None:
    sizes = past.sizes(begin)
    with progress(about, sum(sizes.values())) as step:
        for talk in past.talks(sizes):
            take(talk)
            step(len(talk.lines))


def _warn(settings: Settings) -> None:
    """What is compared should also be fit to go live."""
    if failures := failed_tests(settings):
        count = f"{len(failures)} of its own tests"
        sys.stderr.write(
            f"frontdesk: {settings.path} fails {count}; see frontdesk check {settings.path}\n"
        )
