"""Whatever characters a text, a name or a button has, exactly these arrive, and nothing else."""

from __future__ import annotations

import pytest

from core.messages import Author, AuthorKind, Button
from sandbox.telegram import TelegramSandbox
from tests.telegram.shop import MIA, Core, at, bold, reply, shown, started

SPECIALS = "_*[]()~`>#+-=|{}.!<b>&amp;</b>\\ *bold* [x](https://x.y)"


async def test_exact_words_arrive_whatever_characters_they_have(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """B12: a text goes out without any markup language, so nothing can be one."""
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply(SPECIALS))
    [message] = shown(sandbox, li)
    assert message.text == SPECIALS
    assert message.entities == []
    assert receipt.remote_id == str(message.message_id)
    [call] = sandbox.journal.of("sendMessage")
    assert "parse_mode" not in call.arguments


async def test_an_agents_reply_shows_the_name_in_bold(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """B10, B12: a name is bold by an entity, whatever characters it has."""
    li = sandbox.add_customer("Li")
    name = Author(AuthorKind.AGENT, "Mia <🌱>")
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply(SPECIALS, name))
    [message] = shown(sandbox, li)
    assert message.text == f"Mia <🌱>\n{SPECIALS}"
    assert bold(message) == [(0, 8)]


async def test_specials_arrive_exactly_in_every_field(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """B12: buttons, file names and captions have their specials as well, also after an edit."""
    li = sandbox.add_customer("Li")
    file = core.put(SPECIALS.replace("/", ""), "application/pdf", b"%PDF")
    name = Author(AuthorKind.AGENT, SPECIALS)
    buttons = (Button(SPECIALS, say="x"), Button("<b>*", url="https://x.y/_*?a=<b>&c=[d](e)"))
    async with started(core, sandbox) as connector:
        words = await connector.send(at(li), reply("Well?", buttons=buttons))
        await connector.send(at(li), reply("", name, attachments=(file,)))
        [[say], [link]] = shown(sandbox, li)[0].buttons
        await connector.edit(at(li), words.remote_id, reply(SPECIALS))
    changed, document = shown(sandbox, li)
    assert (say.label, link.label, link.url) == (SPECIALS, "<b>*", buttons[1].url)
    assert (changed.text, changed.entities) == (SPECIALS, [])
    assert document.media is not None
    assert document.media.file.name == file.name
    assert document.text == SPECIALS
    assert bold(document) == [(0, len(SPECIALS))]
    assert not [call for call in sandbox.journal if "parse_mode" in call.arguments]


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a"\r\nX-Evil: 1\r\n.pdf', "a' X-Evil: 1 .pdf"),
        ("\u200b", "file"),
        ("\U000e0041bill\x1b[2J.pdf", "bill[2J.pdf"),
    ],
)
async def test_a_file_name_shows_what_it_is(
    core: Core, sandbox: TelegramSandbox, name: str, shown_as: str
) -> None:
    """B07, B10: no name turns around what is behind it, or breaks the request that carries it."""
    li = sandbox.add_customer("Li")
    file = core.put(name, "application/pdf", b"%PDF")
    async with started(core, sandbox) as connector:
        await connector.send(at(li), reply("", MIA, attachments=(file,)))
    [message] = shown(sandbox, li)
    assert message.media is not None
    assert message.media.file.name == shown_as


async def test_no_link_of_ours_is_fetched_for_a_preview(
    core: Core, sandbox: TelegramSandbox
) -> None:
    """B10, B15: an address that GPT was made to write is called by nobody but who presses it."""
    li = sandbox.add_customer("Li")
    async with started(core, sandbox) as connector:
        receipt = await connector.send(at(li), reply("https://evil.example/?secret"))
        await connector.edit(at(li), receipt.remote_id, reply("https://evil.example/?other"))
    calls = [call for call in sandbox.journal if call.method in ("sendMessage", "editMessageText")]
    previews = [call.arguments["link_preview_options"] for call in calls]
    assert previews == [{"is_disabled": True}] * 2
