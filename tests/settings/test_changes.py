"""One line tells what a save changed, and what of it waits for a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings.changes import summary
from tests.settings.loading import load_text


def _rules(*ids: str) -> str:
    rules = "".join(f"- id: {i}\n  when: {{any: [{i}]}}\n  reply: {i}\n" for i in ids)
    return f"quick_replies:\n{rules}"


CHANGES = {
    "nothing": ("", "", "nothing changed"),
    "a comment": ("", "# hello\n", "nothing changed"),
    "a rule added": (_rules("a"), _rules("a", "b"), "1 rule added (b)"),
    "rules removed": (_rules("a", "b", "c"), _rules("c"), "2 rules removed (a, b)"),
    "a rule changed": (
        _rules("a"),
        _rules("a").replace("reply: a", "reply: b"),
        "1 rule changed (a)",
    ),
    "many rules": (
        _rules("z"),
        _rules("z", *"abcdefg"),
        "7 rules added (a, b, c, d, e and 2 more)",
    ),
    "a rule moved": (
        _rules(*"abcdef"),
        _rules(*"aebcdf"),
        "1 rule moved (e)",
    ),
    "all at once": (
        _rules("gone", "a", "b", "c"),
        _rules("new", "c", "a", "b").replace("reply: b", "reply: x") + "texts: {closed: bye}\n",
        "1 rule added (new), 1 removed (gone), 1 changed (b), 1 moved (c); texts.closed changed",
    ),
    "what works at once": (
        "",
        "gpt: {model: x}\ntexts: {closed: bye}\nchannels: {web: {title: Hi}}\n",
        "gpt.model, texts.closed changed; needs a restart: channels.web.title",
    ),
    "GPT goes off": (
        "gpt: {api_key: x}\n",
        "gpt: {api_key: '${KEY:-}'}\n",
        "gpt.api_key changed; GPT is off now (KEY is empty)",
    ),
    "GPT goes on": ("", "gpt: {api_key: x}\n", "gpt.api_key changed; GPT is on now"),
    "many keys": (
        "",
        "limits: {customer_per_minute: 1}\nhandover: {after_failures: 3}\n"
        "gpt: {model: x, instructions: y, max_history: 500, debounce: 2s}\n",
        "gpt.debounce, gpt.instructions, gpt.max_history, gpt.model, handover.after_failures "
        "and 1 more changed",
    ),
    "long names": (
        "",
        _rules("x" * 80),
        f"1 rule added ({'x' * 39}…)",
    ),
    "what waits for a restart": (
        "",
        "server: {port: 1}\nslack: {bot_token: x}\nstore: {url: 'sqlite:///x'}\n",
        "needs a restart: slack.bot_token, server.port, store.url",
    ),
    "both": (
        "",
        "gpt: {model: x}\ndesk: {channel: y}\n",
        "gpt.model changed; needs a restart: desk.channel",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_in_one_line(change: str, tmp_path: Path) -> None:
    before, after, expected = CHANGES[change]
    old = load_text(tmp_path, f"business: {{}}\n{before}")
    new = load_text(tmp_path, f"business: {{}}\n{after}")

    assert summary(old, new) == expected


def test_only_what_differs_from_what_runs_needs_a_restart(tmp_path: Path) -> None:
    running, before, new = (
        load_text(tmp_path, text)
        for text in (
            "server: {port: 1}\n",
            "server: {port: 2, host: '::'}\nstore: {url: 'sqlite:///x'}\n",
            "server: {port: 1, host: 0.0.0.0}\nstore: {url: 'sqlite:///x'}\n",
        )
    )

    assert summary(before, new, running) == (
        "needs a restart: server.host, store.url; needs no restart any more: server.port"
    )
