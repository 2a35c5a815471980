"""Find out once who we are in the workspace, and say what to do when a token is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.slack.api import SlackApi
from connectors.slack.origin import mapping
from core.errors import BadCredentials, DeliveryError, NotReady

_REFUSED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "not_allowed_token_type",
        "token_revoked",
        "token_expired",
        "account_inactive",
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Our place in the workspace. `url` ends with a slash; `scopes` is None when not known."""

    team_id: str
    bot_user_id: str
    bot_id: str
    url: str
    scopes: frozenset[str] | None = None


async def introduce(api: SlackApi) -> Identity:
    """Ask Slack whose token this is. Raises BadCredentials or NotReady."""
    try:
        answer = await api.call("auth.test", allow=_REFUSED)
    except DeliveryError as error:
        raise NotReady(str(error)) from None
    if not answer.get("ok"):
        raise BadCredentials(
            f"slack.bot_token: Slack refuses it ({answer['error']}); "
            "set the Bot User OAuth Token (xoxb-…) of the installed app"
        )
    if not answer.get("bot_id"):
        raise BadCredentials(
            "slack.bot_token: this is a person's token; set the Bot User OAuth Token (xoxb-…)"
        )
    return Identity(
        team_id=str(answer["team_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_id=str(answer["bot_id"]),
        url=str(answer.get("url") or ""),
        scopes=_scopes(answer["_headers"]),
    )


async def app_id_of(api: SlackApi, bot: str) -> str:
    """The app behind a bot, "" when Slack does not tell; over a socket Slack says it itself."""
    try:
        answer = await api.call("bots.info", bot=bot)
    except DeliveryError:
        return ""
    return str(mapping(answer.get("bot")).get("app_id") or "")


def _scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    found = next((v for k, v in headers.items() if k.lower() == "x-oauth-scopes"), None)
    return None if found is None else frozenset(name.strip() for name in found.split(","))
