"""Do not pay twice for the same answer: neither in one conversation, nor for two customers.

An answer is only given again while whatever shapes answers is as it was: the model, the
instructions, the language, the knowledge. Between customers it must stand alone as well, and
neither it nor its question may hold anything personal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from core.burst import Burst, asked, is_customers
from core.folding import fold, words
from core.messages import AuthorKind, Message
from core.personal import is_personal
from core.policy import Policy
from core.records import AnswerSource
from core.store import Reader, Transaction, known_answers
from core.wordlists import CONTINUES, GREETINGS, OFFERS_A_PERSON, SHORT_REPLIES, run_together

_PUNCTUATION = re.compile(r"(?<![.,;:!?…])[.,;:!?…]+(?=\s|$)|[。，、；：！？]+")
_LONGEST = 300  # characters of a question; longer ones are never asked twice
_MOST = 5_000  # answers kept at once


@dataclass(frozen=True, slots=True)
class Known:
    """An answer that was given before, by `model`; `version` is that of what shaped it."""

    text: str
    source: AnswerSource
    model: str
    version: str


def find(reader: Reader, policy: Policy, burst: Burst, versions: Sequence[str]) -> Known | None:
    """The answer to `burst` if it need not be paid for. `versions` are those that still hold, the
    best first."""
    return _repeated(reader, burst, versions) or _kept(reader, policy, burst, versions)


def keep(tx: Transaction, policy: Policy, burst: Burst, known: Known, *, public: str) -> None:
    """Keep an answer for other customers, if it is fit for them. `public` is what the model has
    read of the business's own words."""
    names = (burst.conversation.sender.name, burst.conversation.sender.username)
    if (
        policy.settings.gpt.cache is None
        or not _stands_alone(burst)
        or is_personal(burst.question, names=names)
        or is_personal(known.text, names=names, public=public)
        or _offers_a_person(policy, known.text)
    ):
        return
    known_answers.keep(tx, _key(burst, known.version), known.text, known.model)
    known_answers.drop(tx, _oldest(policy, tx.now), _MOST)


def sweep(tx: Transaction, policy: Policy) -> None:
    """Drop what is too old to be given again."""
    known_answers.drop(tx, _oldest(policy, tx.now), _MOST)


# --- the same customer again -------------------------------------------------------------------


def _repeated(reader: Reader, burst: Burst, versions: Sequence[str]) -> Known | None:
    """The last thing that happened in the conversation is the answer to this very question."""
    before = burst.before
    said = before[-1] if before else None
    if said is None or said.author.kind is not AuthorKind.BOT or said.deleted_at:
        return None
    paid = reader.answer(said.conversation, said.seq)
    if paid is None or paid.version not in versions or not paid.version:
        return None
    theirs = [message for message in before if is_customers(message)]
    earlier = [m for m in theirs if paid.question_seq <= m.seq <= paid.question_upto]
    if any(m.seq > paid.question_upto for m in theirs) or not _same(earlier, burst.lines):
        return None
    if _goes_on(burst.question, said.text):
        return None
    return Known(said.text, AnswerSource.REPEAT, paid.bill.model, paid.version)


def _same(earlier: Sequence[Message], now: Sequence[Message]) -> bool:
    if any(m.attachments or m.edited_at or m.deleted_at for m in (*earlier, *now)):
        return False
    return _plain(asked(earlier)) == _plain(asked(now)) != ""


def _goes_on(question: str, answer: str) -> bool:
    """Whether the same words mean something else after the answer: "why?", "another one"."""
    said = words(question)
    if run_together(question) in SHORT_REPLIES:
        return True
    if len(said) < 3 and answer.rstrip().endswith(("?", "？")):
        return True
    return _has_one_of(CONTINUES, question)


# --- another customer --------------------------------------------------------------------------


def _kept(reader: Reader, policy: Policy, burst: Burst, versions: Sequence[str]) -> Known | None:
    if policy.settings.gpt.cache is None or not _stands_alone(burst):
        return None
    since = _oldest(policy, reader.now)
    for version in versions:
        found = known_answers.find(reader, _key(burst, version), since)
        if found is not None:
            return Known(found.text, AnswerSource.CACHE, found.model, version)
    return None


def _stands_alone(burst: Burst) -> bool:
    """Whether nothing was said before but greetings, so that the words are all there is to it."""
    lines = burst.lines
    if any(line.attachments or line.deleted_at for line in lines):
        return False
    if len(burst.question) > _LONGEST or not words(burst.question):
        return False
    return all(_is_small_talk(message, burst.first) for message in burst.before)


def _is_small_talk(message: Message, first: int) -> bool:
    if is_customers(message):
        return run_together(message.text) in GREETINGS
    by = message.answered_by.partition(":")[0]
    return message.seq < first and by in ("rule", "texts")


def _offers_a_person(policy: Policy, text: str) -> bool:
    return policy.asks.asked(text) is not None or _has_one_of(OFFERS_A_PERSON, text)


def _has_one_of(listed: Sequence[str], text: str) -> bool:
    said, folded = set(words(text)), fold(text)
    return any(word in said if word.isascii() else word in folded for word in listed)


def _key(burst: Burst, version: str) -> str:
    return sha256(f"{version}\0{_plain(burst.question)}".encode()).hexdigest()


def _plain(text: str) -> str:
    """What must be alike in two questions: everything but case, spaces and the punctuation at the
    end of words. A sign within counts: 5 is not -5, 5% or 5.5."""
    return " ".join(_PUNCTUATION.sub(" ", fold(text)).split())


def _oldest(policy: Policy, now: datetime) -> datetime:
    """What was kept before that is not given any more."""
    return now - (policy.settings.gpt.cache or timedelta())
