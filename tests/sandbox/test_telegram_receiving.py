"""What people do reaches the bot by the rules of getUpdates, and files can be fetched."""

from __future__ import annotations

import asyncio

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Conflict, InvalidToken

from tests.sandbox.telegram_bots import Clock, bot_of, eventually, refused, running


async def test_an_update_comes_again_until_an_offset_confirms_it() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        first, second = (sandbox.say(anna, text) for text in ("one", "two"))
        updates = await bot.get_updates()
        assert [u.message.message_id for u in updates if u.message] == [first, second]
        assert await bot.get_updates() == updates
        left = await bot.get_updates(offset=updates[0].update_id + 1)
        assert [u.update_id for u in left] == [updates[1].update_id]
        assert await bot.get_updates(offset=updates[1].update_id + 1) == ()
        assert sandbox.pending_updates == 0


async def test_limit_and_negative_offset_choose_updates() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        for number in range(5):
            sandbox.say(anna, str(number))
        assert len(await bot.get_updates(limit=2)) == 2
        assert [u.message.text for u in await bot.get_updates(offset=-2) if u.message] == [
            "3",
            "4",
        ]
        assert sandbox.pending_updates == 2
        with refused("limit"):
            await bot.get_updates(limit=101)


async def test_a_long_poll_returns_as_soon_as_somebody_writes() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        poll = asyncio.create_task(bot.get_updates(timeout=10))
        await sandbox.journal.wait_for(lambda call: call.method == "getUpdates")
        sandbox.say(anna, "/start now")
        (update,) = await poll
        assert update.message is not None
        assert update.message.text == "/start now"
        assert [(e.type, e.length) for e in update.message.entities] == [("bot_command", 6)]


async def test_a_second_poll_ends_the_first_with_a_conflict() -> None:
    async with running() as (sandbox, bot), bot_of(sandbox) as other:
        first = asyncio.create_task(bot.get_updates(timeout=10))
        await sandbox.journal.wait_for(lambda call: call.method == "getUpdates")
        second = asyncio.create_task(other.get_updates(timeout=10))
        with refused("terminated by other getUpdates request", Conflict):
            await first
        sandbox.say(sandbox.add_customer("Anna"), "hello")
        assert len(await second) == 1


async def test_only_asked_for_updates_are_kept() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        await bot.get_updates(allowed_updates=["edited_message"])
        written = sandbox.say(anna, "one")
        sandbox.edit(anna, written, "two")
        (update,) = await bot.get_updates()
        assert update.edited_message is not None
        assert update.edited_message.text == "two"
        with refused("mesage"):
            await bot.get_updates(allowed_updates=["mesage"])


async def test_updates_are_forgotten_after_a_day() -> None:
    clock = Clock()
    async with running(clock=clock) as (sandbox, bot):
        sandbox.say(sandbox.add_customer("Anna"), "hello")
        clock.now += 24 * 3600
        assert await bot.get_updates() == ()


async def test_ids_may_jump_down_and_an_old_offset_loses_nothing() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.say(anna, "before")
        (old,) = await bot.get_updates()
        sandbox.jump_update_ids(17)
        sandbox.say(anna, "after")
        (new,) = await bot.get_updates(offset=old.update_id + 1)
        assert new.update_id == 17


async def test_a_press_spins_until_its_query_is_answered() -> None:
    clock = Clock()
    async with running(clock=clock) as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
        sent = await bot.send_message(anna, "Sure?", reply_markup=keys)
        press = sandbox.press(anna, sent.message_id, "Yes")
        (update,) = await bot.get_updates()
        query = update.callback_query
        assert query is not None
        assert (query.data, query.from_user.id) == ("y", anna)
        assert not press.answered_in_time
        with refused("MESSAGE_TOO_LONG"):
            await bot.answer_callback_query(query.id, "x" * 201)
        await bot.answer_callback_query(query.id, "Noted")
        assert (press.answered_in_time, press.answer) == (True, "Noted")
        late = sandbox.press(anna, sent.message_id, "y")
        clock.now += 60
        for query_id in (query.id, late.query_id, "1"):
            with refused("uery is too old"):
                await bot.answer_callback_query(query_id)
        with pytest.raises(LookupError, match="only: Yes"):
            sandbox.press(anna, sent.message_id, "No")


async def test_files_of_customers_can_be_downloaded_up_to_20_mb() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sandbox.send_photo(anna, b"a whole picture", "Is it ill?", media_group_id="7")
        sandbox.send_document(anna, "bill.pdf", b"%PDF", "application/pdf")
        sandbox.send_document(anna, "film.mp4", b"", "video/mp4", size=21 * 1024 * 1024)
        sandbox.send_voice(anna, b"OggS")
        photo, document, film, voice = (u.message for u in await bot.get_updates())
        assert photo
        assert document
        assert film
        assert voice
        assert (photo.caption, photo.media_group_id) == ("Is it ill?", "7")
        largest = await bot.get_file(photo.photo[-1].file_id)
        assert await largest.download_as_bytearray() == b"a whole picture"
        assert document.document is not None
        assert document.document.file_name == "bill.pdf"
        assert await (await document.document.get_file()).download_as_bytearray() == b"%PDF"
        assert voice.voice is not None
        assert voice.voice.mime_type == "audio/ogg"
        assert film.document is not None
        with refused("ile is too big"):
            await bot.get_file(film.document.file_id)
        with refused("temporarily unavailable"):
            await bot.get_file("nonsense")
        gone = await bot.get_file(photo.photo[-1].file_id)
        sandbox.set_file_path(photo.photo[-1].file_id, "../../etc/passwd")
        with pytest.raises(InvalidToken):
            await gone.download_as_bytearray()
        assert (await bot.get_file(photo.photo[-1].file_id)).file_path


async def test_odd_messages_groups_and_blocks_are_told_to_the_bot() -> None:
    async with running() as (sandbox, bot):
        anna, ben = sandbox.add_customer("Anna"), sandbox.add_customer("Ben")
        sandbox.send_sticker(anna, "🌵")
        sandbox.send_location(anna, 48.1, 11.5)
        group = sandbox.add_group("Garden club", anna, ben)
        sandbox.say(group, "hi all", sender=ben)
        sandbox.block(anna)
        sandbox.send_raw_update({"poll": POLL})
        sticker, place, hello, blocked, poll = await bot.get_updates()
        assert sticker.message
        assert sticker.message.sticker
        assert sticker.message.sticker.emoji == "🌵"
        assert place.message
        assert place.message.location
        assert hello.message
        assert hello.message.from_user
        assert (hello.message.chat.title, hello.message.from_user.id) == ("Garden club", ben)
        assert blocked.my_chat_member
        assert blocked.my_chat_member.new_chat_member.status == "kicked"
        assert poll.poll


async def test_a_supergroup_is_told_on_both_sides() -> None:
    async with running() as (sandbox, bot):
        group = sandbox.add_group("Garden club", sandbox.add_customer("Anna"))
        moved = sandbox.migrate(group)
        old, new = (u.message for u in await bot.get_updates())
        assert old
        assert new
        assert (old.migrate_to_chat_id, new.migrate_from_chat_id) == (moved, group)


async def test_a_stopped_stand_in_comes_back_with_what_it_knew() -> None:
    async with running() as (sandbox, bot):
        port = int(sandbox.api_url.rpartition(":")[2])
        sandbox.say(sandbox.add_customer("Anna"), "hello")
        await sandbox.stop()
        await sandbox.start(port=port)
        await eventually(lambda: sandbox.pending_updates == 1)
        assert len(await bot.get_updates()) == 1


POLL = {
    "id": "1",
    "question": "Which pot?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
