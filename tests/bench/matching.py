"""How long the rules take to find their answer; run as a process, it prints JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.quick_replies import Question, QuickReplies, Rule, When
from tests.bench import rules
from tests.bench.bench import Bench
from tests.bench.children import SERVER, Child

_TEXTS = 50
_SECONDS = 0.7


async def matching(bench: Bench, keys: set[str]) -> None:
    for _ in bench.rounds():
        log = bench.folder / "matching.log"
        command = ("-m", "tests.bench.matching", "10000" if "rules10000_vs_1000" in keys else "")
        async with Child(command, SERVER, log=log, talks=True) as child:
            found = await child.hear(60)
        base = found["alternation_us"]
        bench.results.add("rules1000_us", found["us"], base, "µs, one re alternation")
        if "many_us" in found:
            bench.results.add("rules10000_vs_1000", found["many_us"] / found["us"])


def compiled(samples: Sequence[rules.Sample]) -> QuickReplies:
    replies = QuickReplies.compile(_rule(sample.rule) for sample in samples)
    replies.prepare()
    return replies


def _rule(written: dict[str, Any]) -> Rule:
    when = written["when"]
    return Rule(
        written["id"],
        When(
            any=tuple(when.get("any", ())),
            all=tuple(tuple(group) for group in when.get("all", ())),
            none=tuple(when.get("none", ())),
            regex=tuple(when.get("regex", ())),
        ),
        {"": written["reply"]},
    )


def _microseconds(search: Callable[[str], object], texts: Sequence[str]) -> float:
    """The quickest of several rounds: whatever else the machine does only adds."""
    best, end = float("inf"), time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        began = time.perf_counter()
        for text in texts:
            search(text)
        best = min(best, time.perf_counter() - began)
    return 1e6 * best / len(texts)


def _alternation(samples: Sequence[rules.Sample]) -> Callable[[str], object]:
    """The obvious way: every rule's words and patterns in one expression of the standard re."""
    parts = [re.escape(word) for s in samples for word in s.rule["when"].get("any", ())]
    patterns = [p.replace("(?i)", "") for s in samples for p in s.rule["when"].get("regex", ())]
    plain = [re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in patterns]
    return re.compile("|".join(parts + plain), re.IGNORECASE).search


def _match(replies: QuickReplies) -> Callable[[str], object]:
    return lambda text: replies.match(Question(text, channel="web", language="en"))


def main() -> None:
    samples = rules.samples(1000)
    hits = [sample.text for sample in rules.spread(samples, _TEXTS)]
    texts = [*hits, *rules.strangers(_TEXTS)]
    replies = compiled(samples)
    for sample in rules.spread(samples, _TEXTS):
        found = replies.match(Question(sample.text, channel="web", language="en"))
        assert found is not None, sample
        assert found.text == sample.reply, (sample, found.rule.id)
    measured = {
        "us": _microseconds(_match(replies), texts),
        "alternation_us": _microseconds(_alternation(samples), texts),
    }
    if sys.argv[1]:
        many = compiled(rules.samples(int(sys.argv[1])))
        measured["many_us"] = _microseconds(_match(many), texts)
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
