"""No secret reaches the log, wherever in a record it stands."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from core.redact import RedactingFormatter, set_up_logging

CANARY = "canary-7f3a9c"
TELEGRAM = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logging([CANARY], level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    [
        CANARY,
        TELEGRAM,
        "xoxb-123456789012-abcdefghijkl",
        "xapp-1-A111-222-abcdef",
        "sk-proj-abcdefghijklmnop",
        "Bearer abcdef.ghijkl",
    ],
)
def test_a_secret_is_hidden_in_text_arguments_and_tracebacks(
    lines: io.StringIO, secret: str
) -> None:
    """A16, O06: at log level DEBUG."""
    log = logging.getLogger("test")
    log.info("POST https://api.telegram.org/bot%s/getMe", secret)
    log.info(f"said {secret}")
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        log.exception("failed")
    assert secret.removeprefix("Bearer ") not in lines.getvalue()
    assert "failed" in lines.getvalue()


def test_a_line_break_cannot_forge_a_log_line(lines: io.StringIO) -> None:
    logging.getLogger("test").info("name: %s", "x\n2026-01-01 00:00:00 ERROR core: stolen\x1b[31m")
    assert len(lines.getvalue().splitlines()) == 1
    assert "\x1b" not in lines.getvalue()


@pytest.mark.parametrize(
    ("name", "level"), [("httpx", logging.INFO), ("slack_bolt", logging.WARNING)]
)
def test_clients_do_not_log_every_request(lines: io.StringIO, name: str, level: int) -> None:
    logging.getLogger(name).log(level, "HTTP Request: GET http://127.0.0.1/")
    assert lines.getvalue() == ""


def test_a_value_too_short_to_be_a_secret_blanks_out_nothing() -> None:
    assert RedactingFormatter(["a", ""]).clean("banana") == "banana"
