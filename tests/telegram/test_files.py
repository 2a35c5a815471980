from __future__ import annotations

from contextlib import aclosing
from typing import cast

import pytest

from connectors.telegram.connector import TelegramConnector
from core.errors import FileUnavailable
from core.messages import AttachmentKind, CustomerWrote
from sandbox.faults import Effect, Fault
from sandbox.telegram import TelegramSandbox
from tests.telegram.shop import PNG, Core, make, started, until


async def fetched(connector: TelegramConnector, remote: str) -> bytes:
    async with aclosing(connector.fetch(remote)) as chunks:  # type: ignore[type-var]
        return b"".join([chunk async for chunk in chunks])


async def remote_of(core: Core) -> str:
    await until(lambda: core.events, "the file")
    [attachment] = cast("CustomerWrote", core.events[0]).attachments
    return attachment.remote


async def test_the_largest_photo_arrives_with_its_caption_and_bytes(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.send_photo(li, PNG, "It arrived broken")
        data = await fetched(connector, await remote_of(core))
    assert data == PNG
    assert core.texts == ["It arrived broken"]


async def test_a_document_keeps_its_name_and_type(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.send_document(li, "Rechnung März.pdf", b"%PDF" * 50_000, "application/pdf")
        assert await fetched(connector, await remote_of(core)) == b"%PDF" * 50_000
    [attachment] = cast("CustomerWrote", core.events[0]).attachments
    assert (attachment.name, attachment.media_type) == ("Rechnung März.pdf", "application/pdf")
    assert (attachment.kind, attachment.size) == (AttachmentKind.FILE, 200_000)
    assert attachment.source == connector.name


@pytest.mark.parametrize(
    "path",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/a",
        "file:///etc/passwd",
        "../bot110201543:x/getMe",
        "photos/../../secret",
        "photos/%2e%2e/secret",
        "//example.com/a",
        "/etc/passwd",
        "a?b=c",
        "a#b",
        "photos\\..\\a",
        "photos/a b",
    ],
)
async def test_no_answer_of_getfile_leads_us_astray(
    core: Core, sandbox: TelegramSandbox, path: str
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.send_photo(li, PNG)
        remote = await remote_of(core)
        sandbox.set_file_path(remote, path)
        with pytest.raises(FileUnavailable, match="a place we do not fetch from") as refusal:
            await fetched(connector, remote)
    assert path not in str(refusal.value)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(Effect.ANSWER, 302, headers={"Location": "http://127.0.0.1:9/"}), "status 302"),
        (Fault(Effect.ANSWER, 404), "status 404"),
        (Fault(Effect.RESET), "did not give the file"),
        (Fault(Effect.HANG), "did not give the file"),
        (Fault(Effect.CUT), "did not give the file"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.effect.name,
)
async def test_a_download_that_fails_says_so_without_the_token(
    core: Core, sandbox: TelegramSandbox, fault: Fault, reason: str
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox, timeout=0.3) as connector:
        sandbox.send_photo(li, PNG)
        remote = await remote_of(core)
        sandbox.faults.add("file", fault)
        with pytest.raises(FileUnavailable, match=reason) as refusal:
            await fetched(connector, remote)
    assert sandbox.token not in str(refusal.value)
    assert "http" not in str(refusal.value)


async def test_a_file_larger_than_bots_may_have_says_so(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.send_document(li, "film.mp4", b"x", "video/mp4", size=30_000_000)
        with pytest.raises(FileUnavailable, match="no file above 20 MB"):
            await fetched(connector, await remote_of(core))


@pytest.mark.parametrize("claimed", [None, 10], ids=["honest", "lying"])
async def test_a_file_larger_than_allowed_is_not_fetched_to_its_end(
    core: Core, sandbox: TelegramSandbox, claimed: int | None
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox, max_bytes=100_000) as connector:
        sandbox.send_document(li, "a.bin", b"x" * 200_000, "application/zip", size=claimed)
        with pytest.raises(FileUnavailable, match=r"larger than 0\.1 MB"):
            await fetched(connector, await remote_of(core))


async def test_an_unknown_file_is_unavailable(core: Core, sandbox: TelegramSandbox) -> None:
    connector = make(core, sandbox)
    with pytest.raises(FileUnavailable, match="could not be fetched"):
        await fetched(connector, "BQunknown")
    await connector.stop()
