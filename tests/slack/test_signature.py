"""Requests that pretend to be Slack's."""

from __future__ import annotations

import pytest

from connectors.slack.signature import is_genuine, sign

SECRET, BODY, NOW = "s3cret", b'{"a":"\xc3\xa9"}', 1_722_500_000
STAMP = str(NOW)
GOOD = sign(SECRET, STAMP, BODY)


def test_the_signature_of_slacks_own_example_is_the_same() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
        b".803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_a_signed_request_of_the_last_five_minutes_is_slacks(offset: int) -> None:
    assert is_genuine(SECRET, [STAMP], [GOOD], BODY, NOW + offset)


@pytest.mark.parametrize(
    ("stamps", "signatures", "body"),
    [
        ([], [GOOD], BODY),
        ([STAMP], [], BODY),
        ([STAMP, STAMP], [GOOD], BODY),
        ([STAMP], [GOOD, GOOD], BODY),
        ([STAMP], [GOOD], BODY + b" "),
        ([STAMP], [GOOD.replace("v0=", "v1=")], BODY),
        ([STAMP], [GOOD.upper()], BODY),
        ([STAMP], ["é"], BODY),
        ([STAMP], ["\udce9"], BODY),
        ([STAMP], [""], BODY),
        (["zzz"], [GOOD], BODY),
        (["1e400"], [GOOD], BODY),
        (["9" * 5000], [GOOD], BODY),
        (["-1"], [GOOD], BODY),
        (["１７２２５０００００"], [GOOD], BODY),
        ([f" {STAMP}"], [GOOD], BODY),
        ([str(NOW - 301)], [sign(SECRET, str(NOW - 301), BODY)], BODY),
        ([str(NOW + 301)], [sign(SECRET, str(NOW + 301), BODY)], BODY),
    ],
)
def test_anything_else_is_refused_and_never_an_error(
    stamps: list[str], signatures: list[str], body: bytes
) -> None:
    """A01, A02: refused, never an error."""
    assert not is_genuine(SECRET, stamps, signatures, body, NOW)


def test_without_a_secret_nothing_is_slacks() -> None:
    assert not is_genuine("", [STAMP], [sign("", STAMP, BODY)], BODY, NOW)
