"""Try proposed rules among those that answer today, so that what is pasted passes `check`.

While proposals are made they are tried by their words alone, which is quick. At the end all of
them are tried at once as the service would take them, examples and all, which takes longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.lab.content import content
from core.lab.proposal import Proposal
from core.policy import understood
from core.quick_replies import Close, Hit, Question, QuickReplies, Rule, doubts, run_tests
from core.quick_replies.trials import question_for
from core.settings import Settings

FEW = 3
"""Wordings of a question from which on they are examples, too."""
_MOST_EXAMPLES = 6

Place = tuple[str | int, ...]
_Failures = set[tuple[int, Place]]  # a rule's number, and the way to its test


class Bench:
    """Today's rules, and the proposals that were adopted. `strangers` are questions of all kinds:
    examples that one of them is taken for, with which it has no word in common, are no good."""

    def __init__(self, settings: Settings, strangers: Sequence[str] = ()) -> None:
        self._settings = settings
        self._strangers = strangers
        self._count = len(settings.quick_replies)
        self._today, self.asks = understood(settings)
        self._faults = self._failures(settings.quick_replies, self._today)
        self._exact_faults = self._failures(settings.quick_replies, self._exact([]))
        self._adopted: list[Rule] = []
        self._new = QuickReplies()

    def answers(self, text: str) -> bool:
        """Whether a rule answers this already, or a person is called by it."""
        if self.asks.asked(text):
            return True
        return any(
            isinstance(replies.find(question), Hit)
            for replies in (self._today, self._new)
            for question in self._questions(text)
        )

    def taken(self) -> set[str]:
        return {rule.id for rule in (*self._settings.quick_replies, *self._adopted)}

    def tried(self, proposal: Proposal) -> tuple[set[Place], bool]:
        """Its own tests that fail, and whether another rule's test does because of it."""
        rules = [*self._adopted, proposal.rule()]
        failures = self._failures((*self._settings.quick_replies, *rules), self._exact(rules))
        number = self._count + len(self._adopted)
        own = {place for rule, place in failures if rule == number}
        others = {failure for failure in failures if failure[0] != number}
        return own, bool(others - self._exact_faults)

    def adopt(self, proposal: Proposal) -> None:
        self._adopted.append(proposal.rule())
        languages = self._settings.business.languages
        self._new = QuickReplies.compile(self._adopted, languages=languages, learn=False)
        self._new.prepare()

    def settled(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Those that stand when all are pasted together, with examples where these do no harm."""
        left = [_with_examples(proposal) for proposal in proposals]
        while left and (bad := self._bad(left)):
            left = [
                replace(one, examples=()) if number in bad else one
                for number, one in enumerate(left)
                if number not in bad or (one.examples and one.phrases)
            ]
        return left

    def _bad(self, proposals: Sequence[Proposal]) -> set[int]:
        """The numbers of those that fail, or make a test of today's rules fail."""
        rules = (*self._settings.quick_replies, *(one.rule() for one in proposals))
        replies, asks = understood(replace(self._settings, quick_replies=rules))
        failures = self._failures(rules, replies)
        harmed = {failure for failure in failures if failure[0] < self._count} - self._faults
        bad = {rule for rule, _ in failures}
        bad |= {doubt.rule for doubt in doubts(rules, replies, asks.asked)}
        bad |= {_culprit(rules, replies, *failure) for failure in harmed}
        bad |= self._eager(rules, replies)
        return {number - self._count for number in bad if number >= self._count}

    def _eager(self, rules: Sequence[Rule], replies: QuickReplies) -> set[int]:
        """Proposals whose examples take a question that is about something else altogether."""
        about = {
            rule.id: (number, _gist(*rule.when.examples))
            for number, rule in enumerate(rules)
            if number >= self._count and rule.when.examples
        }
        eager: set[int] = set()
        for text in self._strangers if about else ():
            found = replies.find(self._questions(text)[0])
            if not isinstance(found, Hit) or found.rule.id not in about:
                continue
            number, gist = about[found.rule.id]
            if not gist & _gist(text) and not self.asks.asked(text):
                eager.add(number)
        return eager

    def _exact(self, rules: Sequence[Rule]) -> QuickReplies:
        every = (*self._settings.quick_replies, *rules)
        return understood(replace(self._settings, quick_replies=every), learn=False)[0]

    def _failures(self, rules: Sequence[Rule], replies: QuickReplies) -> _Failures:
        failures = run_tests(rules, replies, self.asks.asked)
        return {(failure.rule, failure.path) for failure in failures}

    def _questions(self, text: str) -> list[Question]:
        spoken = self._settings.business.languages
        return [Question(text, channel="web", language=language) for language in spoken]


def _culprit(rules: Sequence[Rule], replies: QuickReplies, number: int, place: Place) -> int:
    """The rule that has taken a message from the test at `place` of rule `number`."""
    rule, (_, kind, index) = rules[number], place
    tests = rule.match_tests if kind == "match" else rule.miss_tests
    found = replies.find(question_for(rule, tests[int(index)]))
    likely = found.likely[-1:] if isinstance(found, Close) else ()
    hits = [found] if isinstance(found, Hit) else [one.hit for one in likely]
    known = (at for at, one in enumerate(rules) if hits and one is hits[0].rule)
    return next(known, len(rules) - 1)  # whoever it was, the last one is the first to go


def _gist(*texts: str) -> set[str]:
    """How the words begin that say what these are about."""
    return {word[:4] for text in texts for word in content(text)}


def _with_examples(proposal: Proposal) -> Proposal:
    if len(proposal.match) < FEW:
        return proposal
    return replace(proposal, examples=proposal.match[:_MOST_EXAMPLES])
