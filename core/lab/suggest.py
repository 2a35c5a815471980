"""Make rules of what agents have answered, and of what GPT answers again and again.

A proposal is only made when the settings would take it: its own tests hold, and no test of
another rule fails because of it. Whatever could be about one customer is replaced or left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.folding import words
from core.lab.bench import Bench, Place
from core.lab.groups import ALIKE, Group, Likeness, Nearest, alike, grouped
from core.lab.pairs import Pair
from core.lab.personal import Names, anonymous, impersonal, what_is_personal
from core.lab.proposal import Proposal, rule_id
from core.lab.wording import Corpus
from core.settings import Settings

_OFTEN = 3  # times that GPT has answered the same before it becomes a rule
_MOST_PROPOSALS = 20
_MOST_TRIED = 300
_MOST_TESTS = 5
_MOST_MISSES = 3
_STRANGERS = 150  # questions that no proposal's examples may take by mistake
_MOST_ANSWERS = 50  # different ones that are compared
_NEAR = 0.15  # the least likeness of a question that is worth a test of `miss`
_LONGEST_REPLY = 1_500
_LONGEST_QUESTION = 200

_HARMS = "it would take a message from another rule"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the past, who asked it, and what was answered; "" for nothing of use."""

    text: str
    customer: str
    pair: Pair | None = None


@dataclass(slots=True)
class Suggestions:
    """`left_out` counts the answers of which no rule was made, by reason."""

    proposals: list[Proposal] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


class Unfit(Exception):
    """No rule can be made of this; the text says why, in words for people."""


class Workshop:
    """Makes proposals for one settings file. `asked` are all questions of a time: they teach what
    is common, and what a new rule must leave alone."""

    def __init__(self, settings: Settings, asked: Sequence[Asked], people: Iterable[str]) -> None:
        """`people` are the names of everybody who wrote."""
        self._asked = asked
        self._public = "\n".join(_own_words(settings))
        self._names = Names(people, self._public)
        texts = [one.text for one in asked]
        texts += [test for rule in settings.quick_replies for test in rule.match_tests]
        self._likeness = Likeness(texts)
        self._corpus = Corpus(texts, self._public)
        self._nearest = Nearest(texts, self._likeness)
        self._bench = Bench(settings, list(dict.fromkeys(texts))[:_STRANGERS])

    def all(self) -> Suggestions:
        """The most frequent question first."""
        made = Suggestions()
        groups = (group.members for group in self._groups())
        answered = [members for members in groups if any(one.pair for one in members)]
        for members in answered[:_MOST_TRIED]:
            if len(made.proposals) == _MOST_PROPOSALS:
                break
            try:
                made.proposals.append(self.propose(members))
            except Unfit as why:
                made.left_out[str(why)] += 1
        settled = self._bench.settled(made.proposals)
        made.left_out[_HARMS] += len(made.proposals) - len(settled)
        made.proposals = settled
        return made

    def only(self, members: Sequence[Asked]) -> Proposal:
        """A rule for these alone. Raises Unfit."""
        settled = self._bench.settled([self.propose(members)])
        if not settled:
            raise Unfit(_HARMS)
        return settled[0]

    def propose(self, members: Sequence[Asked]) -> Proposal:
        """A rule for questions that are alike, before it is settled; it counts from now on. Raises
        Unfit."""
        reply, by = self._reply(members)
        texts = self._questions(members)
        own = {one.text for one in members}
        proposal = self._worded(texts, own, reply, f"{_times(len(members))}; {by}")
        self._bench.adopt(proposal)
        return proposal

    def like(self, one: Asked) -> list[Asked]:
        """This question and those that are like it, as `all` would put them together."""
        for group in self._groups():
            if any(other is one for other in group.members):
                return group.members
        return [one]

    def _groups(self) -> list[Group[Asked]]:
        return grouped([(one.text, one) for one in self._asked], self._likeness)

    # --- the reply -------------------------------------------------------------------------

    def _reply(self, members: Sequence[Asked]) -> tuple[str, str]:
        pairs = [(one, one.pair) for one in members if one.pair is not None]
        by_agents = [(one, pair) for one, pair in pairs if pair.agent]
        if not by_agents and len(pairs) < _OFTEN:
            raise Unfit("GPT has answered it too seldom")
        why = ""
        for one, pair in self._typical(by_agents or pairs):
            text = impersonal(pair.answer, pair.agent)
            why = self._why_not(text, one, pair)
            if not why:
                return text, "an agent's answer" if pair.agent else "GPT's answer"
        raise Unfit(why)

    def _typical(self, pairs: Sequence[tuple[Asked, Pair]]) -> list[tuple[Asked, Pair]]:
        """Those whose answers are most like all the others first, and of equals the newest."""
        counts = Counter(pair.answer for _, pair in pairs)
        common = [text for text, _ in counts.most_common(_MOST_ANSWERS)]
        vectors = {text: self._likeness.vector(text) for text in common}
        scores = {
            text: sum(alike(vectors[text], vectors[other]) * counts[other] for other in common)
            for text in common
        }
        known = [one for one in pairs if one[1].answer in scores]
        known.sort(key=lambda one: (-round(scores[one[1].answer], 6), -_at(one[1])))
        if not known[0][1].agent and scores[known[0][1].answer] < 1 + (len(pairs) - 1) * ALIKE:
            raise Unfit("GPT answers it in different ways")
        return list({pair.answer: (one, pair) for one, pair in reversed(known)}.values())[::-1]

    def _why_not(self, text: str, one: Asked, pair: Pair) -> str:
        if len(text) > _LONGEST_REPLY:
            return "the answer is too long for a rule"
        names = Names([pair.agent]) if pair.agent else Names()
        found = what_is_personal(text, self._names, public=self._public, own=one.customer)
        if found or names.are_in(text):
            return f"the answer tells {found or 'a name'}"
        return "" if text else "the answer says nothing"

    # --- the questions ---------------------------------------------------------------------

    def _questions(self, members: Sequence[Asked]) -> list[str]:
        """Different wordings, the most frequent first, without what is somebody's."""
        counts: Counter[str] = Counter()
        for one in members:
            text = self._anonymous(one)
            if text is not None:
                counts[text] += 1
        texts = sorted(counts, key=lambda text: (-counts[text], text))
        if not texts:
            raise Unfit("the question names a person")
        open_ = [text for text in texts if not self._bench.answers(text)]
        if not open_:
            raise Unfit("today's rules answer it")
        return open_

    def _anonymous(self, one: Asked) -> str | None:
        text = " ".join(one.text.split())
        if len(text) > _LONGEST_QUESTION:
            return None
        return anonymous(text, self._names, one.customer)

    # --- the rule --------------------------------------------------------------------------

    def _worded(self, texts: Sequence[str], own: set[str], reply: str, note: str) -> Proposal:
        phrases = self._corpus.phrases_for(texts, own)
        if not phrases:
            raise Unfit("no words tell the question from others")
        proposal = Proposal(
            id=rule_id(phrases, texts, self._bench.taken()),
            phrases=tuple(phrases),
            examples=(),
            reply=reply,
            match=tuple(texts[:_MOST_TESTS]),
            miss=tuple(self._near(texts, {_key(text) for text in own})),
            note=note,
        )
        return self._fit(proposal)

    def _near(self, texts: Sequence[str], keys: set[str]) -> list[str]:
        """What is most like the questions and still something else."""
        found = self._nearest.to(texts[:_MOST_TESTS], _NEAR)
        others = [text for text in found if _key(text) not in keys][: 4 * _MOST_MISSES]
        clean = (self._anonymous(Asked(text, "")) for text in others)
        return list(dict.fromkeys(text for text in clean if text is not None))[:_MOST_MISSES]

    def _fit(self, proposal: Proposal) -> Proposal:
        """The proposal with those of its tests that hold. Raises when nothing is left of it, or
        when another rule would no longer do what its author wants."""
        for _ in range(2):
            failed, harms = self._bench.tried(proposal)
            if harms:
                raise Unfit(_HARMS)
            if not failed:
                return proposal
            proposal = replace(
                proposal,
                match=_left(proposal.match, failed, "match"),
                miss=_left(proposal.miss, failed, "miss"),
            )
            if not proposal.match:
                break
        raise Unfit("no words tell the question from others")


def _key(text: str) -> str:
    return " ".join(words(text))


def _left(texts: tuple[str, ...], failed: set[Place], name: str) -> tuple[str, ...]:
    return tuple(text for n, text in enumerate(texts) if ("tests", name, n) not in failed)


def _own_words(settings: Settings) -> Iterable[str]:
    """What the business itself tells everybody: its addresses and numbers are no secret."""
    yield settings.business.name
    yield settings.gpt.instructions
    for rule in settings.quick_replies:
        yield from rule.reply.values()
        yield from (button.url for button in rule.buttons)


def _at(pair: Pair) -> float:
    return pair.question.at.timestamp()


def _times(count: int) -> str:
    return "asked once" if count == 1 else f"asked {count} times"
