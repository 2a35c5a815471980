"""What `try` and `check` tell about words that are not written as the rules have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main

Captured = pytest.CaptureFixture[str]


def _write(folder: Path, rule: str) -> str:
    path = folder / "settings.yaml"
    path.write_text(f"quick_replies:\n- id: a\n  reply: x\n{rule}", encoding="utf-8")
    return str(path)


def test_try_says_what_was_read_as_what(tmp_path: Path, capsys: Captured) -> None:
    path = _write(tmp_path, "  when: {any: [refund], all: [[order]]}\n")

    assert main(["try", "refnud of my orders", "--settings", path]) == 0
    told = capsys.readouterr().out
    assert 'matched  any "refund", written "refnud", all "order", written "orders"\n' in told


def test_try_says_which_word_kept_a_rule_back(tmp_path: Path, capsys: Captured) -> None:
    path = _write(tmp_path, "  when: {any: [order], none: [cancel]}\n")

    assert main(["try", "cancle my order", "--settings", path]) == 0
    told = capsys.readouterr().out
    assert 'near     the rule "a": none "cancel", written "cancle" is in the message' in told


def test_try_says_that_a_person_was_asked_for_with_a_typo(
    tmp_path: Path, capsys: Captured
) -> None:
    path = _write(tmp_path, "  when: {any: [order]}\n")

    assert main(["try", "a humann for my orders", "--settings", path]) == 0
    assert 'A person answers: this is read as "human"' in capsys.readouterr().out
    assert main(["try", "a humann for my order", "--settings", path]) == 0
    assert 'The rule "a" answers' in capsys.readouterr().out


def test_check_tests_rules_with_the_same_eyes(tmp_path: Path, capsys: Captured) -> None:
    rule = "  when: {any: [refund]}\n"
    path = _write(tmp_path, rule + "  tests: {match: [refnud], miss: [refunds, a humann]}\n")

    assert main(["check", path]) == 2
    told = capsys.readouterr().err.splitlines()[0]
    assert told.endswith('“refunds” should not match, but does: any "refund", written "refunds"')

    path = _write(tmp_path, rule + "  tests: {match: [refunds for a humann]}\n")
    assert main(["check", path]) == 2
    assert "“human” calls a person before" in capsys.readouterr().err
