"""Everything that can be asked of a workspace, gathered from the parts that know how."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from connectors.slack.api import SlackApi
from connectors.slack.directory import Directory
from connectors.slack.download import download
from connectors.slack.hosts import Hosts
from connectors.slack.pacer import Pacer, Rate
from connectors.slack.people import People
from connectors.slack.posting import Posts
from connectors.slack.settings import SlackSettings
from connectors.slack.sharing import Sharing


class Reach:
    """The methods of its parts: `turn`, `post`, `update`, `tell`, `find`, `messages` and
    `everywhere` as in `Posts`, `share` and `shared` as in `Sharing`, `person` and `plain` as in
    `People`, `channel_id` as in `Directory`, `call` as in `SlackApi`.
    """

    def __init__(
        self,
        settings: SlackSettings,
        *,
        now: Callable[[], datetime],
        timeout: float,
        rate: Rate | None = None,
    ) -> None:
        self.now = now
        self._token = settings.bot_token.get_secret_value()
        self._hosts = Hosts(settings.api_url)
        self._api = SlackApi(self._token, settings.api_url, timeout)
        posts = Posts(self._api, Pacer(rate), now)
        sharing = Sharing(self._api, posts, now)
        people = People(self._api.call, now)
        self.call = self._api.call
        self.turn = posts.turn
        self.post = posts.post
        self.update = posts.update
        self.tell = posts.tell
        self.find = posts.find
        self.messages = posts.messages
        self.everywhere = posts.everywhere
        self.share = sharing.share
        self.shared = sharing.shared
        self.person = people.person
        self.plain = people.plain
        self.channel_id = Directory(self._api).channel_id

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        """The bytes of a file or picture at Slack. Raises FileUnavailable."""
        return download(remote, self._hosts, self._token, lambda: self._api.session)
