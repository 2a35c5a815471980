"""Make a rule of one answer, with what others wrote lately to hold it against."""

from __future__ import annotations

from collections.abc import Sequence

from core.lab.content import content
from core.lab.pairs import pair_of
from core.lab.proposal import Proposal
from core.lab.suggest import Asked, Unfit, Workshop
from core.messages import AuthorKind, Message
from core.settings import Settings


def proposal_for(
    settings: Settings,
    lines: Sequence[Message],
    seq: int,
    customer: str,
    recent: Sequence[tuple[str, str]],
) -> Proposal:
    """A rule for what agent's message `seq` answers. `recent` are questions and their writers'
    names. Raises Unfit."""
    pair = pair_of(lines, seq)
    if pair is None:
        raise Unfit("it answers no question, or says too little")
    people = {name for _, name in recent} | {customer}
    people |= {line.author.name for line in lines if line.author.kind is AuthorKind.AGENT}
    own = Asked(pair.question.text, customer, pair)
    others = [Asked(text, name) for text, name in _besides(own, recent) if content(text)]
    workshop = Workshop(settings, [own, *others], people)
    return workshop.only(workshop.like(own))


def _besides(own: Asked, recent: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The question itself is one of the recent ones, and would count twice."""
    others = list(recent)
    if (own.text, own.customer) in others:
        others.remove((own.text, own.customer))
    return others
