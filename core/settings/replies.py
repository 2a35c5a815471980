"""Build and compile the rules of `quick_replies`, each fault at its place in the file."""

from __future__ import annotations

from collections.abc import Collection

from core.quick_replies import BadPattern, QuickReplies, Rule
from core.quick_replies.patterns import BadRegex, Pattern
from core.settings.complaints import did_you_mean
from core.settings.draft import Draft
from core.settings.nodes import ListNode, ScalarNode, find
from core.settings.rules import RuleSettings

_LIST = "quick_replies"


def compiled(draft: Draft, channels: Collection[str]) -> tuple[tuple[Rule, ...], dict[str, int]]:
    """The rules that are well-formed, and the line on which each begins, by id."""
    valid: dict[int, RuleSettings] = {}
    for number in range(len(draft.items(_LIST))):
        rule = draft.validated(RuleSettings, [_LIST, number])
        if rule is None:
            _check_patterns(draft, number)
        else:
            valid[number] = rule
            _check_channels(draft, number, rule, channels)
    rules = tuple(rule.build() for rule in valid.values())
    _compile(draft, rules, list(valid))
    return rules, _lines(draft)


def _check_patterns(draft: Draft, number: int) -> None:
    # A rule with another fault is not compiled, and its author still wants to know them all.
    loc = (_LIST, number, "when", "regex")
    patterns = find(draft.root, loc)
    for index, item in enumerate(patterns.items if isinstance(patterns, ListNode) else ()):
        try:
            Pattern(item.text if isinstance(item, ScalarNode) else ".")
        except BadRegex as error:
            draft.complain_at((*loc, index), error.reason, error.hint)


def _check_channels(
    draft: Draft, number: int, rule: RuleSettings, channels: Collection[str]
) -> None:
    for index, name in enumerate(rule.when.channels or ()):
        if name not in channels:
            loc = (_LIST, number, "when", "channels", index)
            draft.complain_at(loc, f'there is no channel "{name}"', did_you_mean(name, channels))


def _lines(draft: Draft) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number in range(len(draft.items(_LIST))):
        loc = (_LIST, number, "id")
        node = find(draft.root, loc)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            continue
        if node.value in lines:
            hint = f"the first one is on line {lines[node.value]}; every rule needs its own"
            draft.complain_at(loc, f'the id "{node.value}" is taken', hint)
        lines.setdefault(node.value, _line(draft, number))
    return lines


def _line(draft: Draft, number: int) -> int:
    return draft.source.position(draft.items(_LIST)[number].index)[0]


def _compile(draft: Draft, rules: tuple[Rule, ...], numbers: list[int]) -> None:
    try:
        replies = QuickReplies.compile(rules)
    except BadPattern as error:
        for fault in error.faults:
            loc = (_LIST, numbers[fault.rule], *fault.path)
            draft.complain_at(loc, fault.reason, fault.hint)
        return
    for shadow in replies.shadows():
        first = f'"{rules[shadow.by].id}" on line {_line(draft, numbers[shadow.by])}'
        message = f'the rule "{rules[shadow.rule].id}" can never answer: {first} comes first'
        hint = "put the more precise rule first, or take one out"
        draft.warn_at((_LIST, numbers[shadow.rule]), message, hint)
