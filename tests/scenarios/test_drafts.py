"""While GPT writes, customers see that it does; the answer itself comes once, whatever happens."""

from __future__ import annotations

import pytest

from sandbox.faults import Effect, Fault
from sandbox.openai import Turn
from tests.scenarios.house import House, until

ANSWER = "Ferns like it shady and damp, so keep them away from the window."
SLOWLY = Turn(ANSWER, chunk_size=16, seconds_between=0.5)


def from_bot(house: House, chat: int) -> list[str]:
    return [message.text for message in house.telegram.chat(chat) if message.from_bot]


async def test_on_telegram_the_answer_is_seen_growing_and_comes_once(house: House) -> None:
    await house.open(telegram=True)
    li = house.telegram.add_customer("Li")
    house.openai.script(SLOWLY)
    house.telegram.say(li, "where do I put it?")
    seen: list[str] = []

    def grown() -> bool:
        draft = house.telegram.draft(li)
        if draft is not None and draft.text not in seen:
            seen.append(draft.text)
        return ANSWER in from_bot(house, li)

    await until(grown, "the answer")
    assert len(seen) >= 2
    assert all(ANSWER.startswith(text.removesuffix(" …")) for text in seen)
    assert from_bot(house, li) == [ANSWER]
    assert house.telegram.draft(li) is None
    assert house.telegram.journal.of("sendChatAction")


@pytest.mark.parametrize("effect", [Effect.ANSWER, Effect.RESET, Effect.ACCEPT_THEN_HANG])
async def test_drafts_that_fail_cost_no_message_and_double_none(
    house: House, effect: Effect
) -> None:
    await house.open(telegram=True)
    li = house.telegram.add_customer("Li")
    house.openai.script(SLOWLY)
    house.telegram.faults.add("sendMessageDraft", Fault(effect, status=400), times=9)
    house.telegram.say(li, "where do I put it?")
    await house.on_telegram(li, ANSWER)
    assert from_bot(house, li) == [ANSWER]


async def test_a_slack_customer_sees_a_status_until_the_answer_comes(house: House) -> None:
    house.slack_customers = True
    await house.open()
    ann = house.slack.add_user("ann", real_name="Ann Customer")
    dm = house.slack.open_dm(ann)
    house.openai.script(Turn(ANSWER, seconds_before=0.5))
    root = await house.slack.say(dm, ann, "where do I put it?")
    statuses = house.slack.workspace.statuses
    await until(lambda: statuses.get((dm, root)) == "is typing…", "a status")
    await until(lambda: not statuses, "the end of it")
    assert [m.text for m in house.slack.thread(dm, root)] == [ANSWER]
