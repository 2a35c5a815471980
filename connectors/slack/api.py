"""One attempt at a call to Slack, with no retry hidden in it and every failure sorted.

The SDK would post a message a second time after a dropped connection; the outbox owns all
retries, so the client here makes none. This is also the one gate through which every text leaves
for Slack, so invisible and rearranging characters are taken out here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.hosts import Hosts
from connectors.slack.outcome import code_of, failure, is_mendable, pause_of, words
from core.clean import clean
from core.errors import DeliveryError, SendLater, Undeliverable

KEPT_OPEN = 15.0


class SlackApi:
    """The Web API of one workspace. `trouble` is what an admin has to mend, "" when nothing."""

    def __init__(self, token: str, api_url: str, timeout: float) -> None:
        self.trouble = ""
        self._hosts = Hosts(api_url)
        self._token = token
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._told: tuple[str, float] | None = None
        self._web = AsyncWebClient(token, base_url=api_url, retry_handlers=[])

    @property
    def web(self) -> AsyncWebClient:
        return self._web

    @property
    def session(self) -> aiohttp.ClientSession:
        """Raises SendLater while closed."""
        if self._session is None:
            raise SendLater("the connection to Slack is not open")
        return self._session

    @property
    def their_time(self) -> float | None:
        """What Slack's own clock shows now, in Unix seconds; None before its first answer."""
        if self._told is None:
            return None
        date, at = self._told
        try:
            return parsedate_to_datetime(date).timestamp() + time.monotonic() - at
        except ValueError:
            return None

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._timeout, sock_connect=self._timeout / 2)
        connector = aiohttp.TCPConnector(keepalive_timeout=KEPT_OPEN)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        self._web.session = self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        self._web.session = None
        if session is not None:
            await session.close()

    async def call(
        self, method: str, *, allow: Collection[str] = (), **arguments: Any
    ) -> Mapping[str, Any]:
        """Slack's answer. A refusal whose code is in `allow` is an answer too (`ok` is false).

        Raises SendLater, Undeliverable or OutcomeUnknown.
        """
        return await self.ask(method, arguments, allow=allow)

    async def ask(
        self,
        method: str,
        arguments: Mapping[str, Any],
        *,
        allow: Collection[str] = (),
        paused: Callable[[float], None] | None = None,
    ) -> Mapping[str, Any]:
        """As `call`; `paused` is told the seconds for which Slack wants silence, if it does."""
        _ = self.session
        run = getattr(self._web, method.replace(".", "_"))
        try:
            answer = await run(**{name: _cleaned(value) for name, value in arguments.items()})
        except SlackApiError as error:
            code = code_of(error)
            if code in allow:
                return {"ok": False, "error": code}
            if is_mendable(code):
                self.trouble = words(code)
            pause = pause_of(error)
            if paused is not None and pause is not None:
                paused(pause)
            raise failure(error, threaded="thread_ts" in arguments) from None
        except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
            # AttributeError: what the SDK makes of an answer that is not a JSON object.
            raise failure(error) from None
        self.trouble = ""
        self._told = (str(answer.headers.get("Date", "")), time.monotonic())
        return {**answer.data, "_headers": answer.headers}

    async def upload(self, name: str, data: bytes) -> str:
        """The id of a new file that nobody sees until it is shared.

        Raises SendLater or Undeliverable: as nothing shows yet, nothing can be in doubt.
        """
        try:
            place = await self.call("files.getUploadURLExternal", filename=name, length=len(data))
            await self._put(str(place["upload_url"]), data)
        except (SendLater, Undeliverable):
            raise
        except (DeliveryError, aiohttp.ClientError, OSError, KeyError):
            raise SendLater("the file could not be uploaded to Slack") from None
        return str(place["file_id"])

    async def _put(self, url: str, data: bytes) -> None:
        if not self._hosts.may_fetch(url):
            raise Undeliverable("Slack named a place for the file that is not its own")
        async with self.session.post(url, data=BytesIO(data), allow_redirects=False) as response:
            if response.status in (400, 403, 404, 413):
                raise Undeliverable(f"Slack refused the file (status {response.status})")
            if response.status != 200:
                raise SendLater("the file could not be uploaded to Slack")


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {name: _cleaned(content) for name, content in value.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
        case _:
            return value
