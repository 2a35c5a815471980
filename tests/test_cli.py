"""The commands as a shell sees them: what they print, and the code they exit with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from core.cli import main
from tests.shell import ROOT, SHIPPED, Captured, frontdesk, write


def test_the_shipped_settings_are_fine_without_any_credentials() -> None:
    done = frontdesk("check")

    assert done.returncode == 0
    assert done.stderr == ""
    first, *parts = done.stdout.splitlines()
    assert first.startswith("settings.yaml is fine: ")
    assert parts == [
        "  web       on",
        "  telegram  off (TELEGRAM_TOKEN is empty)",
        "  slack     off (channels.slack.enabled is false)",
        "  GPT       off (OPENAI_API_KEY is empty)",
        "  desk      off (SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_DESK_CHANNEL are empty)",
    ]


def test_a_copy_of_the_shipped_settings_is_fine_anywhere(tmp_path: Path, capsys: Captured) -> None:
    copy = shutil.copy(SHIPPED, tmp_path)

    assert main(["check", str(copy)]) == 0
    assert f"{copy} is fine: " in capsys.readouterr().out


def test_credentials_from_the_environment_switch_things_on() -> None:
    done = frontdesk("check", TELEGRAM_TOKEN="1:x", OPENAI_API_KEY="y")

    assert re.search(r"^  telegram +on$", done.stdout, re.MULTILINE)
    assert re.search(r"^  GPT +on$", done.stdout, re.MULTILINE)


def test_swapped_tokens_of_slack_are_told_offline_and_not_shown() -> None:
    done = frontdesk("check", SLACK_BOT_TOKEN="xapp-1-sesame", SLACK_APP_TOKEN="xoxb-2-sesame")

    assert done.returncode == 2
    assert "this is an app-level token, not the bot's (SLACK_BOT_TOKEN takes" in done.stderr
    assert "this is the bot's token, not an app-level one (SLACK_BOT_TOKEN takes" in done.stderr
    assert "SLACK_APP_TOKEN the app-level token (xapp-…)" in done.stderr
    assert "sesame" not in done.stderr + done.stdout


def test_try_names_the_rule_in_chinese_even_where_the_terminal_has_none() -> None:
    done = frontdesk("try", "我想退款", PYTHONIOENCODING="latin-1")

    assert done.returncode == 0
    assert done.stdout.startswith('The rule "refund" answers (settings.yaml:')


def test_check_tells_every_problem_and_shows_its_line(tmp_path: Path, capsys: Captured) -> None:
    path = write(
        tmp_path,
        "server: {prot: 1}\nserver: {}\nquick_replies:\n"
        "- id: a\n  when: {regex: ['(']}\n  reply: x\n"
        "- id: a\n  when: {any: [2]}\n  reply: x\n",
    )

    assert main(["check", str(path)]) == 2

    told = [line.removeprefix(f"{path}:") for line in capsys.readouterr().err.splitlines()]
    assert told == [
        '1:10: unknown key "prot" (did you mean "port"?)',
        "   1 | server: {prot: 1}",
        "     |          ^",
        '2:1: the key "server" is here twice (the first one is on line 1; keep one of them)',
        "   2 | server: {}",
        "     | ^",
        "5:18: the brackets ( ) do not pair (missing ): () (write \\( for a bracket itself)",
        "   5 |   when: {regex: ['(']}",
        "     |                  ^",
        '7:7: the id "a" is taken (the first one is on line 4; every rule needs its own)',
        "   7 | - id: a",
        "     |       ^",
        '8:16: a text is expected here (put it in quotes: "2")',
        "   8 |   when: {any: [2]}",
        "     |                ^",
    ]


def test_one_mistake_does_not_hide_another_in_the_same_group(
    tmp_path: Path, capsys: Captured
) -> None:
    path = write(
        tmp_path,
        "business:\n  timezone: Nowhere\n  hours: {mon: '25:00-26:00'}\nquick_replies:\n"
        "- id: a\n  when: {any: [x], channels: [whatsapp]}\n  reply: y\n"
        "  buttons: [{label: L, say: hi, url: 'https://a.example'}]\n",
    )

    assert main(["check", str(path)]) == 2

    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith(str(path))]
    assert [line.removeprefix(f"{path}:").partition(" (")[0] for line in told] == [
        "2:13: there is no time zone 'Nowhere'",
        "3:16: '25:00-26:00' has a time that no clock shows",
        '6:31: there is no channel "whatsapp"',
        "8:13: a button does exactly one thing",
    ]


def test_check_runs_the_rules_own_tests(tmp_path: Path, capsys: Captured) -> None:
    path = write(
        tmp_path,
        "quick_replies:\n- id: a\n  when: {any: [refund]}\n  reply: x\n"
        "  tests:\n    match: [a refund, money]\n    miss: [no refund]\n",
    )

    assert main(["check", str(path)]) == 2

    missed, line, caret, matched, *_ = capsys.readouterr().err.splitlines()
    assert (line, caret) == ("   6 |     match: [a refund, money]", f"     | {' ' * 22}^")
    assert missed.startswith(f'{path}:6:23: the rule "a" fails its test: “money” should match')
    assert matched.startswith(f'{path}:7:12: the rule "a" fails its test: “no refund” should not')


MOSS = """\
quick_replies:
- id: moss
  when: {any: [moss]}
  reply: "Moss for you, {customer.name}."
  tests: {match: [do you sell moss]}
- id: moss2
  when: {any: [moss]}
  reply: We have moss.
  tests: {match: [do you sell moss], miss: [ferns]}
"""


def test_check_warns_of_a_test_that_only_a_name_makes_pass(
    tmp_path: Path, capsys: Captured
) -> None:
    path = write(tmp_path, MOSS)

    assert main(["check", str(path)]) == 0

    (warning,) = (line for line in capsys.readouterr().out.splitlines() if "[warning]" in line)
    assert warning.startswith(
        f'{path}:5:19: the rule "moss": “do you sell moss” is answered by it only when the '
        "customer has a name; without one, “moss2” does"
    )


def test_a_test_of_miss_is_asked_without_a_name_too(tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path, MOSS.replace("[ferns]", "[much moss]"))

    assert main(["check", str(path)]) == 2
    assert "“much moss” should not match, but does" in capsys.readouterr().err


def test_try_tells_apart_customers_with_and_without_a_name(
    tmp_path: Path, capsys: Captured
) -> None:
    path = write(tmp_path, MOSS)

    assert main(["try", "do you sell moss", "--settings", str(path)]) == 0

    told = capsys.readouterr().out
    named, _, nameless = told.partition("For a customer without a name")
    assert named.startswith("For a customer with a name, here Alex:\n")
    assert 'The rule "moss" answers' in named
    assert "Moss for you, Alex." in named
    assert 'The rule "moss2" answers' in nameless
    assert 'near     the rule "moss": ' in nameless

    assert main(["try", "hello", "--settings", str(path)]) == 0
    assert "For a customer" not in capsys.readouterr().out


def test_check_warns_and_is_still_content(tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path, "gpt: {model: llama, daily_budget_usd: 5}\n")

    assert main(["check", str(path)]) == 0

    warning, line, _, verdict, *_ = capsys.readouterr().out.splitlines()
    assert warning.startswith(f'{path}:1:21: the budget does not count what "llama" costs')
    assert warning.endswith(" [warning]")
    assert line == "   1 | gpt: {model: llama, daily_budget_usd: 5}"
    assert verdict.startswith(f"{path} is fine: 0 rules, 0 tests passed")


def test_check_counts_the_rules_without_tests(tmp_path: Path, capsys: Captured) -> None:
    rules = [f"- {{id: r{n}, when: {{any: [w{n}]}}, reply: x}}\n" for n in range(8)]
    rules[0] = "- {id: r0, when: {any: [w0]}, reply: x, tests: {match: [w0]}}\n"
    path = write(tmp_path, f"quick_replies:\n{''.join(rules)}")

    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        f"{path} is fine: 8 rules, 1 test passed",
        "  7 rules have no tests: r1, r2, r3, r4, r5 and 2 more",
    ]

    write(tmp_path, f"quick_replies:\n{''.join(rules[:2])}")
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "  1 rule has no tests: r1"


@pytest.mark.parametrize(
    "form", ["{file}", "--settings {file}", "{file} --settings {file}", "--settings={file} {file}"]
)
def test_check_takes_its_file_like_every_command(
    form: str, tmp_path: Path, capsys: Captured
) -> None:
    path = write(tmp_path, "business: {name: Fern}\n")

    assert main(["check", *form.format(file=path).split()]) == 0
    assert capsys.readouterr().out.startswith(f"{path} is fine")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["check"], ["try", "refund"], ["manifest"], ["--help"], ["check", "--help"]]
)
def test_a_reader_who_goes_away_is_no_fault(arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": unbuffered},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=20,
        )
    finally:
        os.close(writer)

    # argparse keeps it to itself where it meets the closed pipe at once.
    code = 0 if unbuffered and "--help" in arguments else 141
    assert (done.returncode, done.stderr) == (code, b"")


def test_check_takes_one_file_at_a_time(capsys: Captured) -> None:
    assert main(["check", "one.yaml", "--settings", "other.yaml"]) == 2
    assert capsys.readouterr().err == "frontdesk: check one.yaml or other.yaml, one at a time\n"


def test_check_of_a_missing_file_says_so(tmp_path: Path, capsys: Captured) -> None:
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml:1:1: there is no such file" in capsys.readouterr().err


def test_version_is_the_packages_own(capsys: Captured) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"frontdesk {project['version']}\n"


def test_the_manifest_is_yaml(capsys: Captured) -> None:
    assert main(["manifest", "--settings", str(SHIPPED)]) == 0

    printed = YAML(typ="safe", pure=True).load(capsys.readouterr().out)
    assert printed["display_information"]["name"] == "Fern & Clay"


@pytest.mark.parametrize(
    "command", ["run", "demo", "check", "try", "replay", "stats", "suggest", "doctor", "manifest"]
)
def test_every_command_explains_itself(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])

    assert left.value.code == 0
    assert f"usage: frontdesk {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["demo", "--port", "x"], ["demo", "--real", "fax"], ["try"], ["check", "a", "b"]],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert "usage: frontdesk" in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: Captured) -> None:
    assert main([]) == 2
    assert "frontdesk demo" in capsys.readouterr().out


def test_run_tells_the_first_doubts_and_counts_the_others(tmp_path: Path) -> None:
    rules = "".join(f"- {{id: r{n}, when: {{any: [x]}}, reply: x}}\n" for n in range(26))
    path = write(
        tmp_path,
        f"store: {{url: 'sqlite:///{tmp_path}/nowhere/x.db'}}\nquick_replies:\n{rules}",
    )
    done = frontdesk("run", "--settings", str(path))

    assert done.returncode == 1
    assert done.stderr.count("can never answer") == 20
    assert "and 5 more warnings; `frontdesk check` shows them all" in done.stderr


def test_run_with_a_bad_file_exits_with_2_and_tells_the_place(tmp_path: Path) -> None:
    path = write(tmp_path, "gpt: {modle: x}\n")
    done = frontdesk("run", "--settings", str(path))

    assert done.returncode == 2
    assert done.stderr == (
        f'{path}:1:7: unknown key "modle" (did you mean "model"?)\n'
        "   1 | gpt: {modle: x}\n"
        "     |       ^\n"
    )
