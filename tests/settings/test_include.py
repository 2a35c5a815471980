"""Rules may be spread over files; what is wrong in any of them is told at its own place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.check import failed_tests
from core.settings import Settings
from core.settings import include as limits
from tests.settings.loading import load_text, problems, warnings


def rules(*ids: str, include: str = "") -> str:
    head = f"include: [{include}]\n" if include else ""
    each = "".join(f"- id: {id}\n  when: {{any: [{id}]}}\n  reply: x\n" for id in ids)
    return f"{head}quick_replies:\n{each}"


def write(folder: Path, **files: str) -> None:
    """`a__b` is the file a/b.yaml."""
    for name, text in files.items():
        path = folder.joinpath(*f"{name}.yaml".split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def ids(settings: Settings) -> list[str]:
    return [rule.id for rule in settings.quick_replies]


# --- what is taken, and in which order -----------------------------------------------------


def test_a_files_own_rules_come_first_and_then_its_includes_in_their_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        rules__b=rules("b"),
        rules__a=rules("a", include="deep/*.yaml"),
        rules__deep__z=rules("z"),
        rules__deep__y=rules("y"),
        last=rules("last"),
    )

    settings = load_text(tmp_path, rules("own", include="rules/*.yaml, last.yaml"))

    assert ids(settings) == ["own", "a", "y", "z", "b", "last"]


def test_a_file_is_taken_once_where_it_is_named_first(tmp_path: Path) -> None:
    write(tmp_path, r__a=rules("a"), r__b=rules("b"), r__c=rules("c"))
    (tmp_path / "r" / "d.yaml").symlink_to("a.yaml")

    settings = load_text(tmp_path, "include: [r/b.yaml, r/*.yaml, r/b.yaml]\n")

    assert ids(settings) == ["b", "a", "c"]


def test_a_star_leaves_out_the_files_that_lead_to_it(tmp_path: Path) -> None:
    write(tmp_path, a=rules("a", include="'*.yaml'"), b=rules("b"))

    assert ids(load_text(tmp_path, rules("own", include="'*.yaml'"))) == ["own", "a", "b"]


def test_an_included_file_reads_the_environment_too(tmp_path: Path) -> None:
    write(tmp_path, rules=rules("a").replace("reply: x", "reply: ${HELLO}"))
    (tmp_path / ".env").write_text("HELLO=Moin\n")

    settings = load_text(tmp_path, "include: ['${RULES}.yaml']\n", RULES="rules")

    assert settings.quick_replies[0].reply == {"": "Moin"}


def test_a_name_may_lead_anywhere(tmp_path: Path) -> None:
    write(tmp_path, above=rules("above"), elsewhere__x=rules("x"))
    (tmp_path / "here [1]").mkdir()
    elsewhere = tmp_path / "elsewhere" / "*.yaml"

    settings = load_text(tmp_path / "here [1]", f"include: [../above.yaml, '{elsewhere}']\n")

    assert ids(settings) == ["above", "x"]


def test_every_rule_knows_its_file(tmp_path: Path) -> None:
    write(tmp_path, r__a=rules("a", "b").replace("reply: x", "reply: x\n  tests: {miss: [b]}"))
    settings = load_text(tmp_path, rules("own", include="r/*.yaml"))

    assert settings.where("own") == f"{tmp_path}/settings.yaml:3"
    assert settings.where("b") == f"{tmp_path}/r/a.yaml:6"
    (failure,) = failed_tests(settings)
    assert str(failure).startswith(f'{tmp_path}/r/a.yaml:9:18: the rule "b" fails its test')


# --- what is wrong -------------------------------------------------------------------------


def test_a_mistake_is_told_at_its_place_in_its_own_file_and_all_of_them_at_once(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        r__a=rules("a", include="no.yaml").replace("reply", "repyl"),
        r__b="quick_replies: [\n",
        r__c=rules("c").replace("any: [c]", "regex: ['(']"),
        r__d="gpt: {model: x}\n",
    )

    assert problems(tmp_path, "gtp: {}\ninclude: [r/*.yaml]\n") == [
        'settings.yaml:1:1: unknown key "gtp" (did you mean "gpt"?)',
        f"r/a.yaml:1:11: there is no file {tmp_path}/r/no.yaml "
        f"(the name counts from the folder of {tmp_path}/r/a.yaml)",
        'r/a.yaml:5:3: unknown key "repyl" (did you mean "reply"?)',
        "r/b.yaml:1:16: this [ is not closed (a ] or a comma is missing before line 2, column 1)",
        "r/c.yaml:3:18: the brackets ( ) do not pair (missing ): () "
        "(write \\( for a bracket itself)",
        'r/d.yaml:1:1: unknown key "gpt" (known here: include, quick_replies)',
    ]


def test_an_id_that_is_taken_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, a=rules("x", "y"), b=rules("z", "y"))

    assert problems(tmp_path, rules("x", include="a.yaml, b.yaml")) == [
        f'a.yaml:2:7: the id "x" is taken (the first one is at {tmp_path}/settings.yaml:3; '
        "every rule needs its own)",
        f'b.yaml:5:7: the id "y" is taken (the first one is at {tmp_path}/a.yaml:5; '
        "every rule needs its own)",
    ]


def test_a_rule_that_is_shadowed_by_another_files_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, a=rules("b").replace("[b]", "[own]"))

    assert warnings(tmp_path, rules("own", include="a.yaml")) == [
        'a.yaml:2:3: the rule "b" can never answer: "own" at '
        f"{tmp_path}/settings.yaml:3 comes first "
        "(put the more precise rule first, or take one out)"
    ]


def test_a_secret_in_an_included_file_is_warned_of(tmp_path: Path) -> None:
    write(tmp_path, a=rules("a").replace("reply: x", "reply: xoxb-1234567890-abcdef"))

    (warning,) = warnings(tmp_path, "include: [a.yaml]\n")
    assert warning.startswith("a.yaml:4:10: a secret is written into this file")


CONTENTS = {
    "": "r.yaml:1:1: this file is empty (it needs at least: quick_replies: [])",
    "- id: a": "r.yaml:1:1: this file is a list (write quick_replies: above the rules)",
    "quick_replies: {}": "r.yaml:1:16: a list is expected here (begin each item with '- ')",
    "include: r.yaml": "r.yaml:1:10: a list is expected here (begin each item with '- ')",
    "include: [r.yaml]": "r.yaml:1:11: FOLDER/r.yaml includes itself in the end "
    "(take this line out)",
    "include: [settings.yaml]": "r.yaml:1:11: FOLDER/settings.yaml includes itself in the end "
    "(take this line out)",
    "quick_replies: [\x01]": "r.yaml:1:17: a control character (U+0001) is not allowed here "
    "(delete it; an editor that shows invisible characters helps)",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_a_file_of_rules_may_not_be(content: str, tmp_path: Path) -> None:
    write(tmp_path, r=content)

    (told,) = problems(tmp_path, "include: [r.yaml]\n")
    assert told == CONTENTS[content].replace("FOLDER", str(tmp_path))


NAMES = {
    "rules.yaml": "a list is expected here (begin each item with '- ')",
    "[no.yaml]": "there is no file FOLDER/no.yaml (the name counts from the folder of "
    "FOLDER/settings.yaml)",
    "['no/*.yaml']": "there is no file like FOLDER/no/*.yaml "
    "(put one there, or take this line out)",
    "['**/*.yaml']": "** does not work here (name each folder: rules/*.yaml, rules/shop/*.yaml)",
    "[settings.yaml]": "FOLDER/settings.yaml includes itself in the end (take this line out)",
    "[7]": "the name of a file is expected here (like rules/*.yaml)",
    "['']": "the name of a file is expected here (like rules/*.yaml)",
    "[{a: b}]": "the name of a file is expected here (like rules/*.yaml)",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_may_not_be_included(name: str, tmp_path: Path) -> None:
    (told,) = problems(tmp_path, f"include: {name}\n")

    assert told.partition(": ")[2] == NAMES[name].replace("FOLDER", str(tmp_path))
    assert told.startswith("settings.yaml:1:1")


def _loop(path: Path) -> None:
    path.symlink_to(path)


KINDS: dict[str, Callable[[Path], object]] = {
    "this is a directory, not a file": lambda path: path.mkdir(),
    "this is not a file (name an ordinary file)": os.mkfifo,
    "this file cannot be read: Too many levels of symbolic links": _loop,
    "this file is larger than 1 MB (is it really the settings file?)": lambda path: (
        path.write_text("#" * 1_000_001)
    ),
}


@pytest.mark.parametrize("named", ["r.yaml", "'r*.yaml'"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_readable_file(kind: str, named: str, tmp_path: Path) -> None:
    KINDS[kind](tmp_path / "r.yaml")

    assert problems(tmp_path, f"include: [{named}]\n") == [f"r.yaml:1:1: {kind}"]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILES", 3)
    write(tmp_path, **{f"r__{n}": rules(f"r{n}") for n in range(9)})

    assert problems(tmp_path, "include: ['r/*.yaml']\n") == [
        "settings.yaml:1:11: more than 3 files are included here (put more rules into each)"
    ]


def test_files_that_are_too_large_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_CHARS", 1_000)
    write(tmp_path, **{f"r__{n}": rules(f"r{n}") + "#" * 400 for n in range(9)})

    (told,) = problems(tmp_path, "include: ['r/*.yaml']\n")
    assert told.startswith("settings.yaml:1:11: the files together are larger than")
