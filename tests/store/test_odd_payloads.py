"""What a platform sends is authentic and may still be odd: it must never wedge a conversation.

A message is stored before its platform is acknowledged, so one that cannot be stored comes back
for ever, and one that cannot be read stops everything that reads its conversation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text as raw

from core.messages import (
    Attachment,
    AttachmentKind,
    Button,
    ConversationId,
    FileId,
    Message,
)
from core.store import Store, Transaction, filing
from core.store import rows as rows_module
from tests.store.clock import START, Clock
from tests.store.shop import ANNA, BOT, CUSTOMER

BROKEN = "a\0b\ud83d"
MENDED = "a\ufffdb\ufffd"
ONLY = ConversationId(1)


def _append(unit: Transaction, *files: Attachment) -> Message:
    return unit.append(unit.open_conversation(ANNA), CUSTOMER, "look", attachments=files)


def _photo(**odd: Any) -> Attachment:
    usual = {"name": "a.png", "media_type": "image/png", "source": "telegram", "remote": "f1"}
    return Attachment(AttachmentKind.IMAGE, **{**usual, **odd})


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (0, 0),
        (2**53 - 1, 2**53 - 1),
        (2**53, None),
        (2**63, None),
        (10**30, None),
        (-1, None),
        (True, None),
        (1.5, None),
        ("9", None),
        (None, None),
    ],
)
async def test_a_size_that_is_no_size_is_unknown(
    store: Store, told: Any, kept: int | None
) -> None:
    message = await store.write(lambda unit: _append(unit, _photo(size=told)))

    (photo,) = message.attachments
    assert photo.size == kept
    assert type(photo.size) is type(kept)
    assert await store.read(lambda r: r.message(message.conversation, 1)) == message
    filed = await store.read(lambda r: filing.find(r, photo.id or FileId("")))
    assert filed is not None
    assert filed.attachment == photo


@pytest.mark.parametrize("field", ["media_type", "source", "remote"])
@pytest.mark.parametrize(("told", "kept"), [(BROKEN, MENDED), (None, ""), (7, "")])
async def test_texts_of_an_attachment_are_made_storable(
    store: Store, field: str, told: Any, kept: str
) -> None:
    message = await store.write(lambda unit: _append(unit, _photo(**{field: told})))

    assert getattr(message.attachments[0], field) == kept
    assert await store.read(lambda r: r.message(message.conversation, 1)) == message


@pytest.mark.parametrize(("told", "kept"), [(BROKEN, MENDED), (None, "file"), (7, "file")])
async def test_an_odd_name_is_made_storable(store: Store, told: Any, kept: str) -> None:
    message = await store.write(lambda unit: _append(unit, _photo(name=told)))

    assert message.attachments[0].name == kept
    assert await store.read(lambda r: r.message(message.conversation, 1)) == message


async def test_an_attachment_that_has_its_id_already_is_made_storable_too(store: Store) -> None:
    known = await store.write(
        lambda unit: filing.add(unit, _photo(), expires_at=None, owner=ANNA, path="x")
    )
    odd = _photo(id=known.id, size=True, media_type=BROKEN, name=BROKEN)

    message = await store.write(lambda unit: _append(unit, odd))

    (photo,) = message.attachments
    assert (photo.id, photo.size, photo.media_type) == (known.id, None, MENDED)
    assert await store.read(lambda r: r.message(message.conversation, 1)) == message


async def test_an_odd_picture_of_a_person_is_made_storable(store: Store) -> None:
    odd = _photo(size=2**63, media_type=BROKEN, remote=BROKEN)

    file = await store.write(lambda unit: filing.picture(unit, odd))

    assert await store.write(lambda unit: filing.picture(unit, odd)) == file
    filed = await store.read(lambda r: filing.find(r, file))
    assert filed is not None
    assert (filed.attachment.size, filed.attachment.remote) == (None, MENDED)


# --- what is in the database already ---------------------------------------------------------


@pytest.fixture
async def aged(sqlite_url: str, clock: Clock) -> AsyncIterator[Store]:
    """A store with one good message, which has a button and a file."""
    store = await Store.open(sqlite_url, now=clock)

    def unit(transaction: Transaction) -> None:
        conversation = transaction.open_conversation(ANNA)
        buttons = [Button("Yes", say="yes")]
        transaction.append(
            conversation, BOT, "look", buttons=buttons, attachments=[_photo(size=5)]
        )

    await store.write(unit)
    yield store
    await store.close()


async def _spoil(store: Store, column: str, value: str) -> None:
    spoiled = raw(f"UPDATE messages SET {column} = :value")  # noqa: S608
    await store.write(lambda unit: unit.execute(spoiled, {"value": value}))


@pytest.mark.parametrize("column", ["attachments", "buttons"])
@pytest.mark.parametrize(
    "value",
    [
        '[{"kind":"image","name":"a","media_type":"b","size":true}]',
        '[{"kind":"hologram","name":"a","media_type":"b"}]',
        '[{"label":null}]',
        '[{"label":',
        "7",
    ],
)
async def test_a_row_that_cannot_be_decoded_shows_the_message_without_it_and_logs_once(
    aged: Store, column: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    await _spoil(aged, column, value)

    message, *again = [await aged.read(lambda r: r.message(ONLY, 1)) for _ in range(3)]

    assert message is not None
    assert again == [message, message]
    other = "buttons" if column == "attachments" else "attachments"
    assert (message.text, message.at) == ("look", START)
    assert getattr(message, column) == ()
    assert len(getattr(message, other)) == 1
    (told,) = [record for record in caplog.records if record.name == rows_module.__name__]
    assert column in told.getMessage()
    assert "message 1" in told.getMessage()
