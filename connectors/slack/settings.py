"""What connects frontdesk to a Slack workspace, and whether customers may write to it there."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, SecretStr

from core.settings.types import ChannelSettings, Secret, Switchable, WebUrl

API_URL = "https://slack.com/api/"


class Receive(StrEnum):
    """How events arrive: over a WebSocket that we open, or as signed requests to our URL."""

    SOCKET = "socket"
    HTTP = "http"


class SlackSettings(Switchable):
    """The workspace's app. `app_token` is needed for sockets, `signing_secret` for requests."""

    bot_token: Secret = SecretStr("")
    app_token: Secret = SecretStr("")
    signing_secret: Secret = SecretStr("")
    receive: Receive = Field(Receive.SOCKET, strict=False)
    api_url: WebUrl = API_URL

    def needs(self) -> tuple[str, ...]:
        if self.receive is Receive.SOCKET:
            return ("slack.bot_token", "slack.app_token")
        return ("slack.bot_token", "slack.signing_secret")


class SlackChannelSettings(ChannelSettings):
    """Customers who write to the bot in Slack: off until it is asked for, because it needs more
    rights than the desk, and a workspace's own people would become customers unawares."""

    enabled: bool = False

    def needs(self) -> tuple[str, ...]:
        return ("slack",)
