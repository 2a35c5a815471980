"""A rule as somebody could paste it: written in YAML so that the settings read what is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.clean import clean
from core.folding import words
from core.quick_replies import Rule, When


@dataclass(frozen=True, slots=True)
class Proposal:
    """`note` says in a few words what it is made of; `reply` is for every language."""

    id: str
    phrases: tuple[str, ...]
    examples: tuple[str, ...]
    reply: str
    match: tuple[str, ...]
    miss: tuple[str, ...]
    note: str

    def rule(self) -> Rule:
        """What the settings make of the YAML."""
        return Rule(
            id=self.id,
            when=When(any=self.phrases, examples=self.examples),
            reply={"": _braced(self.reply)},
            match_tests=self.match,
            miss_tests=self.miss,
        )

    def yaml(self, indent: str = "  ") -> str:
        """An item of `quick_replies`."""
        lines = (f"# {self.note}", f"- id: {self.id}", *(f"  {line}" for line in self._inside()))
        return "".join(f"{indent}{line}\n" for line in lines)

    def _inside(self) -> Iterator[str]:
        yield "when:"
        if self.phrases:
            yield f"  any: [{', '.join(map(_quoted, self.phrases))}]"
        if self.examples:
            yield "  examples:"
            yield from (f"    - {_quoted(text)}" for text in self.examples)
        yield f"reply: {_quoted(_braced(self.reply))}"
        yield "tests:"
        for name, texts in (("match", self.match), ("miss", self.miss)):
            if texts:
                yield f"  {name}:"
                yield from (f"    - {_quoted(text)}" for text in texts)


def rule_id(phrases: Sequence[str], questions: Sequence[str], taken: set[str]) -> str:
    """A name that says what the rule is about, as far as that can be said in plain letters."""
    spoken = [*phrases, *questions]
    names = (re.sub(r"[^a-z0-9]+", "-", " ".join(words(text)[:4])).strip("-") for text in spoken)
    wanted = next((name[:40] for name in names if re.search(r"[a-z]{3}", name)), "suggestion")
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _braced(text: str) -> str:
    """A brace of somebody's words is no placeholder."""
    return text.replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    """In double quotes, and no `${` of somebody's words names a variable."""
    return json.dumps(clean(text).replace("${", "$${"), ensure_ascii=False)
