"""Find the rules whose example questions are like a message that no exact way has answered.

What "like" means is decided in `core.similarity`, which is heavy and therefore imported only
where a rule has examples. Here is what follows from it: when a likeness is enough, and when two
rules are so close that neither may answer by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.quick_replies.phrases import key_of
from core.quick_replies.rules import Close, Hit, Likely, Rule

NEAR = 0.4
"""A likeness from which on a rule may be offered to the customer beside others."""
CERTAIN = 1.0
_LONGEST = 500  # characters that are compared; whoever writes more asks no such question


class Guess(Protocol):
    """Rule number `rule` (from 0) may be meant, as far as its example `example` shows."""

    @property
    def rule(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def example(self) -> str: ...


class Nearest(Protocol):
    """See `core.similarity.Similar`."""

    def nearest(self, text: str) -> Sequence[Guess]:
        """The rules that are most like `text`, best first."""
        ...


class NearVectors(Protocol):
    """See `core.similarity.vectors.Vectors`."""

    @property
    def enough(self) -> float: ...
    @property
    def lead(self) -> float: ...
    @property
    def near(self) -> float: ...
    @property
    def bytes_each(self) -> int: ...

    def nearest(self, vector: bytes) -> Sequence[Guess]: ...


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of all rules, a list a rule, and what is near to them.

    A likeness of `enough` answers, unless another rule is behind it by less than `lead`. Rules
    that are as like as `near` and no further apart are close.
    """

    texts: tuple[tuple[str, ...], ...]
    similar: Nearest
    enough: float
    lead: float
    near: float
    owners: Mapping[str, tuple[int, ...]]
    twins: Mapping[int, tuple[int, ...]]

    @classmethod
    def of(cls, rules: Sequence[Rule], known: Examples | None = None) -> Examples | None:
        """None when no rule has any. Takes its time for many. `known` is given back when it has
        the same examples."""
        texts = tuple(rule.when.examples for rule in rules)
        if known is not None and known.texts == texts:
            return known
        if not any(texts):
            return None
        from core.similarity import ANSWER, MARGIN, Similar

        owners = _owners(texts)
        similar = _Recent(Similar.compile(_without_repeats(texts, owners)))
        return cls(texts, similar, ANSWER, MARGIN, NEAR, owners, _twins(owners))

    @classmethod
    def measured(
        cls, rules: Sequence[Rule], similar: Nearest, enough: float, lead: float, near: float
    ) -> Examples:
        """With likenesses that `similar` measures."""
        texts = tuple(rule.when.examples for rule in rules)
        owners = _owners(texts)
        return cls(texts, similar, enough, lead, near, owners, _twins(owners))

    def every(self) -> Iterator[str]:
        """Each text once."""
        return iter(dict.fromkeys(text for texts in self.texts for text in texts))

    def has(self, text: str) -> bool:
        """Whether `text` is one of them, word for word."""
        return key_of(text) in self.owners

    def nearest(self, text: str) -> Iterator[tuple[Guess, Sequence[int]]]:
        """Guesses, the best first, and whose each may be: of rules that share their examples the
        first in the file answers whose filters hold."""
        if same := self.owners.get(key_of(text)):
            yield Same(same[0], text), same
        for guess in self.similar.nearest(text):
            yield guess, self._whose(guess) if self.twins else (guess.rule,)

    def _whose(self, guess: Guess) -> Sequence[int]:
        shared = self.owners.get(key_of(guess.example), ())
        return (*shared, guess.rule, *self.twins.get(guess.rule, ()))

    def decide(self, likely: Sequence[Likely]) -> Hit | Close | None:
        """What follows when these rules, best first, are the ones that would answer."""
        if not likely:
            return None
        best = likely[0]
        ahead = best.score - (likely[1].score if len(likely) > 1 else 0.0)
        if best.score >= CERTAIN or (best.score >= self.enough and ahead >= self.lead):
            return best.hit
        close = tuple(o for o in likely if o.score >= max(self.near, best.score - self.lead))
        return Close(close) if len(close) > 1 else None

    def embedded(self, vectors: Mapping[str, bytes]) -> VectorExamples:
        """The same with a provider's vector for each text. Takes its time for many."""
        from core.similarity.vectors import Vectors

        texts = _without_repeats(self.texts, self.owners)
        compiled = Vectors.compile(texts, [[vectors[text] for text in some] for some in texts])
        return VectorExamples(self, compiled)


class _Recent:
    """Keeps what was asked last: a message that no words answer is often looked at twice."""

    def __init__(self, similar: Nearest) -> None:
        self._similar = similar
        self._last: tuple[str, Sequence[Guess]] = ("", ())

    def nearest(self, text: str) -> Sequence[Guess]:
        asked, guesses = self._last
        if asked != text:
            guesses = self._similar.nearest(text[:_LONGEST])
            self._last = (text, guesses)
        return guesses


@dataclass(frozen=True, slots=True)
class VectorExamples:
    """Examples that a provider's model compares."""

    examples: Examples
    vectors: NearVectors

    def fits(self, vector: bytes) -> bool:
        """Whether `vector` can be of the model that has made these."""
        return len(vector) == self.vectors.bytes_each

    def asked(self, vector: bytes) -> Examples:
        """For the one message that has this vector."""
        near = self.vectors
        return replace(
            self.examples,
            similar=_Asked(near, vector),
            enough=near.enough,
            lead=near.lead,
            near=near.near,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    vectors: NearVectors
    vector: bytes

    def nearest(self, text: str) -> Sequence[Guess]:
        return self.vectors.nearest(self.vector)


@dataclass(frozen=True, slots=True)
class Same:
    """The message is the example of a rule, word for word."""

    rule: int
    example: str
    score: float = CERTAIN


def _owners(texts: Sequence[Sequence[str]]) -> dict[str, tuple[int, ...]]:
    owners: dict[str, tuple[int, ...]] = {}
    for number, examples in enumerate(texts):
        for key in dict.fromkeys(map(key_of, examples)):
            if key:
                owners[key] = (*owners.get(key, ()), number)
    return owners


def _without_repeats(
    texts: Sequence[Sequence[str]], owners: Mapping[str, Sequence[int]]
) -> list[list[str]]:
    """Each text for the first of its rules only: nobody could learn to tell twins apart."""
    first: list[dict[str, str]] = [{} for _ in texts]
    for number, examples in enumerate(texts):
        for text in examples:
            key = key_of(text)
            if key and owners[key][0] == number:
                first[number].setdefault(key, text)
    return [list(examples.values()) for examples in first]


def _twins(owners: Mapping[str, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """For each rule, those that have an example in common with it."""
    twins: dict[int, set[int]] = {}
    for numbers in owners.values():
        for number in numbers if len(numbers) > 1 else ():
            twins.setdefault(number, set()).update(numbers)
    return {number: tuple(sorted(others)) for number, others in twins.items()}
