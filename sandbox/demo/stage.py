"""The stand-ins of one demo, started together, with the people who will act on them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from aiohttp import web

from sandbox.openai import OpenAISandbox
from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox

DESK = "support-desk"
TEAM = (("mia", "Mia Lindqvist"), ("tom", "Tom Okafor"))
CUSTOMERS = (("Anna", "Keller", "en"), ("小雨", "林", "zh-hans"))
"""First name, last name and language of those who write on Telegram."""


@dataclass(frozen=True, slots=True)
class Member:
    """An agent whom the visitor may play; `face` names a picture of the page."""

    id: str
    name: str
    face: str


class Stage:
    """Slack, Telegram and OpenAI as stand-ins, each only when asked for.

    `model` is the only model that the stand-in for OpenAI knows; None leaves it out. After
    `start`, `desk` is the id of the agents' channel, `team` the agents, `phones` the customers'
    names by their chats on Telegram.
    """

    def __init__(self, *, slack: bool, telegram: bool, model: str | None) -> None:
        self.slack = _Slack(bot_name="Fern & Clay") if slack else None
        self.telegram = TelegramSandbox() if telegram else None
        self.openai = OpenAISandbox(models=(model,)) if model else None
        self.desk = ""
        self.team: tuple[Member, ...] = ()
        self.phones: dict[int, str] = {}

    async def start(self) -> None:
        """Listen on free ports of this machine."""
        for stand_in in self._all():
            await stand_in.start()
        if self.slack is not None:
            self._furnish(self.slack)
        if self.telegram is not None:
            for first, last, language in CUSTOMERS:
                chat = self.telegram.add_customer(first, last_name=last, language_code=language)
                self.phones[chat] = f"{first} {last}"

    async def stop(self) -> None:
        for stand_in in self._all():
            await stand_in.stop()

    def _all(self) -> list[_Slack | TelegramSandbox | OpenAISandbox]:
        return [part for part in (self.slack, self.telegram, self.openai) if part is not None]

    def _furnish(self, slack: _Slack) -> None:
        self.desk = slack.add_channel(DESK)
        self.team = tuple(
            Member(_joined(slack, self.desk, face, name), name, face) for face, name in TEAM
        )


class _Slack(SlackSandbox):
    """The stand-in with portraits: the product fetches agents' pictures from Slack only."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/faces/{name:[a-z]+}.png", _face), *super().routes()]


def _joined(slack: _Slack, channel: str, face: str, name: str) -> str:
    picture = f"{slack.base_url}/faces/{face}.png"
    user = slack.add_user(face, real_name=name, display_name=name, image_url=picture)
    slack.workspace.channels[channel].members.add(user)
    return user


async def _face(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in dict(TEAM):
        raise web.HTTPNotFound
    picture = resources.files("sandbox.demo") / "page" / f"{name}.png"
    return web.Response(body=picture.read_bytes(), content_type="image/png")
