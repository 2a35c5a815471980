"""Every way to spoil settings.yaml, met twice: by a service that runs, and by one that starts.

A service that runs keeps its rules. One that starts has no rules yet to keep, and a copy of older
ones would answer with what nobody can read in the file any more: it ends with 2 and the place.

A plain `no`, `12:30` or `010` is a text here (YAML 1.2), so a key that takes texts takes them as
they are written; only keys of another kind refuse them.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from core.app import Composition
from core.cli import main
from core.errors import SettingsError
from core.policy import Policy
from core.quick_replies import Question
from core.settings import Settings
from core.settings.reload import SettingsWatcher
from tests.scenarios.house import until

GOOD = "business: {name: Fern}\nquick_replies:\n- id: a\n  when: {any: [hello]}\n  reply: one\n"


def rule(reply: str = "one", when: str = "{any: [x]}") -> str:
    """A file with one rule, whose reply begins on line 4, column 10."""
    return f"quick_replies:\n- id: a\n  when: {when}\n  reply: {reply}\n"


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 12):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]")
    return "\n".join(lines) + "\n"


MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "Y01 tab indent": ("gpt:\n\tmodel: x\n", "2:1: a tab cannot indent a line (use spaces)"),
    "Y02 unclosed quote": (
        'gpt:\n  model: "abc\n  debounce: 1s\n',
        '2:10: this " is never closed',
    ),
    "Y03 unclosed bracket": ("business:\n  languages: [en\n", "2:14: this [ is not closed"),
    "Y04 wrong indent": (
        "gpt:\n    model: x\n  debounce: 5s\n",
        "3:3: this does not line up with the lines above",
    ),
    "Y05 missing colon": ("gpt:\n  model\n  debounce: 5s\n", "2:3: a colon is missing"),
    "Y06 colon in a text": (rule("Note: this"), "4:14: a colon cannot stand here (put"),
    "Y07 @": (rule("@home"), "4:10: a text cannot begin with @ (put the text in quotes"),
    "Y07 backtick": (rule("`x`"), "4:10: a text cannot begin with ` (put"),
    "Y07 percent": (rule("%x"), "4:10: a text cannot begin with % (put"),
    "Y07 star": (rule("*.txt"), "4:10: *.txt refers to nothing"),
    "Y08 bad escape": (rule('"\\d+"'), "4:11: \\ has a meaning of its own in this text (use"),
    "Y09 undefined alias": ("gpt: *foo\n", "1:6: *foo refers to nothing"),
    "Y10 python object": ("gpt: !!python/object:os.system x\n", "1:6: unknown tag !!python/obj"),
    "Y10 unknown tag": (rule("!important"), "4:10: unknown tag !important (tags mean nothing"),
    "Y11 two documents": ("gpt: {}\n---\nserver: {}\n", "2:1: a second document begins here"),
    "Y12 unhashable key": ("? [a, b]\n: 1\n", "1:3: a list or a group cannot be a key"),
    "Y13 empty": ("", "1:1: this file is empty (it needs at least"),
    "Y13 only comments": ("# nothing\n", "1:1: this file is empty (it needs at least"),
    "Y14 text at the root": ("hello\n", "1:1: this file is a single text (it must be made of"),
    "Y14 list at the root": ("- a\n", "1:1: this file is a list (it must be made of keys"),
    "Y15 duplicate key": (
        "gpt: {}\nserver: {}\ngpt: {}\n",
        '3:1: the key "gpt" is here twice (the first one is on line 1; keep one of them)',
    ),
    "Y16 unknown key": ("gtp: {}\n", '1:1: unknown key "gtp" (did you mean "gpt"?)'),
    "Y17 no": ("channels: {web: {enabled: no}}\n", "1:27: true or false is expected here (write"),
    "Y17 12:30": ("server: {port: 12:30}\n", "1:16: a whole number is expected here"),
    "Y17 010": ("server: {port: 010}\n", "1:16: a whole number is expected here (write 10"),
    "Y17 1.10": (
        "gpt: {model: 1.10}\n",
        '1:14: a text is expected here (put it in quotes: "1.10"',
    ),
    "Y18 missing id": ("quick_replies:\n- when: {any: [x]}\n  reply: y\n", "2:3: the key"),
    "Y18 bad id": (
        "quick_replies:\n- id: a b\n  when: {any: [x]}\n  reply: y\n",
        "2:7: this name has characters that do not work here (use letters, digits, - _ and .)",
    ),
    "Y18 no patterns": (rule(when="{any: []}"), "3:15: this list is empty (put something in"),
    "Y18 empty reply": (rule('""'), "4:10: this text is empty (write what the customer shall"),
    "Y19 bad regex": (rule(when="{regex: ['(a']}"), "3:18: the brackets ( ) do not pair"),
    "Y19 look-ahead": (rule(when="{regex: ['a(?=b)']}"), "3:18: RE2 has no look-ahead"),
    "Y19 back-reference": (rule(when=r"{regex: ['(a)\1']}"), "3:18: RE2 has no back-references"),
    "Y19 back-reference by name": (
        rule(when="{regex: ['(?P<n>a)(?P=n)']}"),
        "3:18: RE2 has no back-references",
    ),
    "Y19 open named group": (
        rule("'{n}'", when=r"{regex: ['(?P<n>\d+']}"),
        "3:18: the brackets ( ) do not pair",
    ),
    "Y19 group without a name": (
        rule(when="{regex: ['(?P<a-b>c)']}"),
        "3:18: a group has no proper name",
    ),
    "Y20 duplicate id": (
        rule() + "- id: a\n  when: {any: [y]}\n  reply: z\n",
        '5:7: the id "a" is taken (the first one is on line 2',
    ),
    "Y21 impossible date": (
        "business: {hours: {holidays: [2026-02-31]}}\n",
        "1:31: '2026-02-31' is not a date (such as 2026-12-25)",
    ),
    "Y22 NUL": (b'gpt:\n  model: "a\x00b"\n', "2:12: a control character (U+0000) is not allowed"),
    "Y22 control character": (b"gpt:\n  model: a\x1bb\n", "2:11: a control character (U+001B)"),
    "Y23 Latin-1": ("business:\n  name: Café\n".encode("latin1"), "2:12: byte 0xE9 is not part"),
    "Y24 recursive anchor": ("gpt: &x [*x]\n", "1:10: *x contains itself (write"),
    "Y24 alias bomb": (bomb(), "4:45: aliases make this file too large (write the values out"),
    "Y25 deep": ("gpt: " + "[" * 3000, "1:35: more than 30 levels deep (is a bracket too many"),
    "Y25 over 1 MB": ("#" * 1_000_001, "1:1: this file is larger than 1 MB (is it really"),
    "Y26 unset variable": ('gpt: {api_key: "${NOPE}"}\n', "1:16: the environment variable NOPE"),
    "Y26 bad URL": ("gpt: {base_url: example.com}\n", "1:17: this is not a URL that works here"),
    "Y26 number range": ("server: {port: 80800}\n", "1:16: this is too large (at most 65535)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_in_a_saved_file_leaves_the_old_rules_answering(
    mistake: str, tmp_path: Path
) -> None:
    """Y01, Y02, Y03, Y04, Y05, Y06, Y07, Y08, Y09, Y10, Y11, Y12, Y13, Y14, Y15, Y16, Y17, Y18,
    Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26: told once, with its place and a cure."""
    content, expected = MISTAKES[mistake]
    admin = Admin(tmp_path / "settings.yaml")
    watching = asyncio.create_task(admin.watch())
    try:
        began = time.monotonic()
        admin.save(content)
        await until(lambda: admin.refused, "the refusal")
        assert time.monotonic() - began < 2
        assert admin.told()[0][: len(expected)] == expected
        assert admin.answer("hello") == "one"
        admin.save(GOOD.replace("one", "two"))
        await until(lambda: admin.answer("hello") == "two", "the next good file")
        assert len(admin.refused) == 1
    finally:
        watching.cancel()
        await asyncio.wait([watching])


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_at_a_cold_start_ends_it_with_2_and_the_place(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Y01, Y02, Y03, Y04, Y05, Y06, Y07, Y08, Y09, Y10, Y11, Y12, Y13, Y14, Y15, Y16, Y17, Y18,
    Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26, Y28: nothing is opened, and no trace is shown."""
    content, expected = MISTAKES[mistake]
    path = tmp_path / "settings.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert main(["run", "--settings", str(path)]) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"{path}:{expected}")
    assert "Traceback" not in said
    assert [file.name for file in tmp_path.iterdir()] == ["settings.yaml"]


IN_RULES = [
    name
    for name, (content, _) in MISTAKES.items()
    if isinstance(content, str) and content.startswith("quick_replies:")
]


@pytest.mark.parametrize("mistake", IN_RULES)
async def test_a_mistake_in_an_included_file_leaves_the_old_rules_answering(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Y06, Y07, Y08, Y10, Y18, Y19, Y20: told with the place in that file, and a cold start ends
    with 2."""
    content, expected = MISTAKES[mistake]
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD.partition("\n")[2])
    admin = Admin(tmp_path / "settings.yaml", "include: [rules.yaml]\n")
    watching = asyncio.create_task(admin.watch())
    try:
        rules.write_text(str(content))
        await until(lambda: admin.refused, "the refusal")
        assert str(admin.refused[0]).startswith(f"{rules}:{expected}")
        assert admin.answer("hello") == "one"
        assert await asyncio.to_thread(main, ["run", "--settings", str(admin.path)]) == 2
        assert capsys.readouterr().err.startswith(f"{rules}:{expected}")
    finally:
        watching.cancel()
        await asyncio.wait([watching])


DOUBTFUL = {
    "Y20 rule shadowed by an earlier one": (
        rule() + "- id: b\n  when: {any: [x]}\n  reply: z\n",
        '5:3: the rule "b" can never answer: "a" on line 2 comes first',
    ),
    "Y26 secret in plain text": (
        'slack: {bot_token: "xoxb-1234567890-abcdef"}\n',
        "1:20: a secret is written into this file (put SLACK_BOT_TOKEN=… into .env",
    ),
}


@pytest.mark.parametrize("doubt", DOUBTFUL)
def test_what_is_only_doubtful_is_a_warning_with_its_place(doubt: str, tmp_path: Path) -> None:
    """Y20, Y26: it loads, and it is said."""
    content, expected = DOUBTFUL[doubt]
    path = tmp_path / "settings.yaml"
    path.write_text(content)

    (warning,) = map(str, Composition(path, {}).load().warnings)

    assert warning.removeprefix(f"{path}:")[: len(expected)] == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_file_with_a_byte_order_mark_loads(encoding: str, tmp_path: Path) -> None:
    """Y23: what Windows' editors write is a settings file too."""
    path = tmp_path / "settings.yaml"
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    path.write_bytes((mark + "business: {name: 花店}\n").encode(encoding))

    assert Composition(path, {}).load().business.name == "花店"


class Admin:
    """Saves a file that is watched as the service watches it, only more often."""

    def __init__(self, path: Path, content: str = GOOD) -> None:
        self.path = path
        self.save(content)
        self.refused: list[SettingsError] = []
        self._composition = Composition(path, {})
        self._use(self._composition.load())

    def save(self, content: str | bytes) -> None:
        data = content if isinstance(content, bytes) else content.encode()
        fresh = self.path.with_name("fresh")
        fresh.write_bytes(data)
        fresh.rename(self.path)

    async def watch(self) -> None:
        await SettingsWatcher(
            self._policy.settings,
            self._composition.load,
            on_loaded=self._reload,
            on_refused=self.refused.append,
            every=0.02,
        ).run()

    def answer(self, text: str) -> str:
        hit = self._policy.rules.match(Question(text))
        return hit.text if hit else ""

    def told(self) -> list[str]:
        return [str(problem).removeprefix(f"{self.path}:") for problem in self.refused[0].problems]

    async def _reload(self, settings: Settings, _changes: str) -> None:
        self._use(settings)

    def _use(self, settings: Settings) -> None:
        self._policy = Policy.of(settings)
