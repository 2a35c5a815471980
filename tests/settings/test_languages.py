"""A rule that leaves out a language of the business is warned of, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.loading import warnings

RULE = """\
business: {{languages: [{spoken}]}}
quick_replies:
- id: a
  when: {{any: [x]{only}}}
  reply: {reply}
  buttons:
  - {{label: {label}, say: {say}}}
"""


def told(folder: Path, spoken: str, only: str = "", **texts: str) -> list[str]:
    parts = {"reply": "x", "label": "x", "say": "x", **texts}
    only = f", languages: [{only}]" if only else ""
    return warnings(folder, RULE.format(spoken=spoken, only=only, **parts))


def test_whatever_lacks_a_language_is_named_with_what_customers_get_instead(
    tmp_path: Path,
) -> None:
    assert told(
        tmp_path, "en, zh, de", reply="{en: x}", label="{zh: x, de: x}", say="{zh: x, en: x}"
    ) == [
        'settings.yaml:5:10: in the rule "a", the reply lacks zh and de '
        "(customers get the one in en; add zh: …, or mend business.languages)",
        'settings.yaml:7:13: in the rule "a", the label of a button lacks en '
        "(customers get the one in zh; add en: …, or mend business.languages)",
        'settings.yaml:7:34: in the rule "a", what a button says lacks de '
        "(customers get the one in en; add de: …, or mend business.languages)",
    ]


COMPLETE: dict[str, dict[str, str]] = {
    "one text for all": {"spoken": "en, zh"},
    "every language": {"spoken": "en, zh", "reply": "{en: x, zh: x}"},
    "another kind of it": {"spoken": "en-gb, zh-tw", "reply": "{en: x, zh-cn: x}"},
    "more than are spoken": {"spoken": "en", "reply": "{en: x, zh: x}"},
    "a rule for some of them": {
        "spoken": "en, zh, de",
        "only": "zh, de",
        "reply": "{zh: x, de: x}",
    },
}


@pytest.mark.parametrize("case", COMPLETE)
def test_what_every_customer_can_read_is_left_alone(case: str, tmp_path: Path) -> None:
    assert told(tmp_path, **COMPLETE[case]) == []


def test_a_rule_for_a_language_still_needs_it(tmp_path: Path) -> None:
    (warning,) = told(tmp_path, "en, zh", only="zh", reply="{en: x}")

    assert 'in the rule "a", the reply lacks zh' in warning


def test_the_title_of_a_rule_is_read_by_customers_too(tmp_path: Path) -> None:
    rule = "{id: a, when: {examples: [hello there]}, reply: x, title: {en: Hello}}"

    (warning,) = warnings(
        tmp_path, f"business: {{languages: [en, zh]}}\nquick_replies: [{rule}]\n"
    )
    assert 'in the rule "a", the title lacks zh' in warning
