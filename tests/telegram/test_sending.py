from __future__ import annotations

import asyncio
import re

import pytest

from connectors.telegram.settings import OnUncertain
from core.errors import OutcomeUnknown, SendLater, Undeliverable
from core.messages import Button
from sandbox.faults import Effect, Fault
from sandbox.telegram import Limits, TelegramSandbox, troubles
from sandbox.telegram.refusal import bad_request, forbidden
from tests.faults.proxy import FaultProxy, Trouble
from tests.telegram.shop import MIA, PNG, Core, at, make, reply, shown, started


@pytest.mark.parametrize("length", [4095, 4096])
async def test_a_message_of_the_greatest_length_arrives_whole(
    core: Core, sandbox: TelegramSandbox, length: int
) -> None:
    """B08: 4,096 UTF-16 units are one message, also when they are emoji."""
    li = sandbox.add_customer("Li")
    text = "x" * (length % 2) + "🌱" * (length // 2)
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply(text, MIA))
    assert [message.text for message in shown(sandbox, li)] == [text]


async def test_buttons_are_shown_and_links_open(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    buttons = (Button("Yes", say="yes"), Button("Shop", url="https://example.com?a=1"))
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply("Well?", buttons=buttons))
    [[yes], [shop]] = shown(sandbox, li)[0].buttons
    assert (yes.label, yes.data) == ("Yes", "7:0")
    assert (shop.label, shop.url) == ("Shop", "https://example.com?a=1")


@pytest.mark.parametrize(
    ("name", "media_type", "data", "kind"),
    [
        ("pot.png", "image/png", PNG, "photo"),
        ("broken.png", "image/png", b"no picture", "document"),
        ("huge.png", "image/png", PNG + b"0" * 10_000_000, "document"),
        ("leaf.gif", "image/gif", b"GIF89a", "document"),
        ("note.ogg", "audio/ogg", b"OggS", "voice"),
        ("song.mp3", "audio/mpeg", b"ID3", "audio"),
        ("Rechnung März.pdf", "application/pdf", b"%PDF", "document"),
    ],
)
async def test_an_agents_file_arrives(
    core: Core, sandbox: TelegramSandbox, name: str, media_type: str, data: bytes, kind: str
) -> None:
    li = sandbox.add_customer("Li")
    file = core.put(name, media_type, data)
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply("", MIA, attachments=(file,)))
    [message] = shown(sandbox, li)
    assert message.media is not None
    assert message.media.kind == kind
    assert message.data == data
    assert message.text == "Mia"
    assert receipt.remote_id == str(message.message_id)
    if kind == "document":
        assert message.media.file.name == name


async def test_a_file_that_is_gone_is_told_to_the_agents(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    file = core.put("a.pdf", "application/pdf", b"%PDF")
    (core.folder / (file.id or "")).unlink()
    empty = core.put("empty.pdf", "application/pdf", b"")
    async with started(core, sandbox) as connector:
        with pytest.raises(Undeliverable, match=r"a\.pdf: it cannot be read"):
            await connector.send(at(li), reply("", MIA, attachments=(file,)))
        with pytest.raises(Undeliverable, match="the file is empty"):
            await connector.send(at(li), reply("", MIA, attachments=(empty,)))


async def test_words_with_files_are_one_receipt(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    file = core.put("pot.png", "image/png", PNG)
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply("Look", MIA, attachments=(file,)))
        assert [message.text for message in shown(sandbox, li)] == ["Mia\nLook", ""]
        await connector.delete(at(li), receipt.remote_id)
        assert shown(sandbox, li) == []


# --- what goes wrong ----------------------------------------------------------------------


async def test_when_told_to_wait_only_that_chat_waits(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D11: the chat is held for as long as Telegram asks, the others are not."""
    li, ann = sandbox.add_customer("Li"), sandbox.add_customer("Ann")
    async with started(core, sandbox) as connector:
        sandbox.faults.add("sendMessage", troubles.too_many_requests(30))
        with pytest.raises(SendLater) as told:
            await connector.send(at(li), reply("one"))
        assert told.value.after == 30
        await connector.send(at(ann), reply("hello"))
        with pytest.raises(SendLater) as held:
            await connector.send(at(li), reply("one"))
        assert held.value.after is not None
        assert 25 < held.value.after <= 30
    assert len(sandbox.journal.of("sendMessage")) == 1


async def test_a_burst_stays_below_telegrams_limits(core: Core) -> None:
    """D17: a burst is spread so that Telegram never has to refuse."""
    sandbox = TelegramSandbox(limits=Limits())
    await sandbox.start()
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        for number in range(5):
            await connector.send(at(li), reply(str(number)))
        others = [sandbox.add_customer(str(n)) for n in range(30)]
        await asyncio.gather(*(connector.send(at(chat), reply("hi")) for chat in others))
    await sandbox.stop()
    assert [message.text for message in shown(sandbox, li)] == list("01234")
    assert all(len(shown(sandbox, chat)) == 1 for chat in others)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (troubles.too_many_requests(None), SendLater),
        (Fault(Effect.ANSWER, 429, "<html>slow down</html>"), SendLater),
        (Fault(Effect.ANSWER, 401), SendLater),
        (Fault(Effect.RESET), OutcomeUnknown),
        (Fault(Effect.ACCEPT_THEN_RESET), OutcomeUnknown),
        (Fault(Effect.ACCEPT_THEN_HANG), OutcomeUnknown),
        (troubles.bad_gateway(), OutcomeUnknown),
        (troubles.bad_gateway(accepted=True), OutcomeUnknown),
        (Fault(Effect.ANSWER, 500), OutcomeUnknown),
        (Fault(Effect.ANSWER, 403, "<html>a proxy says no</html>"), OutcomeUnknown),
        (Fault(Effect.ACCEPT_THEN_ANSWER, 200, "not JSON"), OutcomeUnknown),
        (troubles.blocked(), Undeliverable),
        (troubles.refused(forbidden("user is deactivated")), Undeliverable),
        (troubles.refused(bad_request("not enough rights to send text")), Undeliverable),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_failed_send_is_classed_and_tried_once(
    core: Core, sandbox: TelegramSandbox, fault: Fault, expected: type[Exception]
) -> None:
    """D12, D14: surely not sent, refused for good, or nobody knows."""
    li = sandbox.add_customer("Li")
    async with started(core, sandbox, timeout=0.3) as connector:
        sandbox.faults.add("sendMessage", fault)
        with pytest.raises(expected) as failed:
            await connector.send(at(li), reply("hello"))
    told = f"{failed.value!r} {failed.value}"
    assert sandbox.token not in told
    assert "http" not in told
    assert len(sandbox.journal.of("sendMessage")) <= 1


async def test_an_answer_that_trickles_in_is_given_up(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D12: no byte is late, and yet the answer would take a minute."""
    li = sandbox.add_customer("Li")
    proxy = FaultProxy("127.0.0.1", int(sandbox.api_url.rpartition(":")[2]))
    await proxy.start()
    try:
        async with started(core, sandbox, timeout=0.5, api_url=proxy.url) as connector:
            proxy.trouble("to_client", Trouble(slice=1, pause=0.2))
            async with asyncio.timeout(5):
                with pytest.raises(OutcomeUnknown, match="did not answer in time"):
                    await connector.send(at(li), reply("hello"))
    finally:
        await proxy.close()
    assert len(shown(sandbox, li)) == 1


async def test_what_never_left_is_sent_later(core: Core, sandbox: TelegramSandbox) -> None:
    """D12: a connection that was refused has carried nothing."""
    li = sandbox.add_customer("Li")
    connector = make(core, sandbox, api_url="http://127.0.0.1:9")
    with pytest.raises(SendLater, match="cannot be reached"):
        await connector.send(at(li), reply("hello"))
    await connector.stop()


async def test_a_blocked_bot_is_told_in_words_for_agents(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D14: the reason, in words that agents understand."""
    li = sandbox.add_customer("Li")
    sandbox.block(li)
    async with started(core, sandbox) as connector:
        with pytest.raises(Undeliverable, match="the customer has blocked the bot"):
            await connector.send(at(li), reply("hello"))
        with pytest.raises(Undeliverable, match="knows no such chat"):
            await connector.send(at(99), reply("hello"))
        with pytest.raises(Undeliverable, match="another Telegram bot"):
            await connector.send(at(li, account="999"), reply("hello"))


@pytest.mark.parametrize(
    "reason",
    ["can't parse entities: byte offset 3", "message is too long", "BUTTON_DATA_INVALID"],
)
async def test_a_message_that_telegram_dislikes_goes_out_plainly_once(
    core: Core, sandbox: TelegramSandbox, reason: str
) -> None:
    """D13: one plainer form, and then the refusal is final."""
    li = sandbox.add_customer("Li")
    refusal = troubles.refused(bad_request(reason))
    words = reply("Well?", MIA, buttons=(Button("Yes", say="yes"),))
    async with started(core, sandbox) as connector:
        sandbox.faults.add("sendMessage", refusal)
        await connector.send(at(li), words)
        [message] = shown(sandbox, li)
        assert message.text == "Mia\nWell?\nYes"
        assert message.entities == []
        sandbox.faults.add("sendMessage", refusal, times=3)
        with pytest.raises(Undeliverable, match=f"(?i){re.escape(reason)}"):
            await connector.send(at(li), words)
    assert len(shown(sandbox, li)) == 1


async def test_a_reply_without_a_visible_word_is_no_loop(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D13: an empty text is sent as a mark instead of for ever."""
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply("  \n "))
    assert [message.text for message in shown(sandbox, li)] == ["…"]


async def test_a_second_refusal_after_a_first_part_is_no_reason_to_repeat_it(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    file = core.put("pot.png", "image/png", PNG)
    async with started(core, sandbox) as connector:
        sandbox.faults.add("sendPhoto", troubles.too_many_requests(30))
        with pytest.raises(OutcomeUnknown, match="only a part"):
            await connector.send(at(li), reply("Look", MIA, attachments=(file,)))


@pytest.mark.parametrize(("choice", "resends"), [("resend", True), ("hold", False)])
async def test_the_admin_chooses_between_twice_and_never(
    core: Core, sandbox: TelegramSandbox, choice: str, resends: bool
) -> None:
    """D12: `on_uncertain` is what the outbox goes by."""
    connector = make(core, sandbox, on_uncertain=OnUncertain(choice))
    assert connector.capabilities.resend_unknown is resends
    await connector.stop()
