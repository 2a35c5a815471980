from __future__ import annotations

import logging
import time

import pytest

from core.errors import BadCredentials, NotReady, TextTooLong
from core.messages import (
    Button,
    ButtonPressed,
    CustomerEdited,
    CustomerWrote,
    InboundEvent,
    Sender,
)
from core.ports import (
    Connector,
    SupportsDrafts,
    SupportsEdits,
    SupportsFiles,
    SupportsRoutes,
    SupportsTyping,
)
from sandbox.faults import Effect, Fault
from sandbox.telegram import TelegramSandbox, troubles
from tests.telegram.shop import Core, at, make, reply, started, until


async def test_a_customers_words_arrive_and_are_confirmed_afterwards(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li", last_name="Wei", username="liwei", language_code="zh-hans")
    async with started(core, sandbox) as connector:
        assert connector.status.ok
        sandbox.say(li, "Where is my order?")
        await until(lambda: core.events, "the message")
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    [event] = core.events
    assert isinstance(event, CustomerWrote)
    assert event.address == at(li)
    assert event.sender.name == "Li Wei"
    assert event.sender.language == "zh-hans"


async def test_the_connector_offers_all_that_telegram_can(
    core: Core, sandbox: TelegramSandbox
) -> None:
    connector: Connector = make(core, sandbox)
    for protocol in (SupportsTyping, SupportsEdits, SupportsFiles, SupportsRoutes, SupportsDrafts):
        assert isinstance(connector, protocol)
    assert connector.capabilities.max_text == 4096


async def test_a_restart_goes_on_where_it_stopped(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    sandbox.say(li, "one")
    async with started(core, sandbox):
        await until(lambda: "telegram:110201543:offset" in core.cursors, "the cursor")
    sandbox.say(li, "two")
    async with started(core, sandbox):
        await until(lambda: core.texts == ["one", "two"], "the second message")
    assert len(core.attempts) == 2


async def test_updates_of_a_chat_stay_in_order_while_chats_go_side_by_side(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D17: one slow chat holds up no other, and none gets out of order."""
    slow, quick = sandbox.add_customer("Slow"), sandbox.add_customer("Quick")
    core.pause = lambda event: 0.05 if "slow 0" in getattr(event, "text", "") else 0.0
    for number in range(5):
        sandbox.say(slow, f"slow {number}")
        sandbox.say(quick, f"quick {number}")
    async with started(core, sandbox):
        await until(lambda: len(core.texts) == 10, "all messages")
    assert [text for text in core.texts if "slow" in text] == [f"slow {n}" for n in range(5)]
    assert core.texts[:5] == [f"quick {n}" for n in range(5)]


async def test_nothing_is_confirmed_while_the_store_is_down(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        await until(lambda: sandbox.journal.of("getUpdates"), "the first poll")
        core.down = True
        sandbox.say(li, "one")
        sandbox.say(li, "two")
        await until(lambda: not connector.status.ok, "the trouble")
        assert connector.status.detail == "the store is not available"
        assert sandbox.pending_updates == 2
        core.down = False
        await until(lambda: core.texts == ["one", "two"], "both messages")
        await until(lambda: connector.status.ok, "the recovery")
        await until(lambda: not sandbox.pending_updates, "the confirmation")


async def test_a_message_stored_before_the_offset_was_comes_again_and_changes_nothing(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    refusals = iter([True])

    def die_before_the_offset(event: InboundEvent) -> Exception | None:
        core.down = next(refusals, False)
        return None

    core.fails = die_before_the_offset
    sandbox.say(li, "one")
    async with started(core, sandbox):
        await until(lambda: core.refused, "the refusal of the offset")
        core.down = False
        await until(lambda: len(core.attempts) == 2, "the repetition")
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    assert core.texts == ["one"]


async def test_stop_ends_a_waiting_poll_at_once(core: Core, sandbox: TelegramSandbox) -> None:
    async with started(core, sandbox) as connector:
        await until(lambda: sandbox.journal.of("getUpdates"), "the poll")
        began = time.monotonic()
        await connector.stop()
        assert time.monotonic() - began < 1
        assert not connector.status.ok
        await connector.stop()


async def test_stop_confirms_nothing_that_is_not_stored(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    core.pause = lambda _: 60.0
    sandbox.say(li, "one")
    async with started(core, sandbox):
        await until(lambda: core.attempts, "the attempt")
    assert core.events == []
    assert sandbox.pending_updates == 1
    core.pause = lambda _: 0.0
    async with started(core, sandbox):
        await until(lambda: core.texts == ["one"], "the message")


async def test_the_same_connector_can_be_started_again(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    connector = make(core, sandbox)
    for number in (1, 2):
        await connector.start(core)
        sandbox.say(li, f"message {number}")
        await until(lambda: len(core.texts) == number, "the message")  # noqa: B023
        await connector.send(at(li), reply("ok"))
        await connector.stop()


async def test_ids_that_begin_anew_after_a_quiet_week_are_taken(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """D18: ids far below the offset we had are new all the same."""
    li = sandbox.add_customer("Li")
    async with started(core, sandbox):
        sandbox.say(li, "before")
        await until(lambda: not sandbox.pending_updates and core.events, "the first message")
        sandbox.jump_update_ids(17)
        sandbox.say(li, "after")
        sandbox.say(li, "later")
        await until(lambda: core.texts == ["before", "after", "later"], "the others")
        await until(lambda: core.cursors["telegram:110201543:offset"] == "19", "the cursor")


async def test_an_update_that_cannot_be_read_is_skipped_with_one_line(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    li = sandbox.add_customer("Li")
    sandbox.send_raw_update({"message": {"message_id": "?", "text": "secret words", "chat": {}}})
    sandbox.send_raw_update({"callback_query": {"id": "9", "data": "1:1", "message": 3}})
    sandbox.send_raw_update({"edited_message": {"text": "?", "from": {}, "chat": {"id": 5}}})
    sandbox.say(li, "still here")
    async with started(core, sandbox):
        await until(lambda: core.texts == ["still here"], "the message")
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    lines = [line for line in caplog.messages if "cannot be read" in line]
    assert len(lines) == 3
    assert "secret words" not in caplog.text


async def test_an_update_that_breaks_the_core_is_tried_again_but_not_for_ever(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    li, ann = sandbox.add_customer("Li"), sandbox.add_customer("Ann")
    core.fails = lambda event: LookupError("?") if "broken" in str(event) else None
    sandbox.say(li, "broken")
    sandbox.say(ann, "fine")
    async with started(core, sandbox):
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    assert core.texts == ["fine"]
    assert sum("broken" in str(event) for event in core.attempts) == 5


async def test_a_second_poller_is_reported_loudly_and_outlasted(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """D15: one loud line, however often it is tried, and nothing is lost."""
    li = sandbox.add_customer("Li")
    conflict = "Conflict: terminated by other getUpdates request"
    body = f'{{"ok":false,"error_code":409,"description":"{conflict}"}}'
    sandbox.faults.add("getUpdates", Fault(Effect.ANSWER, 409, body), times=4)
    async with started(core, sandbox) as connector:
        await until(lambda: not connector.status.ok, "the conflict")
        assert "another program or a webhook" in connector.status.detail
        sandbox.say(li, "hello")
        await until(lambda: core.texts == ["hello"], "the message")
        await until(lambda: connector.status.ok, "the recovery")
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "another program" in line.getMessage()
    assert "webhook" in line.getMessage()


async def test_a_lost_connection_comes_back(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    port = int(sandbox.api_url.rpartition(":")[2])
    async with started(core, sandbox) as connector:
        await until(lambda: sandbox.journal.of("getUpdates"), "the poll")
        await sandbox.stop()
        await until(lambda: not connector.status.ok, "the trouble")
        sandbox.say(li, "hello")
        await sandbox.start(port=port)
        await until(lambda: core.texts == ["hello"], "the message")
        await until(lambda: connector.status.ok, "the recovery")


@pytest.mark.parametrize(
    "fault",
    [
        troubles.bad_gateway(),
        troubles.too_many_requests(1),
        Fault(Effect.RESET),
        Fault(Effect.ANSWER, 200, "[]"),
        Fault(Effect.ANSWER, 200, '{"ok":true,"result":{}}'),
    ],
    ids=["502", "429", "reset", "not an object", "not a list"],
)
async def test_polling_survives(core: Core, sandbox: TelegramSandbox, fault: Fault) -> None:
    """D12: whatever breaks a poll, the next one has the message."""
    li = sandbox.add_customer("Li")
    sandbox.faults.add("getUpdates", fault)
    async with started(core, sandbox) as connector:
        sandbox.say(li, "hello")
        await until(lambda: core.texts == ["hello"], "the message")
        await until(lambda: connector.status.ok, "the recovery")


async def test_edits_and_presses_arrive_and_the_button_stops_spinning(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        id = sandbox.say(li, "order 1")
        sandbox.edit(li, id, "order 2")
        receipt = await connector.send(at(li), reply("Which?", buttons=(Button("A", say="a"),)))
        press = sandbox.press(li, int(receipt.remote_id), "A")
        await until(lambda: press.answered_in_time, "the answer to the press")
    wrote, edited, pressed = core.events
    assert isinstance(wrote, CustomerWrote)
    assert edited == CustomerEdited(at(li), f"m:{li}:{id}", "order 2")
    assert pressed == ButtonPressed(at(li), f"c:{press.query_id}", 7, 0, Sender("Li", "", "en"))


async def test_a_press_that_is_not_stored_is_not_answered(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply("Which?", buttons=(Button("A", say="a"),)))
        core.down = True
        press = sandbox.press(li, int(receipt.remote_id), "A")
        await until(lambda: core.attempts, "the attempt")
        assert not press.answered_in_time
        core.down = False
        await until(lambda: press.answered_in_time, "the answer to the press")


async def test_a_customer_is_told_when_a_message_is_too_long(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    core.fails = lambda _: TextTooLong(100)
    async with started(core, sandbox):
        sandbox.say(li, "x" * 200)
        await until(lambda: any(m.from_bot for m in sandbox.chat(li)), "the refusal")
        await until(lambda: not sandbox.pending_updates, "the confirmation")
    assert "under 100 characters" in sandbox.chat(li)[-1].text


# --- start --------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["110201543:wrong-token", "not a token", "12:"])
async def test_a_token_that_telegram_does_not_know_is_named_but_not_shown(
    core: Core, sandbox: TelegramSandbox, token: str
) -> None:
    """D16: the setting to mend is named, and the token is in no text."""
    connector = make(core, sandbox, token=token)
    with pytest.raises(BadCredentials, match=r"channels\.telegram\.token") as refusal:
        await connector.start(core)
    await connector.stop()
    assert token not in str(refusal.value)


async def test_an_unreachable_telegram_is_tried_again_later(
    core: Core, sandbox: TelegramSandbox
) -> None:
    connector = make(core, sandbox, api_url="http://127.0.0.1:9")
    with pytest.raises(NotReady, match="Telegram cannot be reached"):
        await connector.start(core)
    await connector.stop()


async def test_a_page_of_a_proxy_is_no_verdict_about_the_token(
    core: Core, sandbox: TelegramSandbox
) -> None:
    sandbox.faults.add("getMe", Fault(Effect.ANSWER, 404, "<html>not here</html>"))
    connector = make(core, sandbox)
    with pytest.raises(NotReady):
        await connector.start(core)
    await connector.start(core)
    await connector.stop()


async def test_no_line_of_the_log_holds_the_token(
    core: Core, sandbox: TelegramSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "connectors")
    for trouble in (troubles.bad_gateway(), Fault(Effect.RESET), Fault(Effect.ANSWER, 401)):
        sandbox.faults.add("getUpdates", trouble)
    async with started(core, sandbox):
        await until(lambda: sandbox.journal.of("getUpdates"), "a poll that works")
    secret = sandbox.token.partition(":")[2]
    assert not [r for r in caplog.records if secret in r.getMessage() and r.name != "httpx"]
