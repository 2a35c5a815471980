"""Below each complaint stands its line with a caret, whatever is in that line, but no secret."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from core.errors import SettingsError
from tests.settings.loading import load_text, rule

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"


def shown(folder: Path, text: str | bytes, **environ: str) -> list[str]:
    """What stands below the first complaint."""
    with pytest.raises(SettingsError) as refused:
        load_text(folder, text, **environ)
    return refused.value.problems[0].excerpt.splitlines()


def under_caret(lines: list[str]) -> str:
    """The character of the first line that is above the caret of the second one on a screen."""
    column = 0
    for char in lines[0]:
        if column == lines[1].index("^"):
            return char
        column += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        column -= bool(unicodedata.combining(char))
    return ""


LINES: dict[str, tuple[str | bytes, str, str]] = {
    "a plain line": ("business: {nmae: x}\n", "   1 | business: {nmae: x}", "n"),
    "Windows' line ends": ("# a\r\ngtp: 1\r\n", "   2 | gtp: 1", "g"),
    "no end of line": ("gtp: 1", "   1 | gtp: 1", "g"),
    "Chinese before it": (
        "business: {name: 花店，退款, nmae: x}",
        "   1 | business: {name: 花店，退款, nmae: x}",
        "n",
    ),
    "accents apart from their letters": (
        "business: {name: e\u0301e\u0301, nmae: x}",
        "   1 | business: {name: e\u0301e\u0301, nmae: x}",
        "n",
    ),
    "a tab before it": (
        "business: {name: x,\tnmae: x}",
        "   1 | business: {name: x,    nmae: x}",
        "n",
    ),
    "a tab that is the mistake": ("gpt:\n\tmodel: x\n", "   2 |     model: x", " "),
    "a control character": (b"gpt: {model: a\x1bb}", r"   1 | gpt: {model: a\x1bb}", "\\"),
    "what turns the text around": (
        "business: {name: a\u202eb, nmae: x}",
        r"   1 | business: {name: a\u202eb, nmae: x}",
        "n",
    ),
    "what cannot be seen": (
        "business: {name: a\u200bb\u00a0c, nmae: x}",
        r"   1 | business: {name: a\u200bb\xa0c, nmae: x}",
        "n",
    ),
    "another encoding": ("gpt: {model: é}".encode("latin1"), "   1 | gpt: {model: ?", "?"),
    "a long line": (
        f"business: {{name: {'word ' * 100}, nmae: x, hours: {'[' * 60}",
        "word word , nmae: x, hours: [[[",
        "n",
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_the_caret_stands_below_the_place(line: str, tmp_path: Path) -> None:
    text, expected, at = LINES[line]
    if line == "a long line":
        text = str(text).replace("[" * 60, "[" * 20 + "]" * 20) + ", " + "x" * 300 + ": 1}"
    lines = shown(tmp_path, text)

    assert expected in lines[0]
    assert under_caret(lines) == at
    assert len(lines) == 2
    assert len(lines[0]) < 100


def test_thousands_of_mistakes_in_one_line_are_no_trouble(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_text(tmp_path, "quick_replies: [" + "{}, " * 5_000 + "]")

    first, *_, last = refused.value.problems
    assert first.excerpt.splitlines()[0] == f"   1 | quick_replies: [{'{}, ' * 16}…"
    assert under_caret(first.excerpt.splitlines()) == "{"
    assert last.excerpt == ""


def test_there_is_nothing_to_show_of_an_empty_line(tmp_path: Path) -> None:
    assert shown(tmp_path, "") == []


SECRETS = {
    "of its own key": "slack: {bot_token: hunter22, foo: 1}\n",
    "of a misspelt key": "slack: {bot_tokn: hunter22}\n",
    "of a key in another place": "gpt: {signing_secret: 'hunter22'}\n",
    "with a mistake in it": 'gpt:\n  api_key: "hunter22\n',
    "on a line below its key": "gpt:\n  api_key: >\n    hunter22\n   x\n",
    "in a list": "gpt: {api_key: [hunter22]}\n",
    "as a default": "gpt: {api_key: '${KEY:-hunter22}', foo: 1}\n",
    "in an address": "store: {url: 'mysql://me:hunter22@host/x'}\n",
    "in an address, as a parameter": "store: {url: 'mysql://me@host/x?password=hunter22&a=b'}\n",
    "in an address, with a slash": "store: {url: 'mysql://me:hunter/22hunter22@host/x'}\n",
    "that looks like one": f"channels: {{telegram: {TOKEN.replace('AAH', 'hunter22')}}}\n",
    "long and random": "business: {nmae: hunter22hunter22hunter22hunter22}\n",
    "twice in a line": "slack: {bot_token: hunter22, app_token: hunter22, foo: 1}\n",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_not_shown(secret: str, tmp_path: Path) -> None:
    lines = shown(tmp_path, SECRETS[secret])

    assert "hunter22" not in lines[0]
    assert "[hidden]" in lines[0]


def test_a_number_of_tokens_is_no_token(tmp_path: Path) -> None:
    assert shown(tmp_path, "gpt: {max_answer_tokens: 1}\n")[0] == (
        "   1 | gpt: {max_answer_tokens: 1}"
    )


def test_what_the_environment_has_is_not_shown_where_it_is_written_out(tmp_path: Path) -> None:
    text = "gpt: {api_key: '${KEY}', model: [my-precious]}\n"

    assert shown(tmp_path, text, KEY="my-precious")[0] == (
        "   1 | gpt: {api_key: '${KEY}', model: [[hidden]]}"
    )


def test_the_caret_below_a_secret_is_at_its_beginning(tmp_path: Path) -> None:
    lines = shown(tmp_path, "slack: {bot_token: [hunter22, hunter22], app_token: '${APP:-}'}\n")

    assert lines[0] == "   1 | slack: {bot_token: [hidden], app_token: '${APP:-}'}"
    assert lines[1].index("^") == lines[0].index("[hidden]")


def test_a_reference_is_no_secret(tmp_path: Path) -> None:
    assert shown(tmp_path, "gpt:\n  api_key: ${KEY} # from the safe\n") == [
        "   2 |   api_key: ${KEY} # from the safe",
        "     |            ^",
    ]


def test_the_first_line_of_a_report_is_for_programs(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_text(tmp_path, rule("@home"))

    first, *_ = refused.value.report().splitlines()
    assert first == str(refused.value.problems[0])
    assert first.startswith(f"{tmp_path}/settings.yaml:5:10: ")


def test_a_channel_in_which_others_talk_gets_the_first_few(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_text(tmp_path, "".join(f"x{n}: 1\n" for n in range(7)))

    *told, last = refused.value.brief.splitlines()
    assert [line.partition("yaml:")[2][:3] for line in told] == ["1:1", "2:1", "3:1", "4:1", "5:1"]
    assert last == "and 2 more; `frontdesk check` shows them all"
