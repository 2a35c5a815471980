"""What the bot sends is kept exactly as Telegram keeps it, and refused where Telegram refuses."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MessageEntity,
    ReactionTypeEmoji,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from sandbox.telegram import Limits
from tests.sandbox.telegram_bots import PNG, Clock, refused, running


async def test_the_client_learns_who_the_bot_is_and_who_the_customer_is() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna", last_name="Li", username="anna_li")
        assert (await bot.get_me()).username == "fern_and_clay_bot"
        chat = await bot.get_chat(anna)
        assert (chat.first_name, chat.last_name, chat.type) == ("Anna", "Li", "private")


async def test_a_wrong_token_is_refused() -> None:
    async with running() as (sandbox, _), httpx.AsyncClient() as client:
        for token, status in (("110201543:wrong", 401), ("nonsense", 404)):
            answer = await client.post(f"{sandbox.api_url}/bot{token}/getMe")
            assert (answer.status_code, answer.json()["error_code"]) == (status, status)


async def test_html_becomes_text_with_entities_in_utf16_units() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        html = (
            '🌿 <b>Ferns &amp; <i>clay</i></b> <a href="https://x.example/?a=1&amp;b=2">here</a>'
        )
        sent = await bot.send_message(anna, html, parse_mode="HTML")
        assert sent.text == sandbox.chat(anna)[0].text == "🌿 Ferns & clay here"
        found = [(e.type, e.offset, e.length, e.url) for e in sent.entities]
        assert found == [
            ("bold", 3, 12, None),
            ("italic", 11, 4, None),
            ("text_link", 16, 4, "https://x.example/?a=1&b=2"),
        ]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("é <p>x</p>", 'Unsupported start tag "p" at byte offset 3'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="javascript:x">x</a>', 'Tag "a" needs an "href"'),
    ],
)
async def test_html_that_cannot_be_parsed_is_refused(html: str, reason: str) -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        with pytest.raises(BadRequest) as caught:
            await bot.send_message(anna, html, parse_mode="HTML")
        assert str(caught.value).lower().startswith("can't parse entities: " + reason.lower())
        assert sandbox.chat(anna) == []
        assert len(sandbox.journal.of("sendMessage")) == 0


async def test_markdown_is_not_taken() -> None:
    async with running() as (sandbox, bot):
        with refused("parse_mode"):
            await bot.send_message(sandbox.add_customer("Anna"), "*x*", parse_mode="MarkdownV2")


async def test_text_may_have_4096_utf16_units_after_parsing() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        await bot.send_message(anna, "<b>" + "🌱" * 2048 + "</b>", parse_mode="HTML")
        with refused("essage is too long"):
            await bot.send_message(anna, "🌱" * 2048 + "x")
        for nothing in ("", " \n "):
            with refused("empty"):
                await bot.send_message(anna, nothing)


async def test_entities_must_lie_inside_the_text_and_not_cut_characters() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sent = await bot.send_message(anna, "🌱 ok", entities=[MessageEntity("bold", 3, 2)])
        assert sent.parse_entities() == {sent.entities[0]: "ok"}
        for offset, length in ((3, 3), (-1, 2), (0, 0), (1, 2)):
            with refused("ENTITY_BOUNDS_INVALID"):
                await bot.send_message(
                    anna, "🌱 ok", entities=[MessageEntity("bold", offset, length)]
                )
        crossing = [MessageEntity("bold", 0, 3), MessageEntity("italic", 2, 3)]
        with refused("OVERLAP"):
            await bot.send_message(anna, "abcdef", entities=crossing)


async def test_white_space_at_the_ends_goes_and_entities_move_along() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        sent = await bot.send_message(anna, "\n <b>hi</b> \n", parse_mode="HTML")
        assert (sent.text, sent.entities[0].offset, sent.entities[0].length) == ("hi", 0, 2)


async def test_button_data_has_at_most_64_bytes() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        fits = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="é" * 32)]])
        await bot.send_message(anna, "Sure?", reply_markup=fits)
        assert sandbox.chat(anna)[0].buttons[0][0].label == "Yes"
        too_much = InlineKeyboardMarkup([[InlineKeyboardButton("No", callback_data="é" * 33)]])
        with refused("button_data_invalid"):
            await bot.send_message(anna, "Sure?", reply_markup=too_much)
        nothing = InlineKeyboardMarkup([[InlineKeyboardButton("Hm")]])
        with refused("Text buttons are unallowed"):
            await bot.send_message(anna, "Sure?", reply_markup=nothing)


async def test_unknown_methods_and_parameters_are_refused() -> None:
    async with running() as (sandbox, bot), httpx.AsyncClient() as client:
        anna = sandbox.add_customer("Anna")
        url = f"{sandbox.api_url}/bot{sandbox.token}"
        unknown = await client.post(f"{url}/sendNothing")
        assert unknown.status_code == 404
        assert unknown.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
        missing = await client.post(f"{url}/sendMessage", json={"text": "x"})
        assert missing.json()["description"] == "Bad Request: chat_id is empty"
        with refused("colour"):
            await bot.send_message(anna, "x", api_kwargs={"colour": "red"})


async def test_photos_documents_voices_and_albums_arrive_with_their_bytes() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        await bot.send_photo(anna, PNG, caption="<b>Look</b>", parse_mode="HTML")
        await bot.send_document(anna, b"%PDF", filename="bill.pdf")
        await bot.send_voice(anna, b"OggS", duration=2)
        await bot.send_audio(anna, b"ID3", title="Rain")
        album = await bot.send_media_group(anna, [InputMediaPhoto(PNG), InputMediaPhoto(PNG)])
        assert album[0].media_group_id == album[1].media_group_id
        shown = [(m.media.kind, m.data, m.text) for m in sandbox.chat(anna) if m.media]
        assert shown == [
            ("photo", PNG, "Look"),
            ("document", b"%PDF", ""),
            ("voice", b"OggS", ""),
            ("audio", b"ID3", ""),
            ("photo", PNG, ""),
            ("photo", PNG, ""),
        ]
        assert sandbox.chat(anna)[1].media.file.name == "bill.pdf"  # type: ignore[union-attr]


async def test_captions_and_files_have_limits() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        with refused("caption is too long"):
            await bot.send_photo(anna, PNG, caption="x" * 1025)
        with refused("IMAGE_PROCESS_FAILED"):
            await bot.send_photo(anna, b"not a picture")
        with refused("non-empty"):
            await bot.send_document(anna, b"", filename="empty.txt")
        with refused("2 to 10"):
            await bot.send_media_group(anna, [InputMediaPhoto(PNG)])


async def test_edits_follow_telegrams_rules() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
        sent = await bot.send_message(anna, "Old", reply_markup=keys)
        with refused("not modified"):
            await bot.edit_message_text("Old", anna, sent.message_id, reply_markup=keys)
        await bot.edit_message_text("New", anna, sent.message_id)
        message = sandbox.chat(anna)[0]
        assert (message.text, message.earlier, message.buttons) == ("New", ["Old"], [])
        await bot.edit_message_reply_markup(anna, sent.message_id, reply_markup=keys)
        assert message.buttons[0][0].data == "y"
        with refused("to edit not found"):
            await bot.edit_message_text("New", anna, 999)
        theirs = sandbox.say(anna, "Mine")
        with refused("can't be edited"):
            await bot.edit_message_text("New", anna, theirs)
        await bot.delete_message(anna, sent.message_id)
        assert [m.text for m in sandbox.chat(anna)] == ["Mine"]
        with refused("to delete not found"):
            await bot.delete_message(anna, sent.message_id)


async def test_typing_and_drafts_are_seen_until_the_message_comes() -> None:
    clock = Clock()
    async with running(clock=clock) as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        changes: list[int] = []
        sandbox.on_change(changes.append)
        await bot.send_chat_action(anna, "typing")
        await bot.send_message_draft(anna, 7, "Let me see")
        draft = sandbox.draft(anna)
        assert draft is not None
        assert (sandbox.action(anna), draft.text) == ("typing", "Let me see")
        clock.now += 5
        assert sandbox.action(anna) is None
        await bot.send_message(anna, "Here it is")
        assert sandbox.draft(anna) is None
        assert changes == [anna, anna, anna]
        with refused("action"):
            await bot.send_chat_action(anna, "dancing")


async def test_drafts_break_no_rule() -> None:
    clock = Clock()
    async with running(clock=clock) as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        group = sandbox.add_group("Garden", anna)
        with refused("must be non-zero"):
            await bot.send_message_draft(anna, 0, "Let me see")
        with refused("too long"):
            await bot.send_message_draft(anna, 1, "a" * 4095 + "🌱")
        with refused("private chats only"):
            await bot.send_message_draft(group, 1, "Let me see")
        with refused("must be an integer"):
            await bot.send_message_draft(anna, "one", "Let me see")  # type: ignore[arg-type]
        with refused('no parameter "silent"'):
            await bot.send_message_draft(anna, 1, "Let me see", api_kwargs={"silent": True})
        assert sandbox.draft(anna) is None
        await bot.send_message_draft(anna, 1, "a" * 4094 + "🌱")
        clock.now += 30
        assert sandbox.draft(anna) is None
        assert sandbox.chat(anna) == []


async def test_replies_and_reactions_need_a_message() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        question = sandbox.say(anna, "Hello?")
        await bot.send_message(anna, "Yes", reply_to_message_id=question)
        replied = sandbox.chat(anna)[1].reply_to
        assert replied is not None
        assert replied.text == "Hello?"
        await bot.set_message_reaction(anna, question, ReactionTypeEmoji("👀"))
        assert sandbox.chat(anna)[0].reactions == ["👀"]
        with refused("reaction_invalid"):
            await bot.set_message_reaction(anna, question, ReactionTypeEmoji("🥕"))
        with refused("replied not found"):
            await bot.send_message(anna, "Yes", reply_to_message_id=999)


async def test_chats_out_of_reach_are_refused_in_telegrams_words() -> None:
    async with running() as (sandbox, bot):
        anna = sandbox.add_customer("Anna")
        with refused("hat not found"):
            await bot.send_message(12345, "x")
        sandbox.block(anna)
        with refused("bot was blocked by the user", Forbidden):
            await bot.send_message(anna, "x")
        sandbox.unblock(anna)
        await bot.send_message(anna, "x")
        group = sandbox.add_group("Garden club", anna)
        await bot.send_message(group, "x")
        moved = sandbox.migrate(group)
        with pytest.raises(ChatMigrated) as caught:
            await bot.send_message(group, "x")
        assert caught.value.new_chat_id == moved
        await bot.send_message(moved, "x")


async def test_a_chat_takes_a_burst_and_then_one_message_a_second() -> None:
    clock = Clock()
    async with running(clock=clock, limits=Limits(chat_burst=3)) as (sandbox, bot):
        anna, ben = sandbox.add_customer("Anna"), sandbox.add_customer("Ben")
        for _ in range(3):
            await bot.send_message(anna, "x")
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(anna, "x")
        assert caught.value.retry_after == timedelta(seconds=1)
        await bot.send_message(ben, "only Anna's chat waits")
        clock.now += 1
        await bot.send_message(anna, "x")
        assert len(sandbox.chat(anna)) == 4


async def test_a_group_takes_twenty_messages_a_minute() -> None:
    clock = Clock()
    async with running(clock=clock, limits=Limits(chat_burst=50)) as (sandbox, bot):
        group = sandbox.add_group("Garden club", sandbox.add_customer("Anna"))
        for _ in range(20):
            await bot.send_message(group, "x")
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(group, "x")
        assert caught.value.retry_after == timedelta(seconds=3)
