"""Which Telegram bot is ours, how its updates reach us, and what to do when an answer is lost."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, SecretStr

from core.settings.types import ChannelSettings, Secret, WebUrl

API_URL = "https://api.telegram.org"


class Receive(StrEnum):
    """How updates arrive: we ask for them, or Telegram posts them to `server.public_url`."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class OnUncertain(StrEnum):
    """What to do with a message that may have been sent: send it again, or leave it at that.

    Telegram cannot be asked whether a message arrived, so the choice is between a message twice
    and a message never.
    """

    RESEND = "resend"
    HOLD = "hold"


class TelegramSettings(ChannelSettings):
    """`channels.telegram` of settings.yaml. `webhook_secret` is needed for `receive: webhook`."""

    token: Secret = SecretStr("")
    receive: Receive = Field(Receive.POLLING, strict=False)
    webhook_secret: Secret = SecretStr("")
    api_url: WebUrl = API_URL
    on_uncertain: OnUncertain = Field(OnUncertain.RESEND, strict=False)

    def needs(self) -> tuple[str, ...]:
        if self.receive is Receive.POLLING:
            return ("channels.telegram.token",)
        secret = "channels.telegram.webhook_secret"  # noqa: S105 - where it stands
        return ("channels.telegram.token", secret, "server.public_url")
