"""Whatever is wrong in a settings file is told with its place, what was expected, and a cure."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.messages import Button
from core.quick_replies import Hours, Then
from tests.settings.loading import load_file, load_text, problems, rule, warnings

RULE = "quick_replies:\n- id: a\n  when: {any: [x]}\n  reply: hello\n"

FAULTS = {
    "misspelt group": ("gtp: {}\n", '1:1: unknown key "gtp" (did you mean "gpt"?)'),
    "misspelt key": (
        "gpt: {api_kee: x}\n",
        '1:7: unknown key "api_kee" (did you mean "api_key"?)',
    ),
    "misspelt channel": ("channels: {wbe: {}}\n", '1:12: unknown key "wbe" (did you mean "web"?)'),
    "misspelt key of a channel": (
        "channels:\n  telegram:\n    tokn: x\n",
        '3:5: unknown key "tokn" (did you mean "token"?)',
    ),
    "misspelt key of a section": (
        "slack: {bottoken: x}\n",
        '1:9: unknown key "bottoken" (did you mean "bot_token"?)',
    ),
    "misspelt key of a button": (
        rule("hi\n  buttons: [{lable: a, label: b, say: c}]"),
        '6:14: unknown key "lable" (did you mean "label"?)',
    ),
    "nothing near": (
        "timeouts: {zzzz: 1s}\n",
        '1:12: unknown key "zzzz" (known here: gpt_silence, gpt_total, platform)',
    ),
    "no for a switch": (
        "channels: {web: {enabled: no}}\n",
        "1:27: true or false is expected here (write false)",
    ),
    "on for a switch": (
        "channels: {web: {enabled: on}}\n",
        "1:27: true or false is expected here (write true)",
    ),
    "clock time for a number": (
        "server: {port: 12:30}\n",
        "1:16: a whole number is expected here",
    ),
    "leading zero": (
        "server: {port: 010}\n",
        "1:16: a whole number is expected here "
        "(write 10, without quotes and without a zero in front)",
    ),
    "number in quotes": (
        'server: {port: "8080"}\n',
        "1:16: a whole number is expected here "
        "(write 8080, without quotes and without a zero in front)",
    ),
    "fraction for a number": (
        "server: {port: 80.5}\n",
        "1:16: a whole number is expected here",
    ),
    "version as a number": (
        "gpt: {model: 1.10}\n",
        '1:14: a text is expected here (put it in quotes: "1.10")',
    ),
    "number among words": (
        "quick_replies:\n- id: a\n  when: {any: [x, 2024]}\n  reply: y\n",
        '3:19: a text is expected here (put it in quotes: "2024")',
    ),
    "list for a group": (
        "gpt: [a]\n",
        "1:6: a group of keys is expected here (write key: value, without a dash or brackets)",
    ),
    "text for a list": (
        "business: {languages: en}\n",
        "1:23: a list is expected here (put it in brackets: [ … ])",
    ),
    "group for the rules": (
        "quick_replies: {a: b}\n",
        "1:16: a list is expected here (begin each item with '- ')",
    ),
    "list for the channels": (
        "channels: [web]\n",
        "1:11: a group of keys is expected here (like web: {})",
    ),
    "infinity": ("gpt: {daily_budget_usd: .inf}\n", "1:25: a number is expected here"),
    "port out of range": ("server: {port: 80800}\n", "1:16: this is too large (at most 65535)"),
    "too little history": ("gpt: {max_history: 5}\n", "1:20: this is too small (at least 200)"),
    "duration without a unit": (
        "gpt: {debounce: 5}\n",
        "1:17: 5 has no unit (write 5s for seconds, 5m for minutes)",
    ),
    "duration in words": (
        "gpt: {debounce: fast}\n",
        "1:17: this is not a duration (write a number and a unit: 30s, 5m, 2h, 30d)",
    ),
    "duration out of range": (
        "timeouts: {platform: 0s}\n",
        "1:22: 0s is out of range (from 100ms to 365d)",
    ),
    "unknown time zone": (
        "business: {timezone: Europe/Berlinn}\n",
        "1:22: there is no time zone 'Europe/Berlinn' (like Europe/Berlin or UTC)",
    ),
    "impossible date": (
        "business:\n  hours:\n    holidays: [2026-02-31]\n",
        "3:16: '2026-02-31' is not a date (such as 2026-12-25)",
    ),
    "URL without a scheme": (
        "gpt: {base_url: example.com}\n",
        "1:17: this is not a URL that works here (it must start with http://, https://)",
    ),
    "origin with a path": (
        'channels: {web: {allowed_origins: ["https://a.example/x"]}}\n',
        "1:36: this is not an origin (scheme and host only, like https://shop.example)",
    ),
    "store of another kind": (
        "store: {url: mongodb://x}\n",
        "1:14: this is not a store that works here "
        "(sqlite:///frontdesk.db, or postgresql://user@host/name)",
    ),
    "store with a full-width sign in its password": (
        'store: {url: "postgresql://u:geheim＃1@127.0.0.1/x"}\n',
        "1:14: this address of the store cannot be read "
        "(write postgresql://user:password@host:5432/name; in a password, what is no letter or "
        "digit as %40 for @, %5B for [ and so on)",
    ),
    "store with a bracket in its password": (
        'store: {url: "postgresql://u:ge[heim@127.0.0.1/x"}\n',
        "1:14: this address of the store cannot be read "
        "(write postgresql://user:password@host:5432/name; in a password, what is no letter or "
        "digit as %40 for @, %5B for [ and so on)",
    ),
    "store at no port": (
        'store: {url: "postgresql://u@127.0.0.1:99999999/x"}\n',
        "1:14: this address of the store cannot be read "
        "(write postgresql://user:password@host:5432/name; in a password, what is no letter or "
        "digit as %40 for @, %5B for [ and so on)",
    ),
    "store without a file": (
        "store: {url: 'sqlite:///'}\n",
        "1:14: this names no file for the store (sqlite:///frontdesk.db is one in the folder "
        "where you start frontdesk; an absolute path has four slashes)",
    ),
    "store with two slashes": (
        "store: {url: 'sqlite://frontdesk.db'}\n",
        "1:14: this names no file for the store (sqlite:///frontdesk.db is one in the folder "
        "where you start frontdesk; an absolute path has four slashes)",
    ),
    "store with a misspelt option": (
        "store: {url: 'sqlite:///frontdesk.db?timeot=5'}\n",
        "1:14: only ?timeout=SECONDS may stand behind the file's name (like ?timeout=5)",
    ),
    "store with a timeout that is no time": (
        "store: {url: 'sqlite:///frontdesk.db?timeout=-1'}\n",
        "1:14: only ?timeout=SECONDS may stand behind the file's name (like ?timeout=5)",
    ),
    "rule without an id": (
        "quick_replies:\n- when: {any: [x]}\n  reply: y\n",
        '2:3: the key "id" is missing (add a line id: …)',
    ),
    "rule without when": (
        "quick_replies:\n- id: a\n  reply: y\n",
        '2:3: the key "when" is missing (add a line when: …)',
    ),
    "rule that matches everything": (
        "quick_replies:\n- id: a\n  when: {}\n  reply: y\n",
        '3:9: a rule needs something to match (like any: [refund, "money back"])',
    ),
    "rule without a reply": (
        "quick_replies:\n- id: a\n  when: {any: [x]}\n",
        '2:3: a rule needs a reply (reply: "…", or then: gpt or escalate)',
    ),
    "no patterns": (
        "quick_replies:\n- id: a\n  when: {any: []}\n  reply: y\n",
        "3:15: this list is empty (put something in, or take the key out)",
    ),
    "empty pattern": (
        'quick_replies:\n- id: a\n  when: {any: [" "]}\n  reply: y\n',
        "3:16: this text is empty (write something, or take the key out)",
    ),
    "empty reply": (rule('""'), "5:10: this text is empty (write what the customer shall read)"),
    "unknown language": (
        rule("{english: hello}"),
        "5:11: 'english' is not a language code (like en, zh or pt-BR)",
    ),
    "comma in a reply by language": (
        rule('{en: "hi", zh: well, well}'),
        "5:10: a language here has no text (a text with a comma in it needs quotes)",
    ),
    "look-ahead": (
        "quick_replies:\n- id: a\n  when:\n    regex: ['a(?=b)']\n  reply: y\n",
        "4:13: RE2 has no look-ahead",
    ),
    "unclosed bracket in a pattern": (
        "quick_replies:\n- id: a\n  when: {any: [1x], regex: ['ok', '(a']}\n  reply: y\n",
        "3:35: the brackets ( ) do not pair",
    ),
    "placeholder without a source": (rule('"Hi {nam}"'), "5:10: {nam} never has a value"),
    "rule for an unknown channel": (
        "quick_replies:\n- id: a\n  when: {any: [x], channels: [telegrm]}\n  reply: y\n",
        '3:31: there is no channel "telegrm" (did you mean "telegram"?)',
    ),
    "duplicate id": (
        f"{RULE}- id: b\n  when: {{any: [y]}}\n  reply: z\n- id: a\n  when: {{any: [z]}}\n"
        "  reply: z\n",
        '8:7: the id "a" is taken (the first one is on line 2; every rule needs its own)',
    ),
    "button that does nothing": (
        rule("hi\n  buttons: [{label: a}]"),
        "6:13: a button does exactly one thing (give it one of say, url and do)",
    ),
    "button that does two things": (
        rule('hi\n  buttons: [{label: b, say: x, url: "https://x.example"}]'),
        "6:13: a button does exactly one thing (give it one of say, url and do)",
    ),
    "button with a script": (
        rule('hi\n  buttons: [{label: c, url: "javascript:alert(1)"}]'),
        "6:29: this is not a URL that works here "
        "(it must start with http://, https://, mailto:, tel:)",
    ),
    "button with an unknown deed": (
        rule("hi\n  buttons: [{label: d, do: escalte}]"),
        "6:28: this is not one of the choices (write 'escalate')",
    ),
    "unknown sentence": (
        "texts: {hand_over: x}\n",
        '1:9: unknown key "hand_over" (did you mean "handover"?)',
    ),
    "placeholder of another sentence": (
        'texts: {handover: {en: "Hi {agent}"}}\n',
        "1:24: {agent} has no value in this sentence (known here: business)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_its_place_and_its_cure(fault: str, tmp_path: Path) -> None:
    text, expected = FAULTS[fault]

    found = [line.removeprefix("settings.yaml:") for line in problems(tmp_path, text)]

    assert [line[: len(expected)] for line in found] == [expected]


WARNINGS = {
    "OpenAI key": (
        "gpt: {api_key: sk-abcdefghijklmnopqrstuvwx}\n",
        "1:16: a secret is written into this file (put OPENAI_API_KEY=… into .env beside this "
        "file and write ${OPENAI_API_KEY} here)",
    ),
    "Telegram token": (
        'channels: {telegram: {token: "123456:AAabcdefghijklmnopqrstuvwxyz0123456"}}\n',
        "1:30: a secret is written into this file (put TELEGRAM_TOKEN=… into .env beside this "
        "file and write ${TELEGRAM_TOKEN} here)",
    ),
    "Slack token": ("slack: {bot_token: xoxb-1234567890-abc}\n", "1:20: a secret is written"),
    "Slack token as a default": (
        'slack: {app_token: "${A:-xapp-1234567890-abc}"}\n',
        "1:20: a secret is written",
    ),
    "secret that looks like none": ("gpt: {api_key: hunter2}\n", "1:16: a secret is written"),
    "password of the store": (
        "store: {url: postgresql://me:secret@host/name}\n",
        "1:14: a secret is written",
    ),
    "password of the store as a parameter": (
        "store: {url: 'postgresql://me@host/name?ssl=require&password=secret'}\n",
        "1:14: a secret is written",
    ),
    "budget for a model without a price": (
        "gpt: {model: llama, daily_budget_usd: 5}\n",
        '1:21: the budget does not count what "llama" costs: nobody knows its price '
        "(add prices: {llama: {input: …, output: …}}, dollars for a million tokens)",
    ),
    "budget for a smaller model without a price": (
        "gpt: {cheap_model: llama, daily_budget_usd: 5}\n",
        '1:27: the budget does not count what "llama" costs',
    ),
    "smaller model that is dearer": (
        "gpt: {cheap_model: gpt-5.5, daily_budget_usd: 5}\n",
        '1:7: "cheap_model" costs no less than "model"',
    ),
    "smaller model without a budget": (
        "gpt: {cheap_model: gpt-5.4-nano}\n",
        '1:7: "cheap_model" is never asked',
    ),
    "rule that never answers": (
        f"{RULE}- id: b\n  when: {{any: [x]}}\n  reply: z\n",
        '5:3: the rule "b" can never answer: "a" on line 2 comes first',
    ),
}


@pytest.mark.parametrize("doubt", WARNINGS)
def test_a_doubtful_line_is_warned_about_and_loads(doubt: str, tmp_path: Path) -> None:
    text, expected = WARNINGS[doubt]

    found = [line.removeprefix("settings.yaml:") for line in warnings(tmp_path, text)]

    assert [line[: len(expected)] for line in found] == [expected]


def test_a_secret_from_the_environment_is_not_warned_about(tmp_path: Path) -> None:
    text = 'gpt: {api_key: "${KEY}"}\nchannels: {web: {identity_secret: "${X:-}"}}\n'

    assert warnings(tmp_path, text, KEY="sk-abcdefghijklmnopqrstuvwx") == []


def test_no_secret_is_shown_in_problems_or_in_the_settings_repr(tmp_path: Path) -> None:
    text = 'gpt: {api_key: "${KEY}", debounce: "${KEY}", base_url: "${KEY}"}\n'
    told = "\n".join(problems(tmp_path, text, KEY="sk-canary"))
    settings = load_text(tmp_path, 'gpt: {api_key: "${KEY}"}\n', KEY="sk-canary")

    assert "canary" not in told
    assert "canary" not in repr(settings)


def test_groups_whose_lines_are_commented_out_have_their_defaults(tmp_path: Path) -> None:
    settings = load_text(tmp_path, "gpt:\nchannels:\n  web:\n  # title: x\nquick_replies:\n")

    assert settings.gpt.debounce == timedelta(seconds=1)
    assert settings.channels["web"].enabled
    assert settings.quick_replies == ()


def test_durations_and_never_are_read(tmp_path: Path) -> None:
    text = "desk: {remind_after: 90s, give_up_after: never}\nfiles: {keep: 7d}\n"
    settings = load_text(tmp_path, text)

    assert settings.desk.remind_after == timedelta(seconds=90)
    assert settings.desk.give_up_after is None
    assert settings.files.keep == timedelta(days=7)


def test_a_rule_says_everything_that_the_engine_needs(tmp_path: Path) -> None:
    text = """\
quick_replies:
- id: order
  when:
    all: [[order], [where, status]]
    none: [cancel]
    regex: ['order\\s+#?(?P<order>\\d{6})']
    channels: [web]
    languages: [en, zh-CN]
    hours: closed
  reply: {en: "Order {order}", zh: "订单 {order}"}
  buttons:
  - {label: Track, url: "https://shop.example/track"}
  - {label: More, say: More please}
  - {label: Person, do: escalate}
  then: gpt
  tests: {match: ["where is order 123456"], miss: [hello]}
"""
    (rule,) = load_text(tmp_path, text).quick_replies

    assert rule.id == "order"
    assert rule.when.all == (("order",), ("where", "status"))
    assert rule.when.languages == ("en", "zh-cn")
    assert rule.when.hours is Hours.CLOSED
    assert rule.reply == {"en": "Order {order}", "zh": "订单 {order}"}
    assert rule.buttons[0].shown("zh") == Button("Track", url="https://shop.example/track")
    assert rule.buttons[2].shown("zh") == Button("Person", do="escalate")
    assert rule.then is Then.GPT
    assert rule.match_tests == ("where is order 123456",)


def test_one_text_for_every_language_stands_under_the_empty_language(tmp_path: Path) -> None:
    assert load_text(tmp_path, rule("hello")).quick_replies[0].reply == {"": "hello"}


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "there is no such file": lambda path: None,
    "this is a directory": lambda path: path.mkdir(),
    "this is not a file": lambda path: os.mkfifo(path),
    "this file cannot be read": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("expected", UNREADABLE)
def test_a_file_that_cannot_be_read_is_a_problem_too(expected: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    UNREADABLE[expected](path)

    with pytest.raises(SettingsError, match=f"settings.yaml:1:1: {expected}"):
        load_file(path)


def test_a_token_in_a_keys_place_is_not_repeated(tmp_path: Path) -> None:
    assert problems(tmp_path, "slack:\n  xoxb-12345678-abcdefgh: x\n") == [
        'settings.yaml:2:3: unknown key "[hidden]" (known here: app_token, bot_token)'
    ]
