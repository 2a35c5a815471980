"""Files over HTTP: up with a token, down with an unguessable id."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.web.settings import WebLimits
from connectors.web.uploads import file_name, media_type
from core.messages import Attachment, AttachmentKind, CustomerWrote, FileId
from tests.web.desk import Desk, Tab, address_of, desk
from tests.web.memory import MIA

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def upload(
    web: Desk, token: str, data: Any = PNG, type: str = "image/png", **headers: str
) -> tuple[int, dict[str, Any]]:
    given = {
        "Origin": web.origin,
        "Authorization": f"Bearer {token}",
        "Content-Type": type,
        "X-File-Name": "photo.png",
        **headers,
    }
    async with web.client.post(f"{web.origin}/widget/files", data=data, headers=given) as answer:
        return answer.status, await answer.json()


async def test_an_uploaded_picture_is_sent_shown_and_fetched(web: Desk) -> None:
    tab = await web.open()
    status, file = await upload(web, tab.token)
    assert status == 201
    assert (file["kind"], file["name"], file["size"]) == ("image", "photo.png", len(PNG))
    await tab.write("look", attachments=[file["id"]])
    assert (await tab.frame())["type"] == "ack"
    event = web.memory.events[0]
    assert isinstance(event, CustomerWrote)
    assert event.attachments[0].id == file["id"]
    again = await web.open(tab.token)
    assert (await again.frame())["attachments"] == [file]
    async with web.client.get(web.origin + file["url"]) as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"].startswith("inline")


async def test_a_form_is_taken_as_well(web: Desk) -> None:
    tab = await web.open()
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("file", b"a,b\n", filename="../../etc/Übersicht.csv", content_type="text/csv")
    headers = {"Origin": web.origin, "Authorization": f"Bearer {tab.token}"}
    async with web.client.post(f"{web.origin}/widget/files", data=form, headers=headers) as answer:
        file = await answer.json()
    assert (file["name"], file["media_type"], file["kind"]) == (
        "Übersicht.csv",
        "text/csv",
        "file",
    )


async def test_a_picture_needs_no_words(web: Desk) -> None:
    tab = await web.open()
    _, file = await upload(web, tab.token)
    await tab.write("", attachments=[file["id"]])
    assert (await tab.frame())["type"] == "ack"


async def test_another_visitors_file_cannot_be_sent(web: Desk) -> None:
    """A09: what a visitor holds decides, never what is asked for."""
    owner, thief = await web.open(), await web.open()
    _, file = await upload(web, owner.token)
    id = await thief.write("mine", attachments=[file["id"]])
    error = await thief.frame()
    assert (error["code"], error["id"]) == ("bad_frame", id)
    assert web.memory.events == []


@pytest.mark.parametrize("token", ["", "x", "A" * 64])
async def test_a_stranger_uploads_nothing(web: Desk, token: str) -> None:
    """A09: what a visitor holds decides, never what is asked for."""
    assert (await upload(web, token))[0] == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_foreign_page_uploads_nothing(web: Desk, origin: str) -> None:
    """A17: pages of other origins."""
    tab = await web.open()
    assert (await upload(web, tab.token, Origin=origin))[0] == 403


async def test_no_foreign_page_may_read_an_answer(web: Desk) -> None:
    """A17: pages of other origins."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with web.client.options(f"{web.origin}/widget/files", headers=headers) as answer:
        assert answer.status == 405
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_file_over_the_limit_is_refused_however_it_comes(tmp_path: Path) -> None:
    """B13: hostile files, names and types."""

    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(50_000)

    async with desk(tmp_path, limits=WebLimits(max_mb=1)) as web:
        tab = await web.open()
        assert (await upload(web, tab.token, io.BytesIO(bytes(1_000_000))))[0] == 201
        assert (await upload(web, tab.token, in_chunks()))[0] == 413
        assert (await upload(web, tab.token, io.BytesIO(bytes(2_000_000))))[0] == 413


async def test_a_packed_file_counts_unpacked(tmp_path: Path) -> None:
    """B13, B05: a bomb of 5 MB in 5 KB."""
    bomb = gzip.compress(bytes(5_000_000))
    async with desk(tmp_path, limits=WebLimits(max_mb=1)) as web:
        tab = await web.open()
        status, _ = await upload(web, tab.token, bomb, **{"Content-Encoding": "gzip"})
        assert status in (400, 413)
        assert list(tmp_path.iterdir()) == []


async def test_an_upload_that_is_cut_off_leaves_no_file_and_no_trace(
    web: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """B13: a tunnel is enough for it."""
    tab = await web.open()
    head = (
        f"POST /widget/files HTTP/1.1\r\nHost: 127.0.0.1:{web.server.port}\r\n"
        f"Origin: {web.origin}\r\nAuthorization: Bearer {tab.token}\r\n"
        "Content-Type: image/png\r\nContent-Length: 100\r\n\r\nabc"
    )
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", web.server.port)
        writer.write(head.encode())
        await writer.drain()
        writer.close()
    status, _ = await upload(web, tab.token, b"zzz", **{"Content-Encoding": "gzip"})
    assert status == 400
    assert caplog.text == ""
    assert list(tmp_path.iterdir()) == []


async def test_an_archive_is_kept_packed_and_never_looked_into(web: Desk) -> None:
    """B13: zip bombs, image bombs and polyglots are bytes like any others."""
    tab = await web.open()
    bomb = gzip.compress(bytes(5_000_000))
    status, file = await upload(web, tab.token, bomb, "application/zip")
    assert (status, file["size"]) == (201, len(bomb))
    async with web.client.get(web.origin + file["url"]) as answer:
        assert await answer.read() == bomb
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_an_empty_file_is_a_file(web: Desk) -> None:
    """B13: hostile files, names and types."""
    tab = await web.open()
    status, file = await upload(web, tab.token, b"", "text/plain")
    assert (status, file["size"]) == (201, 0)


async def test_a_fourth_upload_at_once_has_to_wait(web: Desk) -> None:
    tab = await web.open()
    hold = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"x"
        await hold.wait()

    running = [asyncio.create_task(upload(web, tab.token, slowly())) for _ in range(3)]
    while (await upload(web, tab.token))[0] != 429:
        continue
    hold.set()
    assert [(await task)[0] for task in running] == [201, 201, 201]
    assert (await upload(web, tab.token))[0] == 201


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/pdf", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("audio/ogg", "audio/ogg"),
        ("image/webp", "image/webp"),
    ],
)
async def test_nothing_that_could_run_is_ever_shown(web: Desk, kind: str, shown: str) -> None:
    """B13: hostile files, names and types."""
    file = Attachment(AttachmentKind.FILE, 'x"\r\ny.html', kind, 3, FileId("f" * 20))
    web.files.put(file, b"<b>", address_of("t"))
    async with web.client.get(f"{web.origin}/widget/files/{file.id}") as answer:
        headers = answer.headers
    assert headers["Content-Type"] == shown
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    how = "inline" if shown == kind else "attachment"
    assert headers["Content-Disposition"] == f"{how}; filename*=UTF-8''x%22y.html"


@pytest.mark.parametrize("id", ["nope", "A" * 22, "..%2f..%2fetc%2fpasswd", "%00" * 20])
async def test_an_id_that_is_none_is_not_found(web: Desk, id: str) -> None:
    async with web.client.get(f"{web.origin}/widget/files/{id}") as answer:
        assert answer.status in (400, 404)


async def test_an_agents_file_has_an_address_here(web: Desk) -> None:
    tab = await web.talk()
    file = Attachment(AttachmentKind.FILE, "offer.pdf", "application/pdf", 9, FileId("g" * 20))
    web.memory.say(address_of(tab.token), MIA, "", files=(file,))
    shown = (await tab.frame())["attachments"][0]
    assert shown["url"] == "/widget/files/" + "g" * 20


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo.png", "photo.png"),
        ("../../x", "x"),
        ("C:\\dir\\CON", "CON"),
        ("", "file"),
        ("...", "file"),
        ("a\x00b\u202e.txt", "ab.txt"),
        ("发票.pdf", "发票.pdf"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("\ud800a\udfff.png", "a.png"),
    ],
)
def test_a_file_name_is_made_harmless(given: str, kept: str) -> None:
    """B13: hostile files, names and types."""
    assert file_name(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("image/PNG", "image/png"),
        ("", "application/octet-stream"),
        ("text/html\r\nx", "application/octet-stream"),
        ("x" * 200, "application/octet-stream"),
        ("image/\ud800", "application/octet-stream"),
    ],
)
def test_a_media_type_is_one_or_none(given: str, kept: str) -> None:
    assert media_type(given) == kept


async def test_a_file_name_with_any_characters_arrives(web: Desk) -> None:
    tab: Tab = await web.open()
    headers = {"X-File-Name": "%E5%8F%91%E7%A5%A8.pdf"}
    _, file = await upload(web, tab.token, b"x", "application/pdf", **headers)
    assert file["name"] == "发票.pdf"
    assert json.dumps(file)
