"""Customers who write to the bot in Slack, through the real clients against the stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.slack.connector import SlackConnector
from connectors.slack.inbound import SLACK
from core.errors import (
    OutcomeUnknown,
    SendLater,
    StoreUnavailable,
    TextTooLong,
    ThreadGone,
    TooManyMessages,
    Undeliverable,
)
from core.messages import (
    Address,
    Author,
    AuthorKind,
    Button,
    ButtonPressed,
    CustomerDeleted,
    CustomerEdited,
    CustomerWrote,
    DeliveryKey,
    Receipt,
    Reply,
    Sender,
)
from core.ports import (
    Connector,
    SupportsEdits,
    SupportsFiles,
    SupportsReadBack,
    SupportsRoutes,
    SupportsTyping,
)
from core.settings.texts import Texts
from sandbox.faults import Effect, Fault
from sandbox.slack import ALL_BRIDGE_SCOPES, Message, SlackSandbox, Upload, mentions_of
from tests.slack.house import NotingInbox, Shelf, app_of, now, services_of, until, workspace
from tests.slack.test_sending import NASTY, refused

BOT = Author(AuthorKind.BOT, "Shop")
ANNA = Author(AuthorKind.AGENT, "Anna K.")


@dataclass
class Shop:
    """The connector and everything around it; `ann` is a customer with a direct conversation."""

    slack: SlackSandbox
    connector: SlackConnector
    inbox: NotingInbox
    shelf: Shelf
    ann: str
    direct: str

    @property
    def address(self) -> Address:
        return Address(SLACK, self.slack.team_id, self.direct)

    async def say(self, channel: str, text: str, **where: str) -> str:
        ts = await self.slack.say(channel, self.ann, text, **where)  # type: ignore[arg-type]
        await self.slack.settled()
        return ts

    def answers(self, channel: str = "") -> list[Message]:
        messages = self.slack.workspace.channels[channel or self.direct].messages.values()
        return [message for message in messages if message.bot_id or message.files]


@asynccontextmanager
async def shop(folder: Path, *, desk: str = "#support") -> AsyncIterator[Shop]:
    async with workspace() as slack:
        slack.add_channel("support")
        app, shelf, inbox = app_of(slack), Shelf(folder), NotingInbox()
        connector = SlackConnector(app, services_of(shelf), Texts(), desk_channel=desk)
        await connector.start(inbox)
        ann = slack.add_user("ann", display_name="Ann L.")
        try:
            yield Shop(slack, connector, inbox, shelf, ann, slack.open_dm(ann))
        finally:
            await connector.stop()


def reply(text: str, *, key: str = "k1", **changes: object) -> Reply:
    values: dict[str, object] = {"author": BOT, "buttons": (), "attachments": (), "context": ""}
    return Reply(DeliveryKey(key), 7, text=text, **{**values, **changes})  # type: ignore[arg-type]


def words(message: Message) -> str:
    return "\n".join(b["text"]["text"] for b in message.blocks if b["type"] == "section")


async def test_a_direct_message_arrives_with_its_writers_name(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        connector: Connector = here.connector
        assert connector.status.ok
        for power in (SupportsReadBack, SupportsEdits, SupportsFiles, SupportsTyping):
            assert isinstance(connector, power)
        assert isinstance(connector, SupportsRoutes)
        ts = await here.say(here.direct, "where is <it> & why?")
        (event,) = here.inbox.events
        assert isinstance(event, CustomerWrote)
        assert (event.address, event.external_id) == (here.address, f"{here.direct}:{ts}")
        assert (event.text, event.context) == ("where is <it> & why?", ts)
        assert event.sender == Sender("Ann L.", "ann")


async def test_a_mention_begins_a_conversation_in_its_thread(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        channel, bot = here.slack.add_channel("shop"), here.slack.bot_user_id
        root = await here.say(channel, f"<@{bot}> refund?")
        address = Address(SLACK, here.slack.team_id, f"{channel}:{root}")
        await here.say(channel, "nobody is meant")
        await here.say(channel, "not yet ours", thread_ts=root)
        here.shelf.known.add(address)
        await here.say(channel, "order 123456", thread_ts=root)
        await here.say(channel, f"<@{here.ann}> do you know?", thread_ts=root)
        written = [e for e in here.inbox.events if isinstance(e, CustomerWrote)]
        said = [(e.address, e.text, e.context) for e in written]
        assert said == [(address, "refund?", root), (address, "order 123456", root)]
        await here.connector.send(address, reply("3 to 5 days", context=root))
        (message,) = here.answers(channel)
        assert message.thread_ts == root


@pytest.mark.parametrize("desk", ["#support", "#not-there-yet"])
async def test_the_desks_channel_is_never_a_customers_channel(tmp_path: Path, desk: str) -> None:
    async with shop(tmp_path, desk=desk) as here:
        support = next(c.id for c in here.slack.workspace.channels.values() if c.name == "support")
        await here.say(support, f"<@{here.slack.bot_user_id}> hello")
        assert here.inbox.events == []
        await here.say(here.direct, "hello")
        assert len(here.inbox.events) == 1


async def test_edits_deletions_and_buttons_arrive(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        ts = await here.say(here.direct, "helo")
        await here.slack.unfurl(here.direct, ts)
        await here.slack.edit(here.direct, ts, "hello")
        await here.slack.delete(here.direct, ts)
        buttons = (Button("Yes", say="yes"), Button("Shop", url="https://shop.example"))
        receipt = await here.connector.send(here.address, reply("Sure?", buttons=buttons))
        sent = receipt.remote_id
        for action in ("choice:7:0", "link:7:1"):
            await here.slack.press(here.direct, sent, action, here.ann)
        await here.slack.settled()
        _, edited, deleted, pressed = here.inbox.events
        external_id = f"{here.direct}:{ts}"
        assert edited == CustomerEdited(here.address, external_id, "hello")
        assert deleted == CustomerDeleted(here.address, external_id)
        assert isinstance(pressed, ButtonPressed)
        assert (pressed.address, pressed.seq, pressed.index) == (here.address, 7, 0)
        assert pressed.sender.name == "Ann L."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TooManyMessages(12.4), "Please write again in 12 seconds."),
        (TextTooLong(4000), "under 4000 characters"),
    ],
)
async def test_who_writes_too_much_is_told(
    tmp_path: Path, error: Exception, sentence: str
) -> None:
    async with shop(tmp_path) as here:
        here.inbox.failures.append(error)
        await here.say(here.direct, "again")
        told = here.slack.workspace.channels[here.direct].ephemeral
        await until(lambda: told)
        assert sentence in told[0].text


async def test_a_message_that_could_not_be_stored_comes_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.slack.courier.retries = type(here.slack.courier.retries)(0.3, (0.0, 0.0))
        here.inbox.failures.append(StoreUnavailable("the disk is full"))
        await here.say(here.direct, "hello")
        assert len(here.inbox.events) == 1


async def test_a_reply_is_shown_as_it_is(tmp_path: Path) -> None:
    """B09, B10: the model's words too."""
    async with shop(tmp_path) as here:
        await here.connector.send(here.address, reply(NASTY))
        (message,) = here.answers()
        found = mentions_of(message)
        assert not [*found.pings, *found.links, *found.bare_links, *found.formatting]
        assert words(message).startswith("&lt;!channel&gt;")


@pytest.mark.parametrize("text", ["&" * 2000, "x" * 2000, "<\n" * 1000])
async def test_the_longest_reply_fits(tmp_path: Path, text: str) -> None:
    async with shop(tmp_path) as here:
        buttons = tuple(Button("&" * 75, say="x") for _ in range(20))
        await here.connector.send(here.address, reply(text, buttons=buttons))
        assert len(here.answers()) == 1


async def test_an_agents_reply_bears_the_agents_name(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        receipt = await here.connector.send(here.address, reply("hi", author=ANNA))
        assert here.answers()[0].username == "Anna K."
        await here.connector.edit(here.address, receipt.remote_id, reply("hello", author=ANNA))
        assert words(here.answers()[0]) == "hello"
        for _ in range(2):
            await here.connector.delete(here.address, receipt.remote_id)
        assert here.answers() == []


async def test_a_reply_in_doubt_is_found_and_not_sent_twice(tmp_path: Path) -> None:
    """D03: read-back."""
    async with shop(tmp_path) as here:
        since, wanted = now() - timedelta(seconds=1), reply("hi")
        assert await here.connector.find(here.address, wanted, since) is None
        here.slack.faults.add("chat.postMessage", Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.connector.send(here.address, wanted)
        (message,) = here.answers()
        found = await here.connector.find(here.address, wanted, since)
        assert found == Receipt(message.ts)


async def test_a_reply_in_doubt_is_found_in_the_thread_it_was_sent_to(tmp_path: Path) -> None:
    """D03: with its files."""
    async with shop(tmp_path) as here:
        since, first = now() - timedelta(seconds=1), await here.say(here.direct, "one")
        label = here.shelf.put("label.png", b"label")
        for fault in ("files.completeUploadExternal", "chat.postMessage"):
            here.slack.faults.add(fault, Fault(Effect.ACCEPT_THEN_RESET))
        wanted = reply("hi", context=first, attachments=(label,))
        with pytest.raises(OutcomeUnknown):
            await here.connector.send(here.address, wanted)
        second = await here.say(here.direct, "two")
        later = reply("hi", context=second, attachments=(label,))
        with pytest.raises(OutcomeUnknown):
            await here.connector.send(here.address, later)
        files = [file for message in here.answers() for file in message.files]
        assert len(files) == 1
        words_of_it = [message for message in here.answers() if message.blocks]
        third = await here.say(here.direct, "three")
        found = await here.connector.find(here.address, reply("hi", context=third), since)
        assert found == Receipt(words_of_it[0].ts)


async def test_an_answer_to_a_message_that_was_deleted_goes_into_the_conversation(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        newest = await here.say(here.direct, "oh, wait")
        await here.slack.delete(here.direct, newest)
        label = here.shelf.put("label.png", b"label")
        answer = reply("hi", context=newest, attachments=(label,))
        await here.connector.send(here.address, answer)
        await here.connector.send(here.address, reply("there", key="k2", context=newest))
        assert [message.thread_ts for message in here.answers()] == [None] * 3
        assert [words(message) for message in here.answers()] == ["", "hi", "there"]


@pytest.mark.parametrize("code", ["message_not_found", "cannot_reply_to_message"])
async def test_a_thread_is_gone_whatever_slack_calls_it(tmp_path: Path, code: str) -> None:
    async with shop(tmp_path) as here:
        asked = await here.say(here.direct, "hello?")
        here.slack.faults.add("chat.postMessage", refused(code))
        await here.connector.send(here.address, reply("hi", context=asked))
        assert [message.thread_ts for message in here.answers()] == [None]


async def test_an_answer_in_a_channel_never_leaves_its_thread(tmp_path: Path) -> None:
    """The thread is the conversation there, and the channel is everybody's."""
    async with shop(tmp_path) as here:
        channel, bot = here.slack.add_channel("shop"), here.slack.bot_user_id
        root = await here.say(channel, f"<@{bot}> refund?")
        await here.slack.delete(channel, root)
        address = Address(SLACK, here.slack.team_id, f"{channel}:{root}")
        with pytest.raises(ThreadGone):
            await here.connector.send(address, reply("3 to 5 days", context=root))
        assert here.answers(channel) == []


async def test_files_go_both_ways(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        label = here.shelf.put("label.png", b"label")
        wanted = reply("", attachments=(label,))
        here.slack.faults.add("files.completeUploadExternal", Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.connector.send(here.address, wanted)
        receipt = await here.connector.send(here.address, wanted)
        assert receipt.remote_id.startswith("file:")
        (message,) = here.answers()
        (file,) = message.files
        assert here.slack.workspace.files[file].data == b"label"
        photo = Upload("photo.png", b"photo", "image/png")
        await here.slack.say(here.direct, here.ann, "", files=[photo])
        await here.slack.settled()
        event = here.inbox.events[-1]
        assert isinstance(event, CustomerWrote)
        remote = event.attachments[0].remote
        assert b"".join([chunk async for chunk in here.connector.fetch(remote)]) == b"photo"


async def test_a_file_that_is_gone_leaves_its_name(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        empty = here.shelf.put("empty.png", b"")
        await here.connector.send(here.address, reply("", attachments=(empty,)))
        assert words(here.answers()[0]) == "📎 empty.png (could not be sent)"


async def test_a_thread_shows_that_an_answer_is_on_its_way(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        channel, bot = here.slack.add_channel("shop"), here.slack.bot_user_id
        root = await here.say(channel, f"<@{bot}> hi")
        address = Address(SLACK, here.slack.team_id, f"{channel}:{root}")
        await here.connector.typing(address, root)
        assert here.slack.workspace.statuses == {(channel, root): "is typing…"}
        await here.connector.typing(here.address, "")


async def test_a_conversation_of_a_workspace_that_was_left_is_not_written_to(
    tmp_path: Path,
) -> None:
    """A15: an equal channel in another workspace is another conversation."""
    async with shop(tmp_path) as here:
        elsewhere = Address(SLACK, "T0OTHER", here.direct)
        with pytest.raises(Undeliverable):
            await here.connector.send(elsewhere, reply("hi"))
        with pytest.raises(Undeliverable):
            await here.connector.edit(elsewhere, "1.1", reply("hi"))
        with pytest.raises(Undeliverable):
            await here.connector.delete(elsewhere, "1.1")
        assert here.answers() == []


async def test_a_channel_that_stopped_sends_later(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.connector.stop()
        await here.connector.stop()
        assert not here.connector.status.ok
        with pytest.raises(SendLater):
            await here.connector.send(here.address, reply("hi"))


async def test_without_the_scope_an_agents_name_stands_before_the_reply(tmp_path: Path) -> None:
    async with workspace(scopes=ALL_BRIDGE_SCOPES - {"chat:write.customize"}) as slack:
        app, shelf = app_of(slack), Shelf(tmp_path)
        connector = SlackConnector(app, services_of(shelf), Texts())
        await connector.start(NotingInbox())
        direct = slack.open_dm(slack.add_user("ann"))
        await connector.send(Address(SLACK, slack.team_id, direct), reply("hi", author=ANNA))
        assert words(slack.messages(direct)[0]) == "Anna K.: hi"
        await connector.stop()
