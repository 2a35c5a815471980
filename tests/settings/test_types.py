"""Values that look right and are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from core.settings.types import (
    Color,
    Link,
    Network,
    Origin,
    WaitOrNever,
    WebUrl,
    format_duration,
    parse_duration,
)


@pytest.mark.parametrize("text", ["500ms", "30s", "5m", "2h", "30d", "0s"])
def test_a_duration_is_written_as_it_is_read(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


def test_a_duration_may_have_a_fraction() -> None:
    assert parse_duration("1.5s") == timedelta(milliseconds=1500)


ACCEPTED = [
    (WebUrl, "http://127.0.0.1:8081/api/"),
    (WebUrl, ""),
    (Link, "mailto:a@b.example"),
    (Link, "tel:+49301234"),
    (Origin, "https://shop.example"),
    (Network, "10.0.0.0/8"),
    (Network, "::1"),
    (Color, "#2F6f4f"),
    (WaitOrNever, "never"),
]
REFUSED = [
    (WebUrl, "https://"),
    (WebUrl, "https://user:pass@host"),
    (WebUrl, "https://host:99999"),
    (WebUrl, "https://host?x=1"),
    (WebUrl, "https://[host"),
    (WebUrl, "https://ho st"),
    (Link, "javascript:alert(1)"),
    (Link, "data:text/html,x"),
    (Link, "//shop.example"),
    (Link, "java\nscript:alert(1)"),
    (Origin, "https://*.example"),
    (Origin, "null"),
    (Origin, "https://a@b.example"),
    (Network, "10.0.0.0/99"),
    (Color, "red"),
    (WaitOrNever, "sometimes"),
    (WaitOrNever, "0s"),
]


@pytest.mark.parametrize(("kind", "text"), ACCEPTED)
def test_a_good_value_is_accepted(kind: Any, text: str) -> None:
    TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_a_bad_value_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


def test_an_origin_is_kept_as_browsers_send_it() -> None:
    assert TypeAdapter(Origin).validate_python("https://Shop.Example/") == "https://shop.example"
