"""Build and compile the rules of `quick_replies`, each fault at its place in its file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.quick_replies import BadPattern, QuickReplies, Rule, sweep
from core.quick_replies.patterns import BadRegex, Pattern
from core.settings.complaints import did_you_mean
from core.settings.draft import Draft
from core.settings.nodes import ListNode, Loc, Node, ScalarNode, child, find, scalars
from core.settings.places import Place, Places
from core.settings.rules import RuleSettings
from core.translations import choose, is_there, speaks

_LIST = "quick_replies"


_NOTHING: Mapping[str, int] = {}  # one for all rules


@dataclass(frozen=True, slots=True)
class Spot:
    """Rule number `number` of one file."""

    draft: Draft
    number: int
    node: Node

    def loc(self, *inside: int | str) -> Loc:
        return (_LIST, self.number, *inside)

    def place(self) -> Place:
        inside = {
            path: node.index
            for path, node in scalars(self.node)
            if path.startswith(("tests.", "when.examples."))
        }
        return Place(self.draft.source, self.node.index, inside or _NOTHING)

    def seen_from(self, other: Spot) -> str:
        """Where this rule begins, for the reader of `other`."""
        source = self.draft.source
        line = source.position(self.node.index)[0]
        same = source is other.draft.source
        return f"on line {line}" if same else f"at {source.name}:{line}"


def compiled(
    drafts: Sequence[Draft], channels: Collection[str], spoken: Sequence[str]
) -> tuple[tuple[Rule, ...], Places]:
    """The rules of all files that are well-formed, and where they stand. `spoken` are the
    languages of the business."""
    valid: list[tuple[Spot, RuleSettings]] = []
    spots = [*_spots(drafts)]
    for spot in spots:
        rule = spot.draft.validated(RuleSettings, spot.loc())
        _check_channels(spot, channels)
        if rule is None:
            _check_patterns(spot)
        else:
            valid.append((spot, rule))
            _check_languages(spot, rule, spoken)
    _check_ids(spots)
    rules = tuple(rule.build() for _, rule in valid)
    _compile(rules, [spot for spot, _ in valid])
    sweep()
    return rules, Places([spot.place() for spot, _ in valid])


def _spots(drafts: Sequence[Draft]) -> Iterator[Spot]:
    for draft in drafts:
        for number, node in enumerate(draft.items(_LIST)):
            yield Spot(draft, number, node)


def _check_patterns(spot: Spot) -> None:
    # A rule with another fault is not compiled, and its author still wants to know them all.
    loc = spot.loc("when", "regex")
    patterns = find(spot.draft.root, loc)
    for index, item in enumerate(patterns.items if isinstance(patterns, ListNode) else ()):
        try:
            Pattern(item.text if isinstance(item, ScalarNode) else ".")
        except BadRegex as error:
            spot.draft.complain_at((*loc, index), error.reason, error.hint)


def _check_channels(spot: Spot, channels: Collection[str]) -> None:
    # Read from the file, because a rule with another fault is none yet.
    named = find(spot.draft.root, spot.loc("when", "channels"))
    for item in named.items if isinstance(named, ListNode) else ():
        name = item.value if isinstance(item, ScalarNode) else None
        if isinstance(name, str) and name and name not in channels:
            hint = did_you_mean(name, channels)
            spot.draft.complain(item.index, f'there is no channel "{name}"', hint)


def _check_languages(spot: Spot, rule: RuleSettings, spoken: Sequence[str]) -> None:
    only = rule.when.languages
    wanted = [name for name in spoken if not only or speaks(name, only)]
    for path, what, texts in _texts(rule):
        missing = [name for name in wanted if not is_there(texts, name)]
        if missing:
            message = f'in the rule "{rule.id}", {what} lacks {" and ".join(missing)}'
            hint = f"{_other(texts, missing[0])}; add {missing[0]}: …, or mend business.languages"
            spot.draft.warn_at(spot.loc(*path), message, hint)


def _texts(rule: RuleSettings) -> Iterator[tuple[Loc, str, Mapping[str, str]]]:
    """Everything that customers read of a rule: where it is, what it is, and by language."""
    yield ("reply",), "the reply", rule.reply or {}
    yield ("title",), "the title", rule.title or {}
    for number, button in enumerate(rule.buttons):
        yield ("buttons", number, "label"), "the label of a button", button.label
        yield ("buttons", number, "say"), "what a button says", button.say or {}


def _other(texts: Mapping[str, str], language: str) -> str:
    return f"customers get the one in {choose({name: name for name in texts}, language)}"


def _check_ids(spots: Sequence[Spot]) -> None:
    first: dict[str, Spot] = {}
    for spot in spots:
        node = child(spot.node, "id")
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            continue
        if node.value in first:
            where = first[node.value].seen_from(spot)
            hint = f"the first one is {where}; every rule needs its own"
            spot.draft.complain(node.index, f'the id "{node.value}" is taken', hint)
        first.setdefault(node.value, spot)


def _compile(rules: tuple[Rule, ...], spots: Sequence[Spot]) -> None:
    try:
        replies = QuickReplies.compile(rules, learn=False)
    except BadPattern as error:
        for fault in error.faults:
            spot = spots[fault.rule]
            spot.draft.complain_at(spot.loc(*fault.path), fault.reason, fault.hint)
        return
    for shadow in replies.shadows():
        spot, by = spots[shadow.rule], spots[shadow.by]
        first = f'"{rules[shadow.by].id}" {by.seen_from(spot)}'
        message = f'the rule "{rules[shadow.rule].id}" can never answer: {first} comes first'
        hint = "put the more precise rule first, or take one out"
        spot.draft.warn_at(spot.loc(), message, hint)
