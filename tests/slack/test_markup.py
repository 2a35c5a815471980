"""Slack's markup read as people read it, and texts of ours that mean nothing to Slack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slack.markup import escaped, harmless, people_in, plain, without_leading_mention
from core.clean import clean

NAMES = {"U1": "Ann"}


@pytest.mark.parametrize(
    ("slack", "text"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("<@U1> and <@U2|bob> and <@U3>", "@Ann and @bob and @someone"),
        ("<#C1|general> <#C2>", "#general #channel"),
        (
            "<!here> <!channel|channel> <!subteam^S1|@team> <!subteam^S2>",
            "@here channel @team @group",
        ),
        ("<!date^1722500000^{date}|1 August>", "1 August"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("<https://a.example|here>", "here (https://a.example)"),
        ("<http://a.example|a.example>", "a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example>", "a@b.example"),
        ("*bold* `code`", "*bold* `code`"),
        ("a < b", "a < b"),
        ("", ""),
    ],
)
def test_a_text_of_slacks_is_read_as_people_read_it(slack: str, text: str) -> None:
    assert plain(slack, NAMES) == text


@given(st.text())
def test_what_is_escaped_once_is_read_back_as_it_was(text: str) -> None:
    """B09: `&`, `<` and `>` are escaped once, whatever stands around them."""
    assert plain(escaped(text), NAMES) == clean(text)


@given(st.text())
def test_an_escaped_text_holds_no_markup(text: str) -> None:
    assert not set("<>") & set(escaped(text))
    assert not people_in(escaped(text))


def test_the_call_by_name_is_left_out() -> None:
    assert without_leading_mention("<@U1>, where?", "U1") == "where?"
    assert without_leading_mention("<@U1|bot>: where?", "U1") == "where?"
    assert without_leading_mention("<@U2> where?", "U1") == "<@U2> where?"


def test_a_name_has_no_brackets_no_lines_and_an_end() -> None:
    assert harmless("<!channel>\n" + "x" * 100) == "‹!channel› " + "x" * 69
