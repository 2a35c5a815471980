"""A customer's browser, as far as the widget's protocol goes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp

Frame = dict[str, Any]


class Visitor:
    """One tab. `frames` is everything the server said, `token` the visitor's from welcome."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(headers={"Origin": url})
        self._arrived = asyncio.Condition()
        self.frames: list[Frame] = []
        self.token = ""

    async def arrive(
        self,
        *,
        token: str | None = None,
        last_seq: int = 0,
        language: str = "en",
        identity: str | None = None,
    ) -> Frame:
        """Connect and say hello; the welcome."""
        self._socket = await self._session.ws_connect(f"{self._url}/widget/socket")
        self._reader = asyncio.create_task(self._read())
        await self.send(
            type="hello",
            token=token,
            last_seq=last_seq,
            language=language,
            page="https://fern.example/pots",
            identity=identity,
        )
        welcome = await self.see(lambda f: f["type"] == "welcome", "a welcome")
        self.token = welcome["token"]
        return welcome

    async def leave(self) -> None:
        await self._socket.close()
        await self._session.close()
        self._reader.cancel()

    async def send(self, **frame: Any) -> None:
        await self._socket.send_json(frame)

    async def say(self, text: str, *, id: str = "", attachments: list[str] | None = None) -> Frame:
        """Send a message; its ack."""
        id = id or str(uuid.uuid4())
        await self.send(type="message", id=id, text=text, attachments=attachments or [])
        return await self.see(
            lambda f: f["type"] in ("ack", "error") and f.get("id") == id, f"an ack of {text!r}"
        )

    async def press(self, message: Frame, label: str) -> Frame:
        """Press a button under `message`; the ack."""
        value = next(b["value"] for b in message["buttons"] if b["label"] == label)
        id = str(uuid.uuid4())
        await self.send(type="press", id=id, seq=message["seq"], value=value)
        return await self.see(lambda f: f["type"] == "ack" and f["id"] == id, "an ack")

    async def upload(self, name: str, media_type: str, content: bytes) -> str:
        """Send a file; its attachment id."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name, content_type=media_type)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._session.post(
            f"{self._url}/widget/files", data=form, headers=headers
        ) as response:
            assert response.status == 201, await response.text()
            return str((await response.json())["id"])

    async def download(self, path: str) -> bytes:
        async with self._session.get(f"{self._url}{path}") as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def hears(self, text: str, kind: str = "") -> Frame:
        """The first message that contains `text`, by an author of `kind` if given."""
        return await self.see(
            lambda f: (
                f["type"] == "message" and text in f["text"] and kind in ("", f["author"]["kind"])
            ),
            f"{text!r}",
        )

    async def see(self, wanted: Callable[[Frame], bool], what: str, within: float = 8.0) -> Frame:
        """The first frame, past or future, that is `wanted`."""

        def found() -> Frame | None:
            return next((frame for frame in self.frames if wanted(frame)), None)

        try:
            async with asyncio.timeout(within), self._arrived:
                await self._arrived.wait_for(lambda: found() is not None)
        except TimeoutError:
            seen = [(f["type"], f.get("text", "")) for f in self.frames]
            raise AssertionError(f"{what} did not come; there was {seen}") from None
        frame = found()
        assert frame is not None
        return frame

    def transcript(self) -> list[tuple[int, str, str]]:
        """What was said, by number, as (seq, author's kind, text)."""
        messages = [frame for frame in self.frames if frame["type"] == "message"]
        return [(m["seq"], m["author"]["kind"], m["text"]) for m in messages]

    async def _read(self) -> None:
        async for message in self._socket:
            async with self._arrived:
                self.frames.append(message.json())
                self._arrived.notify_all()
