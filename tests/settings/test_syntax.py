"""Every way to write YAML wrongly is answered with the place of the mistake and a cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.loading import load_text, problems, rule

MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "tab indent": ("gpt:\n\tmodel: x\n", "2:1: a tab cannot indent a line (use spaces)"),
    "tab in a later line": ("gpt:\n  model: x\n\tdebounce: 5s\n", "3:1: a tab cannot"),
    "escape of no letter": (
        'business: {name: "\\UFFFFFFFF"}\n',
        "1:11: an escape after this place names no letter (letters end with \\U0010FFFF)",
    ),
    "unclosed quote": (
        'server: {}\ngpt:\n  model: "abc\n  debounce: 1s\n',
        '3:10: this " is never closed',
    ),
    "quote inside quotes": ("gpt:\n  model: 'it's'\n", "2:14: there is something after the end"),
    "unclosed list": (
        "business:\n  languages: [en, zh\n  name: x\n",
        "2:14: this [ is not closed (a ] or a comma is missing before line 3, column 7)",
    ),
    "unclosed list at the end": ("business:\n  languages: [en\n", "2:14: this [ is not closed"),
    "list that goes on with dashes": ("quick_replies: [\n- a\n", "1:16: this [ is not closed"),
    "unclosed group": ("business: {name: x\ngpt: {}\n", "1:11: this { is not closed"),
    "variable in a group": ("server: {port: ${P:-1}}\n", "1:9: this { is not closed (inside"),
    "wrong indent": ("gpt:\n    model: x\n  debounce: 5s\n", "3:3: this does not line up"),
    "indent too deep": ("gpt:\n  model: x\n   debounce: 5s\n", "3:12: a colon cannot stand here"),
    "missing colon": ("gpt:\n  model\n  debounce: 5s\n", "2:3: a colon is missing in this line"),
    "missing colon at the end": ("gpt:\n  debounce: 5s\n  model\n", "3:3: a colon is missing"),
    "missing space after colon": ("gpt:\n  debounce:5s\n  model: x\n", "2:3: a colon is missing"),
    "colon in plain text": (rule("Note: this"), "5:14: a colon cannot stand here (put the text"),
    "@ at the start": (rule("@home"), "5:10: a text cannot begin with @"),
    "backtick at the start": (rule("`x`"), "5:10: a text cannot begin with `"),
    "percent at the start": (rule("%x"), "5:10: a text cannot begin with %"),
    "star at the start": (rule("*.txt"), "5:10: *.txt refers to nothing"),
    "star and space": (rule("* note"), "5:10: a text cannot begin with *"),
    "ampersand and space": (rule("& co"), "5:10: a text cannot begin with &"),
    "ampersand and word": (rule("&co now"), "5:10: &co is a name that nothing refers to"),
    "brace at the start": (rule("{order} is here"), "5:18: there is something after the end"),
    "dash at the start": (rule("- a"), "5:10: a text cannot begin with -"),
    "bad escape": (rule('"\\d+"'), r"5:11: \ has a meaning of its own in this text (use single"),
    "undefined alias": ("gpt: *foo\n", "1:6: *foo refers to nothing"),
    "python object": ("gpt: !!python/object:os.system x\n", "1:6: unknown tag !!python/object"),
    "unknown tag": (rule("!important"), "5:10: unknown tag !important (tags mean nothing"),
    "unknown tag on a group": ("gpt: !x {model: y}\n", "1:6: unknown tag !x"),
    "second document": ("gpt: {}\n---\nserver: {}\n", "2:1: a second document begins here"),
    "list as a key": ("? [a, b]\n: 1\n", "1:3: a list or a group cannot be a key"),
    "group as a key": ("{a: 1}: 2\n", "1:1: a list or a group cannot be a key"),
    "no key": ("gpt: {: x}\n", "1:8: a key is missing before the colon"),
    "merge key": ("gpt: &g {model: x}\nserver:\n  <<: *g\n", "3:3: merging with <<"),
    "empty file": ("", "1:1: this file is empty"),
    "only comments": ("# hello\n", "1:1: this file is empty"),
    "null": ("~\n", "1:1: this file is empty"),
    "single text": ("hello\n", "1:1: this file is a single text"),
    "list at the root": ("- a\n- b\n", "1:1: this file is a list"),
    "duplicate key": (
        "gpt: {}\nserver: {}\ngpt: {model: x}\n",
        '3:1: the key "gpt" is here twice (the first one is on line 1; keep one of them)',
    ),
    "duplicate key in quotes": ('gpt:\n  model: a\n  "model": b\n', '3:3: the key "model" is'),
    "control character": (b'gpt: {model: "a\x00b"}\n', "1:16: a control character (U+0000)"),
    "escape sequence": ("gpt:\n  model: a\x1bb\n", "2:11: a control character (U+001B)"),
    "control character by escape": ('gpt: {model: "a\\0b"}\n', "1:14: this text has a control"),
    "lone surrogate": ('gpt: {model: "\\ud800"}\n', "1:14: this text has a control"),
    "Latin-1": ("# shop\nbusiness:\n  name: Café\n".encode("latin1"), "3:12: byte 0xE9 is not"),
    "UTF-16 without a mark": ("gpt: {}\n".encode("utf-16-le"), "1:2: a control character"),
    "recursive anchor": ("gpt: &x [*x]\n", "1:10: *x contains itself"),
    "deep lists": ("gpt: " + "[" * 3000, "1:35: more than 30 levels deep"),
    "deep groups": ("gpt: " + "{a: " * 3000, "1:122: more than 30 levels deep"),
    "deep dashes": ("- " * 3000, "1:61: more than 30 levels deep"),
    "too large": ("#" * 1_000_001, "1:1: this file is larger than 1 MB"),
    "Windows line ends": ("gpt:\r\n  model: x\r\n  modle: y\r\n", '3:3: unknown key "modle"'),
    "line separator in a text": (
        'gpt:\n  model: "a\u2028b"\n  modle: y\n',
        '3:3: unknown key "mo',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_syntax_is_shown_where_it_began(mistake: str, tmp_path: Path) -> None:
    text, expected = MISTAKES[mistake]

    assert [line[: len(expected)] for line in _placed(tmp_path, text)] == [expected]


def _placed(folder: Path, text: str | bytes) -> list[str]:
    return [line.removeprefix("settings.yaml:") for line in problems(folder, text)]


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 12):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]")

    assert "aliases make this file too large" in problems(tmp_path, "\n".join(lines))[0]


def test_an_alias_stands_for_one_whole_value(tmp_path: Path) -> None:
    text = "business: {name: &name Fern}\nchannels: {web: {title: *name}}\n"

    assert load_text(tmp_path, text).channels["web"].title == "Fern"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_loads_in_every_encoding_that_names_itself(encoding: str, tmp_path: Path) -> None:
    settings = load_text(tmp_path, "business: {name: 花店}\n".encode(encoding))

    assert settings.business.name == "花店"


def test_several_mistakes_are_told_at_once_in_file_order(tmp_path: Path) -> None:
    text = "gpt: {modle: x}\nserver: {port: no}\nserver: {}\nzzz: !x 1\n"

    lines = [line.split(": ")[0] for line in problems(tmp_path, text)]

    assert lines == [
        "settings.yaml:1:7",
        "settings.yaml:2:16",
        "settings.yaml:3:1",
        "settings.yaml:4:1",
        "settings.yaml:4:6",
    ]
