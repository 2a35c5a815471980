"""What must hold whatever happened: checked from the platforms' journals and the database file.

Never from logs. The numbers are those of the promises: I1 every message ends answered or with a
person, I2 each part is accepted once (by Telegram twice at most, and only where it is flagged),
I3 order is kept, I4 nothing acknowledged is missing, I5 no line in another conversation, I7 no
word of the bot while a person has the conversation, I10 no secret anywhere, I12 nothing waits for
ever.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from tests.faults import ledger
from tests.faults.ledger import Ledger, Row, Talk
from tests.faults.people import MARK, Customer, WebCustomer, marks_in, seen, shown
from tests.faults.town import Town

_LINE = re.compile(r"\b[wts]\d+-(\d+)$", re.MULTILINE)
_QUOTED = 100  # letters of a message at least, that a case's reason has
_ENDS_A_CASE = ("texts:closed", "texts:handed_back")


@dataclass(slots=True)
class Findings:
    """Whatever does not hold, each as one sentence; empty lists are good news."""

    lost: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    barged_in: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    telegram_repeats: int = 0

    def all(self) -> list[str]:
        return [
            f"{kind.name}: {sentence}"
            for kind in fields(self)
            if kind.name != "telegram_repeats"
            for sentence in getattr(self, kind.name)
        ]


def examine(town: Town) -> Findings:
    """Look at everything, once all is drained."""
    book, found = ledger.read(town.database), Findings()
    owners = _owners(town, book, found)
    _check_stored(town, book, found)
    for talk in book.talks.values():
        customer = owners.get(talk.row["id"])
        _check_order(talk, found)
        _check_silence(talk, found)
        _check_progress(talk, found)
        if customer is not None:
            _check_answers(town, talk, customer, found)
            _check_heard(talk, customer, found)
    _check_slack(town, book, found)
    _check_telegram(town, book, found)
    _check_places(town, owners, book, found)
    _check_secrets(town, book, found)
    return found


def check(town: Town) -> Findings:
    """The same, failing with all that does not hold."""
    found = examine(town)
    assert not found.all(), "\n".join([*found.all(), town.frontdesk.said[-2000:]])
    return found


# --- who is who ----------------------------------------------------------------------------------


def _owners(town: Town, book: Ledger, found: Findings) -> dict[int, Customer]:
    """The customer of each conversation, from the marks in it (I5: only one's)."""
    owners = {}
    for id, talk in book.talks.items():
        names = {MARK.search(m["text"])[1] for m in talk.by("customer") if MARK.search(m["text"])}  # type: ignore[index]
        if len(names) > 1:
            found.elsewhere.append(f"conversation {id} has lines of {sorted(names)}")
        if names:
            owners[id] = town.customers[names.pop()]
    twice = [name for name, n in Counter(c.name for c in owners.values()).items() if n > 1]
    found.doubled.extend(f"{name} has several conversations" for name in twice)
    return owners


def _check_stored(town: Town, book: Ledger, found: Findings) -> None:
    """I4, I1: whatever was said is stored, once."""
    for kind, everybody in (
        ("customer", [customer.said for customer in town.customers.values()]),
        ("agent", list(town.agent.said.values())),
    ):
        stored = Counter(
            mark
            for message in book.messages
            if message["author_kind"] == kind
            for mark in marks_in(message["text"])
        )
        said = [mark for marks in everybody for mark in marks]
        found.lost.extend(f"{kind}'s {mark} is not stored" for mark in said if not stored[mark])
        found.doubled.extend(f"{mark} is stored {n} times" for mark, n in stored.items() if n > 1)


# --- one conversation ----------------------------------------------------------------------------


def _check_order(talk: Talk, found: Findings) -> None:
    """I3: lines in the order of their numbers, the seqs without a hole."""
    for kind in ("customer", "agent"):
        numbers = [int(n) for m in talk.by(kind) for _, _, n in MARK.findall(m["text"])]
        for one, next_ in pairwise(numbers):
            if one > next_:
                found.reordered.append(f"{kind} of talk {talk.row['id']}: {next_} after {one}")
    if [m["seq"] for m in talk.messages] != list(range(1, talk.row["last_seq"] + 1)):
        found.lost.append(f"talk {talk.row['id']} has holes")


def _check_silence(talk: Talk, found: Findings) -> None:
    """I7: from an agent's first word to the end of the case the bot says nothing."""
    human = False
    for message in talk.messages:
        if message["author_kind"] == "agent":
            human = True
        elif message["answered_by"] in _ENDS_A_CASE:
            human = False
        elif human and message["author_kind"] == "bot":
            found.barged_in.append(f"talk {talk.row['id']}, {message['text'][:80]!r}")


def _check_progress(talk: Talk, found: Findings) -> None:
    """I12, and I1 for what was given up."""
    if talk.row["pending_seq"] is not None:
        found.stuck.append(f"talk {talk.row['id']} waits for an answer")
    for row in talk.deliveries:
        if row["open_lane"] is not None:
            found.stuck.append(f"{row['kind']} {row['id']} is {row['state']}: {row['error']}")
        if row["state"] == "dead" and not _is_told(talk, row):
            found.unanswered.append(f"{row['kind']} {row['id']} was given up: {row['error']}")


def _is_told(talk: Talk, given_up: Row) -> bool:
    """Whether the agents were told that a message to the customer was given up: in the open
    case's thread, or by a case of its own."""
    texts = [m["text"] for m in talk.messages if m["seq"] == given_up["seq"]]
    if any(text[:_QUOTED] in case["reason"] for text in texts for case in talk.cases):
        return True
    return any(
        row["kind"] == "note" and row["state"] == "sent" and row["seq"] == given_up["seq"]
        for row in talk.deliveries
    )


def _check_answers(town: Town, talk: Talk, customer: Customer, found: Findings) -> None:
    """I1: each line is answered, or stands where the agents see it; and answered once."""
    answers = Counter(m for row in talk.by("bot") for m in marks_in(row["text"]))
    threads = [case["thread"] for case in talk.cases]
    handed = {
        m for thread in threads for post in _thread(town, thread) for m in marks_in(seen(post))
    }
    for row in talk.by("customer"):
        for mark in marks_in(row["text"]):
            if not answers[mark] and mark not in handed:
                found.unanswered.append(f"{mark}")
    found.doubled.extend(f"{n} answers to {mark}" for mark, n in answers.items() if n > 1)


def _check_heard(talk: Talk, customer: Customer, found: Findings) -> None:
    """What was said is what the customer sees; on the web in the same order (I3)."""
    said = [row["text"] for row in talk.by("bot", "agent", "system")]
    heard = customer.heard()
    if isinstance(customer, WebCustomer):
        if heard != said:
            found.lost.append(f"{customer.name} saw {heard[-5:]} of {said[-5:]}")
        if customer.gaps or customer.changed:
            found.reordered.append(f"{customer.name}: {customer.gaps=} {customer.changed=}")
        return
    sent = [r for r in talk.deliveries if r["kind"] == "reply" and r["state"] == "sent"]
    for row in sent:
        if not any(row["text"] in text for text in heard):
            found.lost.append(f"{customer.name} never got {row['text'][:80]!r}")
    for one, next_ in pairwise(sent):
        if float(one["remote_id"].split(",")[0]) >= float(next_["remote_id"].split(",")[0]):
            found.reordered.append(f"{customer.name} got {next_['text'][:60]!r} too early")


# --- the platforms -------------------------------------------------------------------------------


def _check_slack(town: Town, book: Ledger, found: Findings) -> None:
    """I2: no key was accepted twice; I3: threads show lines in their order."""
    calls = town.slack.journal.of("chat.postMessage")
    accepted = Counter(_key(call.arguments) for call in calls)
    del accepted[None]
    found.doubled.extend(f"Slack took {key} {n} times" for key, n in accepted.items() if n > 1)
    for row in book.deliveries:
        opened = row["kind"] == "open" and row["state"] == "sent"
        if opened and not accepted[row["key"]]:
            found.lost.append(f"{row['kind']} {row['id']} is sent, and Slack has none")
    for talk in book.talks.values():
        for case in talk.cases:
            # Not the card, whose reason may quote a line; and of a transcript only the customer's
            # lines, which end with their mark: the bot's answers name it again, later.
            posts = [p for p in _thread(town, case["thread"])[1:] if p.bot_id]
            told = "\n".join(map(shown, posts))
            lines = [int(found[1]) for found in _LINE.finditer(told)]
            if lines != sorted(lines):
                found.reordered.append(f"thread of case {case['id']} shows {lines}")
            _check_thread(talk, case, posts, found)


def _check_thread(talk: Talk, case: Row, posts: Sequence[Any], found: Findings) -> None:
    """I1, I2: a line that went to the desk stands once in its thread, and in the post that is
    noted for it, alone or with others; so does a note."""
    rows = [row for row in talk.deliveries if row["case_id"] == case["id"]]
    ours = {row["remote_id"] for row in rows if row["kind"] != "relay"}
    relays = {post.ts: marks_in(shown(post)) for post in posts if post.ts not in ours}
    times = Counter(mark for marks in relays.values() for mark in set(marks))
    found.doubled.extend(f"{n} posts show {mark}" for mark, n in times.items() if n > 1)
    texts = {message["seq"]: message["text"] for message in talk.messages}
    told = {post.ts: shown(post) for post in posts}
    for row in rows:
        if row["state"] != "sent":
            continue
        if row["kind"] == "note" and row["text"] not in told.get(row["remote_id"], ""):
            found.lost.append(f"note {row['id']} is sent, and Slack has none")
        if row["kind"] == "relay":
            missing = set(marks_in(texts[row["seq"]])) - set(relays.get(row["remote_id"], ()))
            found.lost.extend(f"relay {row['id']} is sent, and Slack has no {m}" for m in missing)


def _key(arguments: Any) -> Any:
    metadata = arguments.get("metadata") or {}
    metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
    return metadata.get("event_payload", {}).get("key")


def _thread(town: Town, root: str | None) -> list[Any]:
    if root is None:
        return []
    kept = town.slack.workspace.channels[town.desk].messages
    return [kept[root], *town.slack.thread(town.desk, root)] if root in kept else []


def _check_telegram(town: Town, book: Ledger, found: Findings) -> None:
    """I2: each part is taken once, or twice where it is flagged."""
    taken: dict[str, list[str]] = defaultdict(list)
    for call in town.telegram.journal.of("sendMessage"):
        taken[str(call.arguments["chat_id"])].append(str(call.arguments["text"]))
    for talk in book.talks.values():
        if talk.row["channel"] != "telegram":
            continue
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in talk.deliveries:
            if row["kind"] == "reply":
                rows[row["text"]].append(row)
        for text, same in rows.items():
            n = sum(given.endswith(text) for given in taken[talk.row["peer"]])
            _judge_telegram(text, same, n, found)


def _judge_telegram(text: str, same: Sequence[Row], taken: int, found: Findings) -> None:
    sent = sum(row["state"] == "sent" for row in same)
    flagged = sum(bool(row["uncertain"]) for row in same)
    if taken > len(same) + flagged:
        found.doubled.append(f"Telegram took {taken} of {len(same)} times {text[:60]!r}")
    elif taken < sent:
        found.lost.append(f"Telegram took {taken} of {sent} times {text[:60]!r}")
    else:
        found.telegram_repeats += max(0, taken - len(same))


def _check_places(town: Town, owners: dict[int, Customer], book: Ledger, found: Findings) -> None:
    """I5: no mark where only another customer's belong."""
    for customer in town.customers.values():
        for text in customer.heard():
            found.elsewhere.extend(_strangers(text, customer.name, customer.name))
    for id, talk in book.talks.items():
        owner = owners.get(id)
        for case in talk.cases if owner is not None else ():
            for post in _thread(town, case["thread"]):
                found.elsewhere.extend(_strangers(seen(post), owner.name, "a thread"))  # type: ignore[union-attr]


def _strangers(text: str, owner: str, where: str) -> Iterator[str]:
    for mark in MARK.finditer(text):
        if mark[1] != owner:
            yield f"{mark[0]} in {where} of {owner}"


def _check_secrets(town: Town, book: Ledger, found: Findings) -> None:
    """I10."""
    places = {
        "the log": town.frontdesk.log,
        "the database": " ".join(m["text"] for m in book.messages)
        + " ".join(f"{r['text']} {r['error']} {r['detail']}" for r in book.deliveries),
        "Slack": " ".join(str(c.arguments) for c in town.slack.journal.of("chat.postMessage")),
    }
    for name, secret in town.secrets.items():
        found.leaked.extend(
            f"{name} in {where}" for where, text in places.items() if secret in text
        )
