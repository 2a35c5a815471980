"""What agents see of a case, and how Slack keeps it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from bridge.desk import SlackDesk
from core.cases import CaseState, Fate
from core.errors import NotReady, OutcomeUnknown, SendLater, Undeliverable
from core.messages import Agent, CaseRef, Receipt, Sender
from core.ports import AgentDesk, SupportsFiles, SupportsRoutes
from core.settings.schema import Desk
from sandbox.faults import Effect, Fault
from sandbox.slack import ALL_BRIDGE_SCOPES, Mentions, mentions_of
from tests.bridge.desks import ANN, BOT, CARD, Room, actions, key, line, room, texts
from tests.slack.house import NotingInbox, Shelf, app_of, now, services_of, workspace
from tests.slack.test_sending import NASTY, answer, refused


def harmless(found: Mentions) -> bool:
    does = (found.pings, found.links, found.bare_links, found.channels, found.formatting)
    return not any(does)


async def test_a_case_opens_with_a_card_that_says_who_where_and_why(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        (root,) = here.slack.messages(here.channel)
        assert here.case == CaseRef(here.slack.team_id, here.channel, root.ts)
        said = "\n".join(texts(root))
        for words in (
            "Ann Lee",
            "@ann",
            "web",
            "en",
            "shop.example/returns",
            "asked for a person",
        ):
            assert words in said
        assert actions(root) == ["case:claim", "case:bot", "case:close"]
        desk: AgentDesk = here.desk
        assert desk.status.ok
        assert isinstance(here.desk, SupportsFiles)
        assert isinstance(here.desk, SupportsRoutes)


async def test_the_card_follows_the_case(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = Agent("U1", "Anna K.")
        claimed = replace(CARD, state=CaseState.CLAIMED, agent=anna)
        await here.desk.show_card(here.case, claimed)
        (root,) = here.slack.messages(here.channel)
        assert "claimed by Anna K." in "\n".join(texts(root))
        assert actions(root) == ["case:bot", "case:close"]
        await here.desk.show_card(here.case, replace(CARD, state=CaseState.CLOSED))
        assert actions(here.slack.messages(here.channel)[0]) == []


async def test_a_card_links_the_earlier_threads_and_nothing_else(tmp_path: Path) -> None:
    """B10: name, page, reason, language."""
    async with room(tmp_path) as here:
        nasty = replace(
            CARD,
            customer=Sender(NASTY, NASTY),
            page=f"https://evil.example/{NASTY}",
            reason=NASTY * 30,
            language=NASTY,
            earlier=(here.case,),
        )
        ref = await here.desk.open_case(nasty, key("nasty"))
        found = mentions_of(here.slack.message(here.channel, ref.thread))
        root = here.case.thread.replace(".", "")
        address = f"https://sandbox.slack.com/archives/{here.channel}/p{root}"
        assert found.links == [f"<{address}|1>"]
        assert harmless(replace(found, links=[]))


async def test_a_customers_line_appears_under_the_customers_name(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        receipt = await here.desk.relay(here.case, [line("Where is it?")], [key("r1")])
        (message,) = here.thread()
        assert receipt == Receipt(message.ts)
        assert message.username == "Ann Lee"
        assert texts(message) == ["Where is it?"]


async def test_without_the_scope_the_name_stands_before_the_line(tmp_path: Path) -> None:
    scopes = ALL_BRIDGE_SCOPES - {"chat:write.customize"}
    async with room(tmp_path, scopes=scopes) as here:
        receipt = await here.desk.relay(here.case, [line("Where is it?")], [key("r1")])
        assert texts(here.thread()[0]) == ["Ann Lee: Where is it?"]
        await here.desk.edit(here.case, receipt.remote_id, [replace(line("When?"), edited=True)])
        assert texts(here.thread()[0]) == ["Ann Lee: When? (edited)"]


async def test_no_word_of_a_customer_means_anything_to_slack(tmp_path: Path) -> None:
    """B09: also in names and notes."""
    async with room(tmp_path) as here:
        nasty = line(NASTY, structs.replace(ANN, name=NASTY))
        await here.desk.relay(here.case, [nasty], [key("r1")])
        await here.desk.relay(here.case, [nasty, line(NASTY, BOT)], [key("r2")])
        await here.desk.note(here.case, NASTY, [key("n1")], broadcast=True)
        for message in here.thread():
            assert harmless(mentions_of(message))


async def test_the_transcript_is_one_message(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        lines = [line("Refund?"), line("3 to 5 days.", BOT), line("A person, please.")]
        await here.desk.relay(here.case, lines, [key("t")])
        (message,) = here.thread()
        assert texts(message) == [
            "Ann Lee: Refund?\nShop: 3 to 5 days.\nAnn Lee: A person, please."
        ]
        assert message.username is None


@pytest.mark.parametrize("text", ["x" * 300, "&" * 300, "<>\n" * 100])
async def test_a_long_transcript_shows_its_end_and_keeps_the_whole_in_a_file(
    tmp_path: Path, text: str
) -> None:
    async with room(tmp_path) as here:
        lines = [line(f"{number} {text}") for number in range(100)]
        await here.desk.relay(here.case, lines, [key("t")])
        await here.slack.settled()
        shared, message = sorted(here.thread(), key=lambda m: bool(m.blocks))
        assert "earlier lines are left out" in "\n".join(texts(message))
        assert f"Ann Lee: 99 {text[:2]}".replace("&", "&amp;").replace("<", "&lt;").replace(
            ">", "&gt;"
        ) in "\n".join(texts(message))
        (file,) = shared.files
        data = here.slack.workspace.files[file].data
        assert data is not None
        assert data.decode().count("Ann Lee:") == 100


async def test_a_line_too_long_for_slack_is_kept_whole_in_a_file(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.desk.relay(here.case, [line("&" * 4000)], [key("r1")])
        await here.slack.settled()
        (file,) = [file for message in here.thread() for file in message.files]
        assert here.slack.workspace.files[file].data == b"&" * 4000


async def test_a_changed_line_is_changed_in_the_thread(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        receipt = await here.desk.relay(here.case, [line("one")], [key("r1")])
        await here.desk.edit(here.case, receipt.remote_id, [replace(line("two"), edited=True)])
        assert texts(here.thread()[0]) == ["two (edited)"]
        await here.desk.edit(here.case, receipt.remote_id, [replace(line("two"), deleted=True)])
        assert texts(here.thread()[0]) == ["(deleted by the customer)"]


async def test_an_edit_that_makes_a_post_too_long_puts_everything_into_a_file(
    tmp_path: Path,
) -> None:
    """D10: what was shown is in no place else; the same edit tried again shares nothing twice."""
    async with room(tmp_path) as here:
        lines = [line("the first"), line("the second")]
        receipt = await here.desk.relay(here.case, lines, [key("r1"), key("r2")])
        longer = [lines[0], replace(line(f"{'x' * 9490} and the end"), edited=True)]
        for _ in range(2):
            await here.desk.edit(here.case, receipt.remote_id, longer)
            await here.slack.settled()
        shown = "\n".join(texts(here.slack.message(here.channel, receipt.remote_id)))
        assert "the file has" in shown
        (file,) = [file for message in here.thread() for file in message.files]
        data = here.slack.workspace.files[file].data
        assert data is not None
        for words in ("the first", "and the end (edited)"):
            assert words in data.decode()
        await here.desk.edit(here.case, receipt.remote_id, [replace(longer[1], text="y" * 9999)])
        await here.slack.settled()
        assert len([file for message in here.thread() for file in message.files]) == 2


async def test_a_reminder_also_shows_in_the_channel(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.desk.note(here.case, "Nobody came.", [key("n1")], broadcast=True)
        assert here.thread()[0].is_broadcast
        await here.desk.note(here.case, "Quietly.", [key("n2")])
        assert not here.thread()[1].is_broadcast


async def test_a_reaction_tells_an_agents_message_its_fate(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        ts = await here.say("on its way")
        for _ in range(2):
            await here.desk.mark(here.case, ts, Fate.DELIVERED)
        await here.desk.mark(here.case, ts, Fate.FAILED)
        reactions = here.slack.message(here.channel, ts).reactions
        assert set(reactions) == {"white_check_mark", "warning"}
        await here.slack.delete(here.channel, ts)
        await here.desk.mark(here.case, ts, Fate.DELIVERED)


async def test_a_customers_files_come_before_the_line_they_belong_to(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        photo = here.shelf.put("<b>../ph&oto.png", b"\x89PNG" * 400_000)
        lines = [replace(line("look"), attachments=(photo,))]
        await here.desk.relay(here.case, lines, [key("r1")])
        await here.slack.settled()
        files = [here.slack.workspace.files[f] for m in here.thread() for f in m.files]
        assert [(f.title, f.data) for f in files] == [("ph&oto.png", b"\x89PNG" * 400_000)]
        (words,) = [m for m in here.thread() if m.blocks]
        assert "look" in texts(words)[0]
        assert harmless(mentions_of(words))


async def test_trying_a_line_with_a_file_again_shows_the_file_once(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        photo = here.shelf.put("photo.png", b"png")
        wanted = [replace(line("look"), attachments=(photo,))]
        share = "files.completeUploadExternal"
        here.slack.faults.add(share, Fault(Effect.ACCEPT_THEN_RESET))
        with pytest.raises(OutcomeUnknown):
            await here.desk.relay(here.case, wanted, [key("r1")])
        here.slack.faults.add("chat.postMessage", answer(429, Retry_After="1"))
        with pytest.raises(SendLater):
            await here.desk.relay(here.case, wanted, [key("r1")])
        await here.desk.relay(here.case, wanted, [key("r1")])
        assert len([f for m in here.thread() for f in m.files]) == 1
        await here.desk.relay(here.case, wanted, [key("r2")])
        await here.slack.settled()
        assert len([f for m in here.thread() for f in m.files]) == 2


@pytest.mark.parametrize(
    "fault",
    [
        ("files.getUploadURLExternal", Fault(Effect.ACCEPT_THEN_RESET)),
        ("files.upload", Fault(Effect.ACCEPT_THEN_RESET)),
        ("files.upload", answer(500)),
    ],
)
async def test_an_upload_that_nobody_sees_is_never_in_doubt(
    tmp_path: Path, fault: tuple[str, Fault]
) -> None:
    async with room(tmp_path) as here:
        photo = here.shelf.put("photo.png", b"png")
        here.slack.faults.add(*fault)
        with pytest.raises(SendLater):
            await here.desk.relay(
                here.case, [replace(line("look"), attachments=(photo,))], [key("r1")]
            )


async def test_a_file_that_cannot_come_leaves_its_name(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        gone = replace(here.shelf.put("gone.png", b"x"), id=None)
        empty = here.shelf.put("empty.png", b"")
        wanted = replace(line("look"), attachments=(gone, empty))
        await here.desk.relay(here.case, [wanted], [key("r1")])
        (message,) = here.thread()
        assert texts(message)[0].count("could not be fetched") == 2


async def test_a_root_and_a_line_in_doubt_are_found_again(tmp_path: Path) -> None:
    """C15: read-back of a root."""
    async with room(tmp_path) as here:
        since = now()
        here.slack.faults.add("chat.postMessage", Fault(Effect.ACCEPT_THEN_RESET), times=2)
        with pytest.raises(OutcomeUnknown):
            await here.desk.open_case(CARD, key("second"))
        with pytest.raises(OutcomeUnknown):
            await here.desk.relay(here.case, [line("hello")], [key("r1")])
        found = await here.desk.find(None, [key("second"), key("r1")], since)
        root = structs.replace(here.case, thread=here.slack.messages(here.channel)[1].ts)
        assert found == {key("second"): root}
        found = await here.desk.find(here.case, [key("r1"), key("r2")], since)
        assert found == {key("r1"): Receipt(here.thread()[0].ts)}


async def test_an_announcement_never_fails(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.desk.announce("The settings file is broken.")
        here.slack.faults.add("chat.postMessage", answer(500))
        await here.desk.announce("It still is.")
        assert [texts(m)[0] for m in here.slack.messages(here.channel)[1:]] == [
            "The settings file is broken."
        ]


async def test_a_channel_that_refuses_shows_in_the_status_until_it_is_mended(
    tmp_path: Path,
) -> None:
    """D04: degraded until it works again."""
    async with room(tmp_path) as here:
        here.slack.faults.add("chat.postMessage", refused("is_archived"))
        with pytest.raises(Undeliverable):
            await here.desk.open_case(CARD, key("x"))
        assert here.desk.status.detail == "desk.channel: the Slack channel is archived"
        await here.desk.open_case(CARD, key("x"))
        assert here.desk.status.ok


@pytest.mark.parametrize("name", ["support", "#Support"])
async def test_the_channel_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    async with room(tmp_path, name=name) as here:
        assert here.case.channel == here.channel


async def test_a_channel_without_the_bot_is_not_ready_and_then_is(tmp_path: Path) -> None:
    async with workspace() as slack:
        app, shelf = app_of(slack), Shelf(tmp_path)
        desk = SlackDesk(app, Desk(channel="#support"), services_of(shelf), pace=0)
        with pytest.raises(NotReady, match=r"desk\.channel: the bot sees no channel #support"):
            await desk.start(NotingInbox())
        channel = slack.add_channel("support", bot_is_member=False)
        with pytest.raises(NotReady, match=r"desk\.channel: invite the bot"):
            await desk.start(NotingInbox())
        with pytest.raises(SendLater):
            await desk.open_case(CARD, key("x"))
        await slack.join(channel, slack.bot_user_id)
        await desk.start(NotingInbox())
        assert desk.status.ok
        await desk.stop()
        await desk.stop()
        assert not desk.status.ok


async def test_nothing_of_a_room_is_left_when_the_desk_stops(tmp_path: Path) -> None:
    here: Room
    async with room(tmp_path) as here:
        pass
    assert here.slack.sockets.connections == []


async def test_what_is_to_be_copied_stands_below_a_note_as_it_is(tmp_path: Path) -> None:
    """Backticks do not end it, and nothing in it is a mention or a link."""
    async with room(tmp_path) as here:
        code = '- id: a\n  reply: "``` <!channel> & https://x.example"\n'
        receipt = await here.desk.note(here.case, "A rule", [key("n")], code=code)
        message = here.slack.message(here.channel, receipt.remote_id)
        assert message.blocks[1]["elements"][0]["type"] == "rich_text_preformatted"
        assert message.blocks[1]["elements"][0]["elements"] == [{"type": "text", "text": code}]
        assert mentions_of(message).pings == []
