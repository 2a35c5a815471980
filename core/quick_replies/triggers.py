"""Which rules have anything in a message, the same quickly for one rule and for a thousand."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.quick_replies.compiled import CompiledRule
from core.quick_replies.patterns import Pattern


class Triggers:
    """The phrases and patterns of which a message must have one for a rule to be looked at."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._by_key: dict[str, tuple[int, ...]] = {}
        self._of_pattern: dict[Pattern, int] = {}
        self._always: list[int] = []
        for number, rule in enumerate(rules):
            triggers = rule.triggers()
            if triggers is None:
                self._always.append(number)
                continue
            alone = (number,)
            for key in triggers:
                self._by_key[key] = self._by_key.get(key, ()) + alone
            self._of_pattern.update(dict.fromkeys(rule.patterns, number))
        self._end = min(self._always, default=len(rules))

    def first(self, hits: Set[str], patterns: Sequence[Pattern]) -> int | None:
        """The first rule that has anything in a message with the phrases `hits` and `patterns`;
        None where it has nothing for any rule, or one that looks at all messages goes before."""
        first = end = self._end
        for key in hits:
            for number in self._by_key.get(key, ()):
                first = min(first, number)
        for pattern in patterns:
            first = min(first, self._of_pattern[pattern])
        return first if first < end else None

    def concerned(self, hits: Set[str], patterns: Sequence[Pattern] | None) -> Sequence[int]:
        """The rules that may have something to say, in the order of the file; `patterns` are None
        where the message may have any."""
        of = self._of_pattern
        numbers = [of[pattern] for pattern in (of if patterns is None else patterns)]
        for key in hits:
            numbers += self._by_key.get(key, ())
        if not numbers:
            return self._always
        numbers += self._always
        return numbers if len(numbers) == 1 else sorted(set(numbers))
