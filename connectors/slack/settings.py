"""What connects frontdesk to a Slack workspace, and whether customers may write to it there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from core.settings.types import ChannelSettings, Secret, Switchable, WebUrl, unfit

API_URL = "https://slack.com/api/"


class Receive(StrEnum):
    """How events arrive: over a WebSocket that we open, or as signed requests to our URL."""

    SOCKET = "socket"
    HTTP = "http"


def _not(prefixes: tuple[str, ...], told: str) -> AfterValidator:
    """A token tells its kind; one of another kind would fail only when Slack is asked."""

    def check(value: SecretStr) -> SecretStr:
        if value.get_secret_value().startswith(prefixes):
            raise unfit(
                told,
                "SLACK_BOT_TOKEN takes the Bot User OAuth Token (xoxb-…), "
                "SLACK_APP_TOKEN the app-level token (xapp-…): are the two swapped?",
            )
        return value

    return AfterValidator(check)


BotToken = Annotated[Secret, _not(("xapp-",), "this is an app-level token, not the bot's")]
AppToken = Annotated[Secret, _not(("xoxb-",), "this is the bot's token, not an app-level one")]


class SlackSettings(Switchable):
    """The workspace's app. `app_token` is needed for sockets, `signing_secret` for requests."""

    bot_token: BotToken = SecretStr("")
    app_token: AppToken = SecretStr("")
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
