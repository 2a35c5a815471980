"""What an agent's event leads to."""

from __future__ import annotations

from core.cases import CaseState, Fate
from core.messages import (
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentReplied,
    CaseRef,
    Command,
    CustomerDeleted,
    Mode,
    Outcome,
)
from core.notices import Seen
from core.store import Transaction
from tests.engine.core import MIA, TELEGRAM, Core, address


async def _waiting(core: Core) -> CaseRef:
    await core.wrote("human please")
    ref = await core.thread_opened()
    await core.queued("case:1")
    return ref


def command(ref: CaseRef, what: Command) -> AgentCommanded:
    return AgentCommanded(ref, "9.9", MIA, what)


async def test_a_reply_reaches_the_customer_under_the_agents_name(core: Core) -> None:
    await _waiting(core)
    assert (await core.agent_says("Hi!")).outcome is Outcome.STORED
    message = (await core.messages())[-1]
    assert (message.author.kind, message.author.name, message.text) == ("agent", "Mia", "Hi!")
    assert (await core.conversation()).mode is Mode.HUMAN
    assert (await core.lines())[-2] == ("system", "Mia has joined the chat.")


async def test_an_agent_whose_name_is_not_known_yet_is_a_colleague(core: Core) -> None:
    await _waiting(core)
    await core.agent_says("Hi!", agent=Agent("U9"))
    assert (await core.messages())[-1].author.name == "A colleague"
    assert (await core.lines())[-2] == ("system", "A colleague has joined the chat.")


async def test_the_same_reply_again_changes_nothing(core: Core) -> None:
    await _waiting(core)
    await core.agent_says("Hi!")
    lines = await core.lines()
    assert (await core.agent_says("Hi!")).outcome is Outcome.REPEAT
    assert await core.lines() == lines


async def test_replies_are_told_apart_by_their_threads(core: Core) -> None:
    """A desk's ids need be unique in a thread only."""
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.engine.accept(command(ref, Command.CLOSE))
    await core.wrote("human, once more")
    later = await core.thread_opened("5.0")
    assert (await core.agent_says("Hi again!", ref=later)).outcome is Outcome.STORED
    assert [text for kind, text in await core.lines() if kind == "agent"] == ["Hi!", "Hi again!"]


async def test_on_the_web_a_reply_is_marked_as_delivered_with_its_commit(core: Core) -> None:
    await _waiting(core)
    await core.agent_says("Hi!")
    assert [kind for kind, _ in await core.queued("case:1")] == ["card", "mark"]
    assert any(isinstance(notice, Seen) for notice in core.notices)


async def test_only_lines_of_the_customer_are_told_as_seen(core: Core) -> None:
    await _waiting(core)
    await core.agent_says("Hi!")
    await core.agent_says("One moment.", ts="3.0")
    await core.wrote("fine")
    await core.agent_says("Here you are.", ts="4.0")
    lines = {message.seq: message.author.kind for message in await core.messages()}
    seen = [notice.seq for notice in core.notices if isinstance(notice, Seen)]
    assert [lines[seq] for seq in seen] == ["system", "customer"]


async def test_a_second_agent_takes_over_without_a_second_welcome(core: Core) -> None:
    await _waiting(core)
    await core.agent_says("Hi!")
    await core.agent_says("Me too", ts="3.0", agent=Agent("U2", "Tom"))
    joined = [text for _, text in await core.lines() if "joined" in text]
    assert joined == ["Mia has joined the chat."]
    conversation = await core.conversation()
    assert conversation.agent is not None
    assert conversation.agent.name == "Tom"


async def test_a_colleague_who_claims_the_case_joins_the_chat(core: Core) -> None:
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.engine.accept(AgentCommanded(ref, "9.9", Agent("U2", "Tom"), Command.CLAIM))
    assert (await core.lines())[-1] == ("system", "Tom has joined the chat.")


async def test_claiming_silences_the_bot_and_shows_the_agent(core: Core) -> None:
    ref = await _waiting(core)
    await core.engine.accept(command(ref, Command.CLAIM))
    assert (await core.conversation()).mode is Mode.HUMAN
    assert (await core.case()).state is CaseState.CLAIMED
    assert (await core.case()).due_at is None


async def test_handing_back_lets_the_bot_answer_again(core: Core) -> None:
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.engine.accept(command(ref, Command.BOT))
    assert (await core.conversation()).mode is Mode.BOT
    await core.wrote("shipping")
    assert (await core.lines())[-1] == ("bot", "Three days")


async def test_lines_that_no_agent_has_seen_are_the_bots_after_a_hand_back(core: Core) -> None:
    """C18: what was still on its way to the desk is answered once, in its order."""
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.wrote("thanks")
    await core.queued("case:1")
    await core.wrote("hello")
    await core.wrote("shipping")
    await core.engine.accept(command(ref, Command.BOT))
    told, *answers = (await core.lines())[-3:]
    assert told[0] == "system"
    assert answers == [("bot", "Hello there"), ("bot", "Three days")]
    await core.engine.accept(command(ref, Command.BOT))
    assert [text for kind, text in await core.lines() if kind == "bot"].count("Three days") == 1
    assert [kind for kind, _ in await core.queued("case:1")] == ["relay", "relay", "card"]


async def test_a_line_that_no_agent_has_seen_opens_a_closed_conversation(core: Core) -> None:
    ref = await _waiting(core)
    await core.wrote("shipping")
    await core.engine.accept(command(ref, Command.CLOSE))
    assert (await core.conversation()).mode is Mode.BOT
    assert [kind for kind, _ in await core.lines()][-2:] == ["system", "bot"]
    assert (await core.lines())[-1] == ("bot", "Three days")


async def test_who_asks_for_a_person_unseen_gets_one_with_all_that_follows(core: Core) -> None:
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.queued("case:1")
    for text in ("shipping", "a human once more", "hello"):
        await core.wrote(text)
    await core.engine.accept(command(ref, Command.CLOSE))
    assert (await core.conversation()).mode is Mode.WAITING
    assert [text for kind, text in await core.lines() if kind == "bot"] == ["Three days"]
    assert (await core.case()).id == 2
    assert [kind for kind, _ in await core.queued("case:2")] == ["open", "transcript"]


async def test_a_line_that_was_deleted_unseen_is_answered_by_nobody(core: Core) -> None:
    ref = await _waiting(core)
    await core.wrote("shipping", id="oops")
    await core.engine.accept(CustomerDeleted(address(), "oops"))
    await core.engine.accept(command(ref, Command.CLOSE))
    assert (await core.conversation()).mode is Mode.CLOSED
    assert "bot" not in [kind for kind, _ in await core.lines()]


async def test_a_closed_conversation_wakes_up_with_the_next_message(core: Core) -> None:
    ref = await _waiting(core)
    await core.engine.accept(command(ref, Command.CLOSE))
    assert (await core.conversation()).mode is Mode.CLOSED
    await core.wrote("hello")
    assert (await core.conversation()).mode is Mode.BOT
    assert (await core.lines())[-1] == ("bot", "Hello there")


async def test_a_later_hand_over_is_a_new_case(core: Core) -> None:
    ref = await _waiting(core)
    await core.engine.accept(command(ref, Command.CLOSE))
    await core.wrote("human, once more")
    assert (await core.case()).id == 2


async def test_whoever_writes_in_a_closed_case_is_told_so(core: Core) -> None:
    ref = await _waiting(core)
    await core.engine.accept(command(ref, Command.CLOSE))
    lines = await core.lines()
    assert (await core.agent_says("too late")).outcome is Outcome.CASE_CLOSED
    again = await core.engine.accept(command(ref, Command.BOT))
    assert again.outcome is Outcome.CASE_CLOSED
    assert await core.lines() == lines


async def test_an_unknown_thread_is_nobodys_case(core: Core) -> None:
    await _waiting(core)
    foreign = CaseRef("T2", "C1", "1.0")
    for event in (
        AgentReplied(foreign, "2.0", MIA, "Hi!"),
        AgentCommanded(foreign, "3.0", MIA, Command.CLOSE),
    ):
        assert (await core.engine.accept(event)).outcome is Outcome.IGNORED


async def test_edits_and_deletions_follow(core: Core) -> None:
    ref = await _waiting(core)
    await core.agent_says("Hi!")
    await core.engine.accept(AgentEdited(ref, "2.0", "Hello!"))
    assert (await core.lines())[-1] == ("agent", "Hello!")
    again = await core.engine.accept(AgentEdited(ref, "2.0", "Hello!"))
    assert again.outcome is Outcome.REPEAT
    await core.engine.accept(AgentDeleted(ref, "2.0"))
    assert (await core.lines())[-1] == ("agent", "")


async def test_on_another_channel_a_reply_is_queued_for_the_customer(core: Core) -> None:
    await core.wrote("human please", channel=TELEGRAM)
    await core.thread_opened()
    await core.queued("customer:1")
    await core.agent_says("Hi!")
    assert await core.queued("customer:1") == [
        ("reply", "Mia has joined the chat."),
        ("reply", "Hi!"),
    ]


async def test_the_fate_of_a_reply_is_told_when_its_thread_was_left_meanwhile(core: Core) -> None:
    """D04: the mark stays at the reply; why it did not arrive is told where the case goes on."""
    await core.wrote("human please", channel=TELEGRAM)
    await core.thread_opened()
    await core.queued("case:1")
    seq = (await core.agent_says("Hi!")).seq
    assert seq is not None
    case = await core.case()

    def fail(tx: Transaction) -> None:
        conversation = tx.conversation_by_id(case.conversation)
        core.casework.reopen_thread(tx, conversation, tx.case(case.id))
        core.casework.show_fate(tx, conversation, seq, Fate.FAILED, why="it is too long")

    await core.store.write(fail)
    told = await core.queued("case:1")
    assert told[-2:] == [("mark", "T1 C1 1.0 2.0"), ("note", "Not delivered: it is too long")]
