"""The kinds of value a settings file is made of, shared by every part that has settings.

A model is a subclass of `Strict`; a channel's or a section's is a subclass of `Switchable`. The
file is validated the way JSON is, so a YAML list fits a `tuple`, and nothing is coerced.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


def unfit(message: str, hint: str = "") -> PydanticCustomError:
    """The error for a validator to raise: what is wrong, and what to do about it."""
    return PydanticCustomError("unfit", "{message}", {"message": message, "hint": hint})


def _as_keys_are(value: SecretStr) -> SecretStr:
    # Checked here, because a client fails much later, and its error would show the secret, or the
    # part of it behind a line break.
    secret = value.get_secret_value()
    if not secret.isascii():
        raise unfit(
            "this secret has a character that no key or token has",
            "copy it again, whole; an example ends in …",
        )
    if not secret.isprintable():
        raise unfit(
            "this secret has a line break or another control character",
            "copy it again, on one line and without a line break at its end",
        )
    return value


Secret = Annotated[SecretStr, AfterValidator(_as_keys_are)]
"""Hidden in every repr and log; `get_secret_value()` gives the text; falsy when empty."""


class Strict(BaseModel):
    """A frozen group of settings; an unknown key is an error and no value is coerced."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        cache_strings=False,  # the cache would keep pieces of the file for ever
    )


class Switchable(Strict):
    """Settings of something that is on only when its credentials are there."""

    def needs(self) -> tuple[str, ...]:
        """What must not be empty, as dotted paths from the file's root ("slack.bot_token").

        A path that names a section ("slack") stands for whatever that section needs.
        """
        return ()


class ChannelSettings(Switchable):
    """Base of every channel's settings: `enabled: false` switches the channel off."""

    enabled: bool = True


_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)


def parse_duration(value: object) -> timedelta:
    """ "30s", "5m", "2h" or "30d" as a timedelta; a parsed one passes through."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise unfit(f"{value} has no unit", f"write {value}s for seconds, {value}m for minutes")
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or len(found[1]) > 9:
        raise unfit("this is not a duration", "write a number and a unit: 30s, 5m, 2h, 30d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def format_duration(value: timedelta) -> str:
    """The shortest way to write a duration in a settings file."""
    seconds = value.total_seconds()
    for unit in ("d", "h", "m", "s") if seconds else ("s",):
        if seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds * 1000:.0f}ms"


def between(low: str, high: str) -> AfterValidator:
    """Bounds for a `Duration`, written as the file writes them."""
    least, most = parse_duration(low), parse_duration(high)

    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            raise unfit(f"{format_duration(value)} is out of range", f"from {low} to {high}")
        return value

    return AfterValidator(check)


_WRITTEN = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?(ms|s|m|h|d)\s*$"}

Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(_WRITTEN)]
Wait = Annotated[Duration, between("100ms", "365d")]


def _never_is_none(value: object) -> object:
    return None if value == "never" else parse_duration(value)


WaitOrNever = Annotated[
    Annotated[timedelta, between("1s", "365d")] | None,
    BeforeValidator(_never_is_none),
    WithJsonSchema({"anyOf": [{"const": "never"}, _WRITTEN]}),
]
"""A duration, or `never` for None."""


def url_checker(*schemes: str) -> Callable[[str], str]:
    """A validator that lets "" and absolute URLs of these schemes pass, unchanged."""

    def check(value: str) -> str:
        if value and not _is_url(value, schemes):
            choices = ", ".join(f"{s}://" if s.startswith("http") else f"{s}:" for s in schemes)
            raise unfit("this is not a URL that works here", f"it must start with {choices}")
        return value

    return check


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    if re.search(r"[\s\x00-\x1f\x7f\\]", value):
        return False
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    somewhere = parts.hostname if parts.scheme in ("http", "https") else parts.path
    return parts.scheme in schemes and bool(somewhere) and port_is_valid


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise unfit("only scheme, host, port and path belong here", "https://example.com/api")
    return value


WebUrl = Annotated[str, AfterValidator(url_checker("http", "https")), AfterValidator(_base_url)]
"""An http(s) address of a server, as written; "" for none."""

Link = Annotated[str, AfterValidator(url_checker("http", "https", "mailto", "tel"))]
"""Something a customer may open; "" for none."""


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if not _is_url(value, ("http", "https")) or value != f"{parts.scheme}://{parts.netloc}":
        raise unfit("this is not an origin", "scheme and host only, like https://shop.example")
    if "@" in parts.netloc or "*" in parts.netloc:
        raise unfit("an origin names one host exactly", "list every site: https://shop.example")
    return value.lower()


def _without_last_slash(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


Origin = Annotated[str, BeforeValidator(_without_last_slash), AfterValidator(_origin)]
"""scheme://host[:port] as a browser sends it, in lower case, without a slash at the end."""


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise unfit(
            "this is not an IP address or network", "like 127.0.0.1 or 10.0.0.0/8"
        ) from None
    return value


Network = Annotated[str, AfterValidator(_network)]
"""An IP address or a network in CIDR form."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):
        raise unfit(f"there is no time zone {value!r}", "like Europe/Berlin or UTC") from None
    return value


TimeZone = Annotated[str, AfterValidator(_zone)]


def language_code(value: str) -> str:
    """`value` in lower case, when it looks like a BCP 47 tag."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise unfit(f"{value!r} is not a language code", "like en, zh or pt-BR")
    return value.lower()


Language = Annotated[str, AfterValidator(language_code)]


def _not_blank(value: str) -> str:
    if not value.strip():
        raise unfit("this text is empty", "write something, or take the key out")
    return value


Text = Annotated[str, AfterValidator(_not_blank)]
"""A text with something in it."""


_HEX = r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"


def _color(value: str) -> str:
    if not re.fullmatch(_HEX, value):
        raise unfit("this is not a colour", 'like "#2f6f4f", in quotes')
    return value.lower()


Color = Annotated[str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": _HEX})]
Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
