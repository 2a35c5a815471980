from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import FileUnavailable, StoreUnavailable
from core.files import StoredFiles
from core.messages import Attachment, AttachmentKind, FileId
from core.ports import Files
from core.store import Store
from core.store.filing import display_name
from tests.store.clock import Clock
from tests.store.shop import ANNA, BORIS, CUSTOMER

MONTH = 30 * 24 * 3600.0


class Platform:
    """Holds one file; asked for anything else, it fails as told."""

    def __init__(self, content: bytes = b"picture") -> None:
        self.content = content
        self.fetched = 0
        self.error: Exception | None = None

    async def fetch(self, remote: str) -> AsyncIterator[bytes]:
        self.fetched += 1
        await asyncio.sleep(0)
        for start in range(0, len(self.content), 4):
            yield self.content[start : start + 4]
        if self.error is not None:
            raise self.error


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 4):
        yield content[start : start + 4]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/frontdesk.db", now=clock)
    yield opened
    await opened.close()


@pytest.fixture
def folder(store: Store) -> Path:
    assert store.files_path is not None
    return store.files_path


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def files(store: Store, folder: Path, platform: Platform) -> StoredFiles:
    stored = StoredFiles(store, folder, max_bytes=1000)
    stored.add_source("telegram", platform)
    return stored


async def received(store: Store) -> FileId:
    """The id of a picture that a customer sent by Telegram."""
    photo = Attachment(AttachmentKind.IMAGE, "me.png", "image/png", None, None, "telegram", "f1")
    message = await store.write(
        lambda unit: unit.append(unit.open_conversation(ANNA), CUSTOMER, "", attachments=[photo])
    )
    file = message.attachments[0].id
    assert file is not None
    return file


async def test_upload_is_kept_whole_and_private(files: Files, folder: Path) -> None:
    """B13: under a random name, readable by us alone."""
    saved = await files.save("a/b/tea.png", "image/png", chunks(b"0123456789"), ANNA)
    assert saved.id is not None
    assert len(saved.id) >= 22  # 128 bits
    assert saved == Attachment(AttachmentKind.IMAGE, "tea.png", "image/png", 10, saved.id)
    opened = await files.open(saved.id)
    assert opened.attachment == saved
    assert opened.path.read_bytes() == b"0123456789"
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/jpeg", AttachmentKind.IMAGE),
        ("image/svg+xml", AttachmentKind.FILE),
        ("audio/ogg; codecs=opus", AttachmentKind.AUDIO),
        ("text/html", AttachmentKind.FILE),
        ("", AttachmentKind.FILE),
    ],
)
async def test_media_type_decides_how_a_file_is_shown(
    files: Files, media_type: str, kind: AttachmentKind
) -> None:
    """B13: an SVG or a page is no picture."""
    assert (await files.save("x", media_type, chunks(b""), ANNA)).kind is kind


async def test_upload_belongs_to_who_sent_it(files: Files, clock: Clock) -> None:
    """A09: nobody sends another one's file."""
    saved = await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
    assert saved.id is not None
    assert await files.uploaded(saved.id, ANNA) == saved
    assert await files.uploaded(saved.id, BORIS) is None
    assert await files.uploaded(FileId("nothing"), ANNA) is None
    clock.tick(MONTH)
    assert await files.uploaded(saved.id, ANNA) is None


async def test_too_large_a_file_leaves_nothing_behind(files: StoredFiles, folder: Path) -> None:
    """B13: the cap counts what comes, not what was said."""
    with pytest.raises(FileUnavailable, match="larger than"):
        await files.save("big", "", chunks(b"x" * 1001), ANNA)
    assert list(folder.iterdir()) == []
    files.max_bytes = 1001
    await files.save("big", "", chunks(b"x" * 1001), ANNA)


async def test_broken_off_upload_leaves_nothing_behind(files: Files, folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"first"
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await files.save("half", "", broken(), ANNA)
    assert list(folder.iterdir()) == []


async def test_disk_that_refuses_is_reported(
    files: Files, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And told once in the log, each time that something else is wrong."""
    for _ in range(3):
        folder.write_text("in the way")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="disk refused"):
                await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
        folder.unlink()
        await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
        shutil.rmtree(folder)
    why = f"no file can be taken until this is mended: {folder}: File exists"
    assert caplog.messages == [why] * 3


async def test_what_is_no_file_of_ours_keeps_nothing_from_being_swept(
    files: StoredFiles, folder: Path, clock: Clock
) -> None:
    folder.mkdir()
    (folder / "a folder").mkdir()
    (folder / "abandoned.part").write_text("half")
    for old in folder.iterdir():
        os.utime(old, (0, 0))
    assert await files.sweep() == 1
    assert [left.name for left in folder.iterdir()] == ["a folder"]


async def test_platforms_file_is_fetched_once_however_many_ask(
    files: Files, store: Store, platform: Platform
) -> None:
    file = await received(store)
    opened = await asyncio.gather(*(files.open(file) for _ in range(5)))
    opened.append(await files.open(file))
    assert platform.fetched == 1
    assert {one.path.read_bytes() for one in opened} == {b"picture"}
    assert {one.attachment.size for one in opened} == {7}
    assert opened[0].attachment.name == "me.png"


async def test_failed_fetch_is_tried_again_by_the_next_who_asks(
    files: Files, store: Store, platform: Platform, folder: Path
) -> None:
    file = await received(store)
    for error in (FileUnavailable("Telegram says no"), RuntimeError("a bug")):
        platform.error = error
        with pytest.raises(FileUnavailable, match=r"Telegram says no|could not be fetched"):
            await files.open(file)
    assert list(folder.iterdir()) == []
    platform.error = None
    assert (await files.open(file)).path.read_bytes() == b"picture"


async def test_platforms_file_is_bounded_too(
    files: StoredFiles, store: Store, platform: Platform, folder: Path
) -> None:
    """B13, B14: a platform may send no more than a visitor."""
    platform.content = b"x" * 2000
    with pytest.raises(FileUnavailable, match="larger than"):
        await files.open(await received(store))
    assert list(folder.iterdir()) == []


async def test_fetched_file_that_was_lost_from_the_disk_is_fetched_again(
    files: Files, store: Store, platform: Platform
) -> None:
    file = await received(store)
    (await files.open(file)).path.unlink()
    assert (await files.open(file)).path.read_bytes() == b"picture"
    assert platform.fetched == 2


async def test_file_that_nobody_can_fetch_is_unavailable(files: Files, store: Store) -> None:
    saved = await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
    assert saved.id is not None
    (await files.open(saved.id)).path.unlink()
    for file in (saved.id, FileId("nothing"), FileId("../frontdesk.db"), FileId("")):
        with pytest.raises(FileUnavailable):
            await files.open(file)


async def test_expired_files_are_unavailable_and_swept(
    files: StoredFiles, store: Store, folder: Path, clock: Clock
) -> None:
    await files.open(await received(store))
    clock.tick(MONTH - 1)
    saved = await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
    assert saved.id is not None
    file = await received(store)
    assert await files.sweep() == 0
    clock.tick(1)
    assert await files.sweep() == 1
    assert [path.name for path in folder.iterdir()] == [saved.id]
    clock.tick(MONTH)
    for expired in (saved.id, file):
        with pytest.raises(FileUnavailable, match="not kept any longer"):
            await files.open(expired)
    assert await files.sweep() == 2
    assert list(folder.iterdir()) == []


async def test_file_of_a_deleted_message_goes_with_the_next_sweep(
    files: StoredFiles, store: Store, folder: Path
) -> None:
    file = await received(store)
    await files.open(file)
    await store.write(lambda unit: unit.delete(unit.open_conversation(ANNA), 1))
    with pytest.raises(FileUnavailable):
        await files.open(file)
    assert await files.sweep() == 1
    assert list(folder.iterdir()) == []


async def test_bytes_that_no_row_names_are_swept_after_a_day(
    files: StoredFiles, folder: Path, clock: Clock
) -> None:
    saved = await files.save("tea.png", "image/png", chunks(b"tea"), ANNA)
    for name, age in ((".dead.part", 2 * 24 * 3600), ("young", 60), (str(saved.id), 10**6)):
        path = folder / name
        path.touch()
        then = clock().timestamp() - age
        os.utime(path, (then, then))
    assert await files.sweep() == 1
    assert {path.name for path in folder.iterdir()} == {"young", saved.id}


async def test_agents_picture_keeps_its_id_and_comes_back_after_a_sweep(
    files: StoredFiles, platform: Platform, clock: Clock
) -> None:
    remote = "https://avatars.example/eve_72.png?v=1"
    one = await files.keep_picture("telegram", remote)
    assert await files.keep_picture("telegram", remote) == one
    assert await files.keep_picture("telegram", "https://avatars.example/bob") != one
    opened = await files.open(one)
    assert opened.attachment.media_type == "image/png"
    clock.tick(2 * MONTH)
    assert await files.sweep() == 1
    assert await files.keep_picture("telegram", remote) == one
    assert (await files.open(one)).path.read_bytes() == b"picture"
    assert platform.fetched == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tea.png", "tea.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\eve\\tea.png", "tea.png"),
        ("a\nb\0c\x7f.txt", "ab\ufffdc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", "file"),
        ("", "file"),
        ("茶" * 300 + ".jpeg", "茶" * 195 + ".jpeg"),
    ],
)
def test_names_are_shown_without_what_could_mislead(name: str, shown: str) -> None:
    """B13: never a path, never a disguise."""
    assert display_name(name) == shown
