"""What may stand in settings.yaml, with its defaults; the rules have a file of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from core.errors import Problem
from core.hours import OpeningHours
from core.quick_replies import Rule
from core.settings.places import Places
from core.settings.saves import State
from core.settings.switches import why_off
from core.settings.texts import Texts
from core.settings.types import (
    Count,
    Language,
    Network,
    Port,
    Secret,
    Strict,
    Switchable,
    Text,
    TimeZone,
    Wait,
    WaitOrNever,
    WebUrl,
    unfit,
)

Share = Annotated[float, Field(ge=0, le=1_000_000)]
_DAY = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*\d{1,2}:\d{2}\s*[-–—]\s*\d{1,2}:\d{2}\s*$"},
        {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        {"const": "closed"},
        {"type": "null"},
        {"type": "array", "items": {"type": "string"}},
    ]
}
Hours = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": _DAY})]


_TIMEOUT = re.compile(r"timeout=\d{1,6}(\.\d{1,6})?")


class Business(Strict):
    """Who answers, where and when. `hours` is compiled into `Settings.hours`."""

    name: Text = "our shop"
    timezone: TimeZone = "UTC"
    hours: Hours = Field(default_factory=dict)
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)


class Server(Strict):
    """Where the one web server listens. `public_url` is how customers' browsers reach it."""

    host: Text = "127.0.0.1"
    port: Port = 8080
    public_url: WebUrl = ""
    trusted_proxies: tuple[Network, ...] = ()
    metrics_token: Secret = SecretStr("")


def _store_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if scheme == "mysql":
        raise unfit(
            "MySQL does not work here yet",
            "take sqlite:///frontdesk.db, or postgresql://user@host/name",
        )
    if not separator or scheme not in ("sqlite", "postgresql") or not rest:
        raise unfit(
            "this is not a store that works here",
            "sqlite:///frontdesk.db, or postgresql://user@host/name",
        )
    if scheme == "sqlite":
        _check_file(rest)
    else:
        _check_server(value)
    return value


def _check_server(url: str) -> None:
    # Checked here, because whoever reads it later would quote it, with its password.
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise unfit(
            "this address of the store cannot be read",
            "write postgresql://user:password@host:5432/name; in a password, what is no letter or "
            "digit as %40 for @, %5B for [ and so on",
        ) from None


def _check_file(rest: str) -> None:
    path, _, query = rest.partition("?")
    if not path.startswith("/") or path.endswith(("/", "/.", "/..", ":memory:")):
        raise unfit(
            "this names no file for the store",
            "sqlite:///frontdesk.db is one in the folder where you start frontdesk; an absolute "
            "path has four slashes",
        )
    if query and not _TIMEOUT.fullmatch(query):
        raise unfit("only ?timeout=SECONDS may stand behind the file's name", "like ?timeout=5")


class Store(Strict):
    """Where everything is kept. The URL may hold a password, so it is never shown."""

    url: Annotated[str, AfterValidator(_store_url), Field(repr=False)] = "sqlite:///frontdesk.db"


class Price(Strict):
    """US dollars for a million tokens. `cached_input` is for what the provider has read before;
    without it that costs what any input costs."""

    input: Share
    output: Share
    cached_input: Share | None = None


class Gpt(Switchable):
    """The language model. `max_history` counts estimated tokens of the conversation so far.

    `cheap_model` takes over when most of `daily_budget_usd` is used; "" is none.
    """

    api_key: Secret = SecretStr("")
    base_url: WebUrl = "https://api.openai.com/v1"
    model: Text = "gpt-5.4-mini"
    cheap_model: str = ""
    instructions: str = ""
    knowledge: tuple[Text, ...] = ()
    embeddings_model: str = ""
    debounce: Wait = timedelta(seconds=1)
    max_history: Annotated[int, Field(ge=200, le=1_000_000)] = 4000
    max_answer_tokens: Annotated[int, Field(ge=16, le=100_000)] = 2000
    cache: WaitOrNever = timedelta(hours=24)
    daily_budget_usd: Share | None = None
    prices: dict[str, Price] = Field(default_factory=dict)

    def needs(self) -> tuple[str, ...]:
        return ("gpt.api_key",)


class Desk(Switchable):
    """The agents' place. `channel` is a Slack channel's id or #name; None waits for ever."""

    channel: str = ""
    remind_after: WaitOrNever = timedelta(minutes=5)
    give_up_after: WaitOrNever = timedelta(minutes=30)
    note_prefix: Annotated[Text, Field(max_length=8)] = ";;"

    def needs(self) -> tuple[str, ...]:
        return ("slack", "desk.channel")


class Handover(Strict):
    """When a person is called: asked for in these words, or after so many failures of GPT.

    A language that `ask` names takes the place of the words that are known anyway.
    """

    ask: dict[Language, tuple[Text, ...]] = Field(default_factory=dict)
    after_failures: Annotated[int, Field(ge=1, le=100)] = 2


class Examples(Strict):
    """What happens when a message is about as like the examples of two rules: GPT answers, where
    it is on, or the customer is asked which of them is meant."""

    when_close: Literal["gpt", "ask"] = "gpt"


class Timeouts(Strict):
    """How long an attempt may take: one request to a platform, one answer of GPT, and the
    longest silence while GPT writes."""

    platform: Wait = timedelta(seconds=10)
    gpt_total: Wait = timedelta(seconds=30)
    gpt_silence: Wait = timedelta(seconds=10)


class FileLimits(Strict):
    """The largest file taken, in megabytes of a million bytes, and how long files are kept."""

    max_mb: Annotated[int, Field(ge=1, le=1000)] = 20
    keep: Wait = timedelta(days=30)


class Limits(Strict):
    """What one customer, one frame and one process may take."""

    customer_per_minute: Count = 30
    message_chars: Annotated[int, Field(ge=100, le=100_000)] = 4000
    socket_frame_bytes: Annotated[int, Field(ge=4096, le=16_000_000)] = 65_536
    connections: Count = 10_000


class Groups(Strict):
    """The groups of settings that the core itself owns."""

    business: Business = Business()
    server: Server = Server()
    store: Store = Store()
    gpt: Gpt = Gpt()
    handover: Handover = Handover()
    desk: Desk = Desk()
    examples: Examples = Examples()
    timeouts: Timeouts = Timeouts()
    files: FileLimits = FileLimits()
    limits: Limits = Limits()


@dataclass(frozen=True)
class Settings:
    """One whole, checked settings file.

    `channels` has every known channel and `sections` every known section, with their defaults
    where the file is silent. `variables` says which environment variable filled a value, by
    dotted path, `places` where each rule of `quick_replies` and each of `gpt.knowledge` stands,
    `inputs` has glob patterns of every file that `include` asks for, and `states` says which save
    of each file this is.
    """

    path: Path
    business: Business
    server: Server
    store: Store
    gpt: Gpt
    handover: Handover
    desk: Desk
    examples: Examples
    timeouts: Timeouts
    files: FileLimits
    limits: Limits
    channels: Mapping[str, Any]
    sections: Mapping[str, Any]
    quick_replies: tuple[Rule, ...]
    texts: Texts
    hours: OpeningHours = field(default_factory=OpeningHours)
    warnings: tuple[Problem, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    inputs: tuple[str, ...] = ()
    states: frozenset[State] = frozenset()

    def section(self, name: str) -> Any:
        """The settings of a section that another package defined, such as "slack"."""
        return self.sections[name]

    def why_off(self, path: str) -> str:
        """Why "channels.telegram", "gpt" or "desk" is off, in a few words; "" when it is on."""
        return why_off(self, path)

    def where(self, rule: str) -> str:
        """The file and line in which the rule with this id begins."""
        numbered = zip(self.quick_replies, self.places.rules, strict=True)
        return next((str(place) for known, place in numbered if known.id == rule), str(self.path))
