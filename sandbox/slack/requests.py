"""Signed HTTP requests to the app, for apps that do not use Socket Mode."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.delivery import Delivery, EnvelopeKind, Failed, Retries
from sandbox.slack.identity import Identity


class RequestSender:
    """Posts deliveries to the app's addresses. `events_url` unset means Socket Mode."""

    def __init__(self, identity: Identity, clock: Callable[[], float]) -> None:
        self.events_url: str | None = None
        self.interactivity_url: str | None = None
        self._identity = identity
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def signed(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """The two headers that prove a request with this body to be Slack's."""
        stamp = str(int(self._clock()) if timestamp is None else timestamp)
        base = b"v0:" + stamp.encode() + b":" + body
        digest = hmac.new(self._identity.signing_secret.encode(), base, hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }

    async def deliver(self, delivery: Delivery, retries: Retries) -> Failed | None:
        url, body, headers = self._request(delivery)
        headers |= self.signed(body)
        if delivery.failures:
            headers["X-Slack-Retry-Num"] = str(len(delivery.failures))
            headers["X-Slack-Retry-Reason"] = delivery.failures[-1]
        timeout = aiohttp.ClientTimeout(total=retries.ack_within)
        try:
            async with self._client().post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                delivery.response = await response.text()
                return _judged(response)
        except TimeoutError:
            return Failed("http_timeout")
        except aiohttp.ClientError:
            return Failed("connection_failed")

    async def verify(self) -> bool:
        """Ask the events address for the challenge, as when it is entered in the settings."""
        challenge = secrets.token_urlsafe(24)
        request = {"token": "sandbox", "challenge": challenge, "type": "url_verification"}
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json", **self.signed(body)}
        url = self.events_url or ""
        async with self._client().post(url, data=body, headers=headers) as response:
            text = (await response.text()).strip()
            if response.content_type == "application/json":
                text = json.loads(text).get("challenge")
            return response.status == 200 and text in (challenge, f"challenge={challenge}")

    def _request(self, delivery: Delivery) -> tuple[str, bytes, dict[str, str]]:
        events_url = self.events_url or ""
        form = "application/x-www-form-urlencoded"
        if delivery.kind is EnvelopeKind.EVENT:
            kind, url, body = "application/json", events_url, json.dumps(delivery.payload)
        elif delivery.kind is EnvelopeKind.INTERACTIVE:
            kind, url = form, self.interactivity_url or events_url
            body = urlencode({"payload": json.dumps(delivery.payload)})
        else:
            kind, url, body = form, events_url, urlencode(delivery.payload)
        agent = "Slackbot 1.0 (+https://api.slack.com/robots)"
        return url, body.encode(), {"Content-Type": kind, "User-Agent": agent}

    def _client(self) -> aiohttp.ClientSession:
        self._session = self._session or aiohttp.ClientSession()
        return self._session


def _judged(response: aiohttp.ClientResponse) -> Failed | None:
    if 200 <= response.status < 300:
        return None
    final = response.headers.get("X-Slack-No-Retry") == "1"
    return Failed("too_many_redirects" if response.status < 400 else "http_error", final)
