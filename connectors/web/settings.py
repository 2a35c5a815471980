"""What the owner of a web site may choose about its chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from core.settings.types import ChannelSettings, Color, Language, Origin, Secret, Text, unfit

_SECRET_BYTES = 32  # what HS256 is as strong as
_GREETING = {
    "en": "Hello! How can we help?",
    "zh": "您好！有什么可以帮您？",
    "de": "Hallo! Wie können wir helfen?",
    "es": "¡Hola! ¿En qué podemos ayudarle?",
    "fr": "Bonjour\u202f! Comment pouvons-nous vous aider\u202f?",
    "ru": "Здравствуйте! Чем можем помочь?",
}


def _strong(value: SecretStr) -> SecretStr:
    if value and len(value.get_secret_value().encode()) < _SECRET_BYTES:
        raise unfit(
            f"this secret is shorter than {_SECRET_BYTES} characters",
            "openssl rand -hex 32 makes a good one",
        )
    return value


class WebSettings(ChannelSettings):
    """`channels.web` of settings.yaml. `greeting` is a text, or one for each language."""

    allowed_origins: tuple[Origin, ...] = ()
    allow_no_origin: bool = False
    title: Annotated[Text, Field(max_length=60)] = "Chat"
    color: Color = "#3b5bdb"
    greeting: str | dict[Language, str] = Field(default_factory=lambda: dict(_GREETING))
    identity_secret: Annotated[Secret, AfterValidator(_strong)] = SecretStr("")

    def greeting_in(self, language: str) -> str:
        """The greeting for a BCP 47 `language`: its own, else English, else the first there is."""
        if isinstance(self.greeting, str):
            return self.greeting
        wanted = language.lower()
        for choice in (wanted, wanted.partition("-")[0], "en"):
            if choice in self.greeting:
                return self.greeting[choice]
        return next(iter(self.greeting.values()), "")


@dataclass(frozen=True, slots=True)
class WebLimits:
    """How much one visitor may ask of us. Files are in megabytes of a million bytes.

    Many honest visitors may share one address on the Internet: a whole office, a mobile network.
    So an address may have a tenth of all connections, and write as much as 20 customers.
    """

    message_chars: int = 4000
    socket_frame_bytes: int = 65536
    connections: int = 10000
    max_mb: int = 20
    per_minute: int = 30

    @property
    def connections_each(self) -> int:
        return max(self.connections // 10, 10)

    @property
    def per_minute_each(self) -> int:
        return 20 * self.per_minute
