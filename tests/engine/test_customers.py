"""What a customer's message leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.messages import (
    AgentCommanded,
    Attachment,
    AttachmentKind,
    ButtonPressed,
    Command,
    CustomerDeleted,
    CustomerEdited,
    Mode,
    Outcome,
)
from core.notices import MessageStored, ModeChanged
from tests.engine.core import MIA, TELEGRAM, Core, address


async def test_message_and_rules_answer_are_one_commit(core: Core) -> None:
    commits: list[float] = []
    core.store.commit_seconds = commits.append
    accepted = await core.wrote("hello")
    assert (accepted.outcome, accepted.seq) == (Outcome.STORED, 1)
    assert await core.lines() == [("customer", "hello"), ("bot", "Hello there")]
    assert len(commits) == 1


async def test_a_repeat_is_recognised_by_its_id_and_changes_nothing(core: Core) -> None:
    first = await core.wrote("hello", id="same")
    again = await core.wrote("hello", id="same")
    assert (again.outcome, again.seq) == (Outcome.REPEAT, first.seq)
    assert len(await core.lines()) == 2


async def test_equal_words_under_different_ids_are_both_kept(core: Core) -> None:
    for _ in range(10):
        await core.wrote("shipping")
    assert len(await core.lines()) == 20


async def test_asking_for_a_person_goes_before_every_rule(core: Core) -> None:
    await core.wrote("shipping? no, a human please")
    assert (await core.conversation()).mode is Mode.WAITING
    assert "colleague" in (await core.lines())[-1][1]
    assert (await core.case()).reason == "The customer asked for a person (“human”)."


async def test_asking_in_chinese_works_as_well(core: Core) -> None:
    await core.wrote("我要转人工")
    assert (await core.conversation()).mode is Mode.WAITING
    assert "同事" in (await core.lines())[-1][1]


async def test_without_gpt_what_no_rule_answers_goes_to_a_person(core: Core) -> None:
    await core.wrote("is the moon made of cheese?")
    assert (await core.conversation()).mode is Mode.WAITING
    assert "I do not know the answer" in (await core.lines())[-1][1]


async def test_a_rule_may_answer_and_then_call_a_person(core: Core) -> None:
    await core.wrote("I have a complaint")
    assert [text for _, text in (await core.lines())[1:2]] == ["Sorry to hear that"]
    assert (await core.case()).reason == "The rule “complaint” hands over to a person."


async def test_outside_opening_hours_that_is_said_and_contact_is_asked_for(core: Core) -> None:
    core.later(hours=12)
    await core.wrote("I want a human")
    assert "e-mail address" in (await core.lines())[-1][1]
    assert (await core.case()).due_at is None
    await core.wrote("ann@example.com")
    assert (await core.lines())[-1] == (
        "system",
        "Thank you, I have noted that for my colleagues.",
    )
    await core.wrote("and hurry")
    assert (await core.lines())[-1] == ("customer", "and hurry")


async def test_while_waiting_the_bot_is_silent_and_every_line_is_relayed(core: Core) -> None:
    await core.wrote("human")
    await core.wrote("hello")
    assert (await core.lines())[-1] == ("customer", "hello")
    kinds = [kind for kind, _ in await core.queued("case:1")]
    assert kinds == ["open", "transcript", "relay"]


async def test_two_calls_for_a_person_open_one_case(core: Core) -> None:
    await core.wrote("human")
    await core.wrote("agent!")
    kinds = [kind for kind, _ in await core.queued("case:1")]
    assert kinds.count("open") == 1


async def test_a_button_says_its_words_and_a_rule_answers_them(core: Core) -> None:
    await core.wrote("hello")
    pressed = ButtonPressed(address(), "p1", seq=2, index=0)
    assert (await core.engine.accept(pressed)).outcome is Outcome.STORED
    assert (await core.engine.accept(pressed)).outcome is Outcome.REPEAT
    assert (await core.lines())[2:] == [("customer", "shipping"), ("bot", "Three days")]


async def test_a_button_can_call_a_person(core: Core) -> None:
    await core.wrote("hello")
    await core.engine.accept(ButtonPressed(address(), "p1", seq=2, index=1))
    assert (await core.conversation()).mode is Mode.WAITING
    assert (await core.case()).reason == "The customer pressed “A person”."


async def test_a_press_on_what_was_never_shown_does_nothing(core: Core) -> None:
    await core.wrote("hello")
    for seq, index in ((1, 0), (2, 7), (2, -1), (99, 0)):
        pressed = ButtonPressed(address(), f"p{seq}{index}", seq=seq, index=index)
        assert (await core.engine.accept(pressed)).outcome is Outcome.IGNORED
    assert len(await core.lines()) == 2


async def test_a_number_chooses_a_button(core: Core) -> None:
    await core.wrote("hello")
    await core.wrote("1")
    assert (await core.lines())[-1] == ("bot", "Three days")


async def test_a_file_without_a_word_is_acknowledged_without_gpt(core: Core) -> None:
    photo = Attachment(AttachmentKind.IMAGE, "pot.jpg", "image/jpeg", 10, source="telegram")
    await core.wrote("", attachments=(photo,))
    assert "I have the file" in (await core.lines())[-1][1]


async def test_opening_the_chat_on_telegram_is_welcomed(core: Core) -> None:
    await core.wrote("/start ref7", channel=TELEGRAM)
    assert (await core.lines(TELEGRAM))[-1][1] == "Hello! This is Fern. How can I help you?"


async def test_who_writes_too_fast_is_told_once_and_still_heard(core: Core) -> None:
    for number in range(25):
        await core.wrote(f"shipping {number}", channel=TELEGRAM)
    lines = await core.lines(TELEGRAM)
    assert sum(kind == "customer" for kind, _ in lines) == 25
    assert sum("a lot at once" in text for _, text in lines) == 1


async def test_a_repeat_does_not_count_as_writing_fast(core: Core) -> None:
    for _ in range(60):
        await core.wrote("shipping", id="the same", channel=TELEGRAM)
    await core.wrote("shipping", channel=TELEGRAM)
    assert (await core.lines(TELEGRAM))[-1] == ("bot", "Three days")


async def test_who_presses_too_fast_is_slowed_down_like_who_writes(core: Core) -> None:
    await core.wrote("hello", channel=TELEGRAM)
    for number in range(25):
        press = ButtonPressed(address(TELEGRAM), f"p{number}", seq=2, index=0)
        await core.engine.accept(press)
    lines = await core.lines(TELEGRAM)
    assert sum("a lot at once" in text for _, text in lines) == 1
    assert [kind for kind, _ in lines[-4:]] == ["customer"] * 4


async def test_an_edit_changes_the_transcript_and_reaches_the_agents(core: Core) -> None:
    await core.wrote("human")
    await core.wrote("my order is 12", id="x")
    await core.queued("case:1")
    edit = CustomerEdited(address(), "x", "my order is 13")
    assert (await core.engine.accept(edit)).outcome is Outcome.STORED
    assert (await core.engine.accept(edit)).outcome is Outcome.REPEAT
    assert (await core.lines())[-1][1] == "my order is 13"
    assert [kind for kind, _ in await core.queued("case:1")] == ["relay_edit"]


async def test_an_edit_of_what_was_said_before_the_case_reaches_the_agents(core: Core) -> None:
    await core.wrote("a human for order 12", id="x")
    await core.queued("case:1")
    await core.engine.accept(CustomerEdited(address(), "x", "a human for order 13"))
    await core.engine.accept(CustomerDeleted(address(), "x"))
    assert await core.queued("case:1") == [("relay_edit", "")]


async def test_what_the_agents_do_not_have_yet_is_not_changed_there(core: Core) -> None:
    await core.wrote("a human for order 12", id="x")
    await core.engine.accept(CustomerEdited(address(), "x", "a human for order 13"))
    assert [kind for kind, _ in await core.queued("case:1")] == ["open", "transcript"]
    await core.wrote("and soon", id="y")
    await core.engine.accept(CustomerDeleted(address(), "y"))
    assert [kind for kind, _ in await core.queued("case:1")] == ["relay"]


async def test_a_line_that_is_changed_again_and_again_is_shown_as_it_is_in_the_end(
    core: Core,
) -> None:
    await core.wrote("human")
    await core.wrote("order 0", id="x")
    await core.queued("case:1")
    for number in range(1, 20):
        await core.engine.accept(CustomerEdited(address(), "x", f"order {number}"))
    assert [kind for kind, _ in await core.queued("case:1")] == ["relay_edit"]


async def test_who_asks_for_a_person_by_an_edit_gets_one(core: Core) -> None:
    await core.wrote("I want to talk to a hunan beign", id="x")
    await core.engine.accept(CustomerEdited(address(), "x", "I want to talk to a human being"))
    assert (await core.conversation()).mode is Mode.WAITING
    assert [kind for kind, _ in await core.queued("case:1")] == ["open", "transcript"]
    lines = len(await core.lines())
    await core.engine.accept(CustomerEdited(address(), "x", "I want to talk to a human, please"))
    assert len(await core.lines()) == lines


async def test_an_edit_of_what_is_settled_calls_nobody(core: Core) -> None:
    await core.wrote("hello", id="x")
    await core.wrote("shipping", id="y")
    await core.engine.accept(CustomerEdited(address(), "x", "hello human"))
    await core.engine.accept(CustomerEdited(address(), "y", "delivery"))
    assert (await core.conversation()).mode is Mode.BOT
    assert [kind for kind, _ in await core.lines()] == ["customer", "bot"] * 2


async def test_what_is_deleted_is_gone_from_every_thread_that_has_it(core: Core) -> None:
    """Of the case that is over, and of the one that began with it as its past."""
    await core.wrote("human")
    await core.wrote("my PIN is 4711", id="x")
    await core.queued("case:1")
    ref = await core.thread_opened()
    await core.engine.accept(AgentCommanded(ref, "9.9", MIA, Command.BOT))
    await core.wrote("human again")
    await core.queued("case:1")
    await core.queued("case:2")
    await core.engine.accept(CustomerDeleted(address(), "x"))
    assert await core.queued("case:1") == [("relay_edit", "")]
    assert await core.queued("case:2") == [("relay_edit", "")]


async def test_who_asks_for_a_person_by_an_edit_opens_a_closed_conversation(core: Core) -> None:
    await core.wrote("human")
    ref = await core.thread_opened()
    await core.wrote("thanks", id="x")
    await core.queued("case:1")
    await core.engine.accept(AgentCommanded(ref, "9.9", MIA, Command.CLOSE))
    await core.engine.accept(CustomerEdited(address(), "x", "thanks, a human once more please"))
    assert (await core.conversation()).mode is Mode.WAITING
    assert (await core.case()).id == 2


async def test_an_older_edit_that_comes_later_changes_nothing(core: Core) -> None:
    """D06: Slack tells again what was not acknowledged."""
    await core.wrote("order 1", id="x")
    for text, seconds, outcome in (("order 3", 9, "stored"), ("order 2", 5, "repeat")):
        at = core.now + timedelta(seconds=seconds)
        accepted = await core.engine.accept(CustomerEdited(address(), "x", text, at=at))
        assert accepted.outcome == outcome
    assert (await core.lines())[0] == ("customer", "order 3")


async def test_a_deletion_empties_the_line(core: Core) -> None:
    await core.wrote("hello", id="x")
    await core.engine.accept(CustomerDeleted(address(), "x"))
    assert (await core.lines())[0] == ("customer", "")


async def test_an_edit_of_an_unknown_message_does_nothing(core: Core) -> None:
    edit = CustomerEdited(address(), "never", "x")
    assert (await core.engine.accept(edit)).outcome is Outcome.IGNORED


async def test_several_photos_are_answered_once(core: Core) -> None:
    photo = Attachment(AttachmentKind.IMAGE, "photo.jpg", "image/jpeg", 10)
    for _ in range(5):
        await core.wrote("", channel=TELEGRAM, attachments=(photo,))
    core.later(minutes=1)
    await core.wrote("", channel=TELEGRAM, attachments=(photo,))
    await core.wrote("", channel=TELEGRAM)
    kinds = [kind for kind, _ in await core.lines(TELEGRAM)]
    assert kinds == ["customer", "system", *["customer"] * 5, "system", "customer", "system"]


async def test_another_channel_gets_a_row_for_each_part(core: Core) -> None:
    await core.wrote("hello", channel=TELEGRAM)
    assert await core.queued("customer:1") == [("reply", "Hello there")]


async def test_without_a_desk_the_request_is_kept_and_the_bot_goes_on(lonely: Core) -> None:
    await lonely.wrote("I want a human")
    assert "cannot reach a colleague" in (await lonely.lines())[-1][1]
    await lonely.wrote("shipping")
    assert (await lonely.lines())[-1] == ("bot", "Three days")
    assert (await lonely.case()).ref is None
    assert await lonely.queued("case:1") == []


async def test_without_a_desk_a_second_request_is_no_second_case(lonely: Core) -> None:
    await lonely.wrote("I want a human")
    await lonely.wrote("A human, please!")
    assert (await lonely.case()).id == 1


@pytest.mark.parametrize("address", ["ann@example.com", "call 0151 234567"])
async def test_nobody_hears_that_it_is_noted_before_they_can_be_reached(
    lonely: Core, address: str
) -> None:
    """Without a desk, and in a browser: whoever gives no address waits for nobody."""
    await lonely.wrote("I want a human")
    for text in ("A human, please!", "why?", address, "why?"):
        await lonely.wrote(text)
    said = [text for kind, text in await lonely.lines() if kind == "system"]
    assert ["noted that" in text for text in said] == [False, False, False, True, True]


async def test_who_writes_on_a_platform_can_be_reached_there(lonely: Core) -> None:
    await lonely.wrote("I want a human", channel=TELEGRAM)
    await lonely.wrote("A human, please!", channel=TELEGRAM)
    assert "noted that" in (await lonely.lines(TELEGRAM))[-1][1]


async def test_while_the_desk_is_off_lines_wait_for_their_thread(lonely: Core) -> None:
    """Its tokens were mistyped for a while, say: the agents get those lines too."""
    await lonely.wrote("I want a human")
    await lonely.thread_opened()
    await lonely.wrote("My number is 12345")
    assert [kind for kind, _ in await lonely.queued("case:1")] == ["relay"]


async def test_a_desk_connected_later_gets_the_kept_requests(lonely: Core) -> None:
    await lonely.wrote("I want a human")
    lonely.casework.has_desk = True
    assert await lonely.store.write(lonely.casework.open_kept_requests) == 1
    assert await lonely.store.write(lonely.casework.open_kept_requests) == 0
    assert [kind for kind, _ in await lonely.queued("case:1")] == ["open", "transcript"]


async def test_listeners_hear_of_commits_in_order(core: Core) -> None:
    await core.wrote("human")
    kinds = [type(notice) for notice in core.notices]
    assert kinds == [MessageStored, ModeChanged, MessageStored]
