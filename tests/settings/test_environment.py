"""What the environment and the .env file beside the settings put into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.loading import load_text, problems


def test_variables_come_from_the_environment_then_from_dotenv_then_from_the_default(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("A=dotenv\nB=dotenv\n# C=dotenv\n")
    text = 'gpt: {instructions: "${A} ${B} ${C:-default} $${D}"}\n'
    settings = load_text(tmp_path, text, A="environment")

    assert settings.gpt.instructions == "environment dotenv default ${D}"


def test_an_empty_variable_takes_the_default(tmp_path: Path) -> None:
    text = 'gpt: {model: "${MODEL:-gpt-x}"}\n'

    assert load_text(tmp_path, text, MODEL="").gpt.model == "gpt-x"


def test_numbers_and_switches_may_come_from_the_environment(tmp_path: Path) -> None:
    text = "server:\n  port: ${PORT}\nchannels:\n  web:\n    enabled: ${WEB:-false}\n"
    settings = load_text(tmp_path, text, PORT="9000")

    assert settings.server.port == 9000
    assert settings.channels["web"].enabled is False


def test_a_value_from_the_environment_is_never_read_as_yaml(tmp_path: Path) -> None:
    text = "gpt:\n  instructions: ${TEXT}\n"

    assert load_text(tmp_path, text, TEXT="a: [b\n").gpt.instructions == "a: [b\n"


def test_a_dotenv_that_is_no_text_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")

    assert problems(tmp_path, "gpt: {}\n") == [
        ".env:1:1: this file cannot be read (save it as UTF-8)"
    ]


def test_what_is_off_says_which_variable_would_switch_it_on(tmp_path: Path) -> None:
    text = """\
channels: {telegram: {token: "${TELEGRAM_TOKEN:-}"}, slack: {enabled: false}}
slack: {bot_token: "${BOT:-}", app_token: "${APP:-}"}
desk: {channel: C1}
"""
    settings = load_text(tmp_path, text, BOT="xoxb-1")

    assert settings.why_off("channels.web") == ""
    assert settings.why_off("channels.telegram") == "TELEGRAM_TOKEN is empty"
    assert settings.why_off("channels.slack") == "channels.slack.enabled is false"
    assert settings.why_off("desk") == "APP is empty"
    assert settings.why_off("gpt") == "gpt.api_key is empty"
    assert load_text(tmp_path, text).why_off("desk") == "BOT and APP are empty"


@pytest.mark.parametrize("key", ["sk-proj-abc\ndef", "sk-proj-abcdef\n", "sk-proj-\tabc"])
def test_a_secret_with_a_line_break_is_told_at_once_and_not_shown(
    key: str, tmp_path: Path
) -> None:
    """A client would refuse its header much later, and quote what stands behind the break."""
    text = 'gpt: {api_key: "${KEY}"}\n'

    assert problems(tmp_path, text, KEY=key) == [
        "settings.yaml:1:16: this secret has a line break or another control character "
        "(copy it again, on one line and without a line break at its end)"
    ]


def test_a_secret_that_was_copied_with_its_dots_is_told_at_once(tmp_path: Path) -> None:
    text = 'gpt: {api_key: "${KEY}"}\n'

    assert problems(tmp_path, text, KEY="sk-proj-a…") == [
        "settings.yaml:1:16: this secret has a character that no key or token has "
        "(copy it again, whole; an example ends in …)"
    ]


@pytest.mark.parametrize("reference", ["${KEY}", "${KEY:-}", "a ${KEY:-x} b"])
def test_a_variable_that_is_no_text_is_a_problem_that_names_it(
    tmp_path: Path, reference: str
) -> None:
    found = problems(tmp_path, f'gpt: {{api_key: "{reference}"}}\n', KEY="sk-\udcff")

    assert found == [
        "settings.yaml:1:16: the environment variable KEY is not text (set it as UTF-8)"
    ]


UNSET = (
    "1:16: the environment variable NOPE is not set "
    "(set it, put it into .env beside this file, or write ${NOPE:-} to go without)"
)
NAMELESS = (
    "1:16: this ${ does not name a variable "
    "(write ${NAME} or ${NAME:-default}, and $${ for a plain ${)"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('gpt: {api_key: "${NOPE}"}\n', UNSET),
        ('server: {port: "${NOPE}"}\n', UNSET),
        ('gpt: {api_key: "${}"}\n', NAMELESS),
    ],
    ids=["unset", "of a number", "without a name"],
)
def test_a_variable_that_gives_nothing_names_its_place_and_its_cure(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert problems(tmp_path, text) == [f"settings.yaml:{expected}"]
