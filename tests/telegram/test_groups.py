from __future__ import annotations

import pytest

from core.errors import SendLater, StoreUnavailable
from core.messages import CustomerWrote
from sandbox.telegram import TelegramSandbox
from tests.telegram.shop import Core, at, make, reply, shown, started, until


async def test_in_a_group_the_answer_belongs_to_the_question(
    core: Core, sandbox: TelegramSandbox
) -> None:
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    async with started(core, sandbox) as connector:
        sandbox.say(group, "nice weather")
        asked = sandbox.say(group, "@fern_and_clay_bot are you open?")
        await until(lambda: core.events, "the question")
        [event] = core.events
        assert isinstance(event, CustomerWrote)
        await connector.send(event.address, reply("Until six", context=event.context))
    assert core.texts == ["are you open?"]
    [answer] = shown(sandbox, group)
    assert answer.reply_to is not None
    assert answer.reply_to.message_id == asked


@pytest.mark.parametrize("between", ["\n", ",\n\n", "\u00a0", " \n "])
async def test_whatever_stands_behind_our_name_goes_with_it(
    core: Core, sandbox: TelegramSandbox, between: str
) -> None:
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    async with started(core, sandbox):
        sandbox.say(group, f"@fern_and_clay_bot{between}are you\nopen?")
        await until(lambda: core.events, "the question")
    assert core.texts == ["are you\nopen?"]


async def test_all_photos_of_an_album_that_is_said_to_us_are_taken(
    core: Core, sandbox: TelegramSandbox
) -> None:
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    async with started(core, sandbox):
        sandbox.send_photo(group, b"a party, say", media_group_id="6")
        for caption in ("@fern_and_clay_bot what is wrong with it?", "", ""):
            sandbox.send_photo(group, b"a plant", caption, media_group_id="7")
        sandbox.say(group, "@fern_and_clay_bot well?")
        await until(lambda: "well?" in core.texts, "the question")
    assert core.texts == ["what is wrong with it?", "", "", "well?"]


async def test_a_question_that_was_deleted_is_answered_all_the_same(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply("Until six", context="4711:"))
    assert len(shown(sandbox, li)) == 1


async def test_a_group_that_moved_is_one_conversation(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D14: a new id on their side is the same conversation on ours."""
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    async with started(core, sandbox) as connector:
        sandbox.say(group, "@fern_and_clay_bot one")
        await until(lambda: core.texts == ["one"], "the first message")
        moved = sandbox.migrate(group)
        sandbox.say(moved, "@fern_and_clay_bot two")
        await until(lambda: core.texts == ["one", "two"], "the second message")
        await connector.send(at(group), reply("hello"))
    async with started(core, sandbox) as connector:  # and after a restart
        await connector.send(at(group), reply("again"))
        sandbox.say(moved, "@fern_and_clay_bot three")
        await until(lambda: "three" in core.texts, "the third message")
    assert {event.address for event in core.events} == {at(group)}  # type: ignore[union-attr]
    assert [message.text for message in shown(sandbox, moved)] == ["hello", "again"]


async def test_a_move_that_only_the_refusal_tells_is_followed_at_once(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D14: migrate_to_chat_id is followed in the same attempt."""
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    connector = make(core, sandbox)
    moved = sandbox.migrate(group)
    await connector.send(at(group), reply("hello"))
    core.down = True
    await connector.send(at(group), reply("again"))
    core.down = False
    await connector.stop()
    assert [message.text for message in shown(sandbox, moved)] == ["hello", "again"]


async def test_without_the_store_nobody_guesses_where_a_group_is(
    core: Core, sandbox: TelegramSandbox
) -> None:
    group = sandbox.add_group("Garden", sandbox.add_customer("Li"))
    connector = make(core, sandbox)
    core.down = True
    with pytest.raises(SendLater, match="the store cannot be read"):
        await connector.send(at(group), reply("hello"))
    with pytest.raises(StoreUnavailable):
        await connector.typing(at(group), "")
    await connector.stop()
