"""An admin edits settings.yaml while customers chat."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.openai.troubles import key_revoked
from tests.scenarios.house import SETTINGS, House, until


async def _answer(house: House, question: str) -> str:
    async with house.visitor() as visitor:
        await visitor.say(question)
        frame = await visitor.see(
            lambda f: f["type"] == "message" and f["author"]["kind"] != "customer", "an answer"
        )
        return str(frame["text"])


async def test_a_changed_rule_answers_within_a_second(house: House) -> None:
    await house.open(slack=False, gpt=False)
    assert await _answer(house, "shipping") == "Shipping takes 3 days."
    house.write_settings(SETTINGS.replace("takes 3 days", "takes 2 days"))
    await until(lambda: rule(house, "shipping") == "Shipping takes 2 days.", "the rule", within=1)
    assert await _answer(house, "shipping") == "Shipping takes 2 days."


async def test_a_broken_file_changes_nothing_and_the_desk_is_told(house: House) -> None:
    await house.open(gpt=False)
    house.settings_path.write_text("quick_replies: [\n", encoding="utf-8")
    await until(
        lambda: any("settings.yaml:" in m.text for m in house.slack.messages(house.desk)),
        "the reason in the desk's channel",
    )
    assert await _answer(house, "shipping") == "Shipping takes 3 days."


async def test_each_mistake_of_a_refused_file_is_a_line_of_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.open(slack=False, gpt=False)
    house.settings_path.write_text("busines: {}\ngtp: {}\n", encoding="utf-8")
    await until(lambda: "2 | gtp" in caplog.text, "the mistakes in the log")
    lines = [record.getMessage() for record in caplog.records]
    assert [line.rpartition("settings.yaml")[2].partition(" (")[0] for line in lines[-6:]] == [
        ':1:1: unknown key "busines"',
        "   1 | busines: {}",
        "     | ^",
        ':2:1: unknown key "gtp"',
        "   2 | gtp: {}",
        "     | ^",
    ]


async def test_the_desk_reads_in_a_line_what_a_save_has_changed(house: House) -> None:
    await house.open(gpt=False)
    house.write_settings(SETTINGS.replace("takes 3 days", "takes 2 days"))
    await until(lambda: house.slack.messages(house.desk), "a line in the desk's channel")
    house.write_settings(SETTINGS.replace("takes 3 days", "takes 2 days") + "# a comment\n")
    house.write_settings(SETTINGS)
    await until(lambda: len(house.slack.messages(house.desk)) > 1, "the next line")
    assert [message.text for message in house.slack.messages(house.desk)] == [
        "frontdesk: settings.yaml: 1 rule changed (shipping)"
    ] * 2


async def test_a_new_doubt_about_a_saved_file_is_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.open(slack=False, gpt=False)
    house.extra = "  - id: late\n    when: {any: [hello]}\n    reply: x\n"
    house.write_settings()
    await until(lambda: 'the rule "late" can never answer' in caplog.text, "the warning")


async def test_a_key_refused_at_start_leaves_to_a_person_what_no_rule_answers(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.open()
    house.environ["OPENAI_API_KEY"] = "sk-refused-at-once-000000000"
    await house.restart()
    await until(lambda: "GPT is off" in caplog.text, "the refusal in the log")
    async with house.visitor() as visitor:
        await visitor.say("Can I grow basil at night?")
        await visitor.hears("called a colleague", "system")
        await house.in_thread("Can I grow basil at night?", 2)
    assert "GPT is off" in house.slack.messages(house.desk)[0].text
    assert not house.openai.journal.of("chat.completions")


async def test_gpt_is_on_again_when_its_provider_refuses_no_longer(house: House) -> None:
    await house.open()
    house.service.provider.ask_again = 0.05
    house.openai.faults.add("models", key_revoked(), times=3)
    house.write_settings(SETTINGS.replace("debounce: 100ms", "debounce: 120ms"))
    await until(lambda: len(house.slack.messages(house.desk)) > 2, "what the desk is told")
    told = [message.text for message in house.slack.messages(house.desk)]
    assert sum("GPT is off" in text for text in told) == 1
    assert told[-1] == "frontdesk: GPT is on again."
    house.openai.script("At night, too.")
    async with house.visitor() as visitor:
        await visitor.say("Can I grow basil at night?")
        await visitor.hears("At night, too.", "bot")


async def test_a_refusal_that_comes_when_the_key_is_mended_already_switches_nothing_off(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.open()
    late = replace(key_revoked(), seconds=1.0)
    house.openai.faults.add("models", late)
    house.write_settings(SETTINGS.replace("debounce: 100ms", "debounce: 150ms"))
    await until(lambda: not house.openai.faults.left("models"), "the check of the first save")
    refused = house.service.turns.model
    house.write_settings(SETTINGS.replace("debounce: 100ms", "debounce: 120ms"))
    await until(lambda: house.service.turns.model is not refused, "the second save in force")
    await until(lambda: "GPT check" not in _names(), "the end of both checks")
    house.openai.script("At night, too.")
    async with house.visitor() as visitor:
        await visitor.say("Can I grow basil at night?")
        await visitor.hears("At night, too.", "bot")
    assert "GPT is off" not in caplog.text


def _names() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks()]


async def test_a_good_file_after_a_broken_one_is_taken(house: House) -> None:
    await house.open(slack=False, gpt=False)
    house.settings_path.write_text("busines: {}\n", encoding="utf-8")
    house.write_settings(SETTINGS.replace("takes 3 days", "takes 4 days"))
    await until(lambda: rule(house, "shipping") == "Shipping takes 4 days.", "the rule")


async def test_a_desk_connected_later_opens_the_kept_requests(house: House) -> None:
    await house.open(slack=False, gpt=False)
    async with house.visitor() as visitor:
        await visitor.say("I need a human")
        await visitor.hears("cannot reach a colleague", "system")
        await visitor.say("ann@example.com")
        await visitor.hears("I have noted that for my colleagues", "system")
        await house.stop()
    house.connect_desk()
    await house.start()
    await house.in_thread("ann@example.com")
    async with house.visitor(token=visitor.token) as again:
        card = await house.card()
        await house.slack.say(house.desk, house.mia, "Here I am", thread_ts=card.ts)
        await again.hears("Here I am", "agent")


async def test_the_database_file_is_nobody_elses_to_read(house: House, tmp_path: Path) -> None:
    await house.open(slack=False, gpt=False)
    assert (tmp_path / "frontdesk.db").stat().st_mode & 0o077 == 0


def rule(house: House, id: str) -> str:
    rules = house.service.policy().settings.quick_replies
    return next(r.reply[""] for r in rules if r.id == id)
