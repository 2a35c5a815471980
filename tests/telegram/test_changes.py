from __future__ import annotations

import pytest

from core.errors import Undeliverable
from sandbox.faults import Effect, Fault
from sandbox.telegram import TelegramSandbox, troubles
from tests.telegram.shop import MIA, Core, at, bold, reply, shown, started


async def test_a_reply_is_changed_and_deleted(core: Core, sandbox: TelegramSandbox) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply("on Mondey", MIA))
        for _ in range(2):  # the second time there is nothing to change
            await connector.edit(at(li), receipt.remote_id, reply("on Monday", MIA))
        [message] = shown(sandbox, li)
        assert message.text == "Mia\non Monday"
        assert bold(message) == [(0, 3)]
        for _ in range(2):
            await connector.delete(at(li), receipt.remote_id)
        assert shown(sandbox, li) == []
        with pytest.raises(Undeliverable, match="the message was deleted"):
            await connector.edit(at(li), receipt.remote_id, reply("too late", MIA))


async def test_typing_and_drafts_are_shown_while_an_answer_is_made(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    group = sandbox.add_group("Garden", li)
    async with started(core, sandbox) as connector:
        await connector.typing(at(li), "")
        assert sandbox.action(li) == "typing"
        await connector.draft(at(li), "I thi")
        await connector.draft(at(li), "I think so" + "o" * 5000)
        draft = sandbox.draft(li)
        assert draft is not None
        assert draft.text.startswith("I think so")
        await connector.draft(at(group), "nothing for groups")
        assert sandbox.draft(group) is None
        await connector.send(at(li), reply("I think so."))
        assert sandbox.draft(li) is None


@pytest.mark.parametrize("status", [400, 404])
async def test_where_drafts_are_refused_none_is_tried_again_and_typing_goes_on(
    core: Core, sandbox: TelegramSandbox, status: int
) -> None:
    li, mo = sandbox.add_customer("Li"), sandbox.add_customer("Mo")
    async with started(core, sandbox) as connector:
        refused = Fault(Effect.ANSWER, status=status)
        sandbox.faults.add("sendMessageDraft", refused)
        for text in ("I", "I thi", "I think"):
            await connector.draft(at(li), text)
            await connector.typing(at(li), "")
        assert (sandbox.draft(li), sandbox.action(li)) == (None, "typing")
        await connector.draft(at(mo), "You")
        assert sandbox.draft(mo) is not None
        await connector.send(at(li), reply("I think so."))
        assert [message.text for message in shown(sandbox, li)] == ["I think so."]


async def test_a_sign_that_comes_too_often_is_left_out_for_as_long_as_telegram_says(
    core: Core, sandbox: TelegramSandbox
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.faults.add("sendMessageDraft", troubles.too_many_requests(30))
        await connector.draft(at(li), "I")
        await connector.draft(at(li), "I think")
        await connector.typing(at(li), "")
        assert (sandbox.draft(li), sandbox.action(li)) == (None, None)


@pytest.mark.parametrize("fault", [troubles.bad_gateway(), troubles.too_many_requests(30)])
async def test_a_sign_that_fails_is_left_out(
    core: Core, sandbox: TelegramSandbox, fault: Fault
) -> None:
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        sandbox.faults.add("sendChatAction", fault)
        sandbox.faults.add("sendMessageDraft", fault)
        await connector.typing(at(li), "")
        await connector.draft(at(li), "I thi")
        await connector.send(at(li), reply("I think so."))
