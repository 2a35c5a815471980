"""What `frontdesk stats` counts, and that the store counts the same."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.records import Bill, Expense
from core.store import Store, Transaction
from tests.lab.conftest import NOW, TODAY, Lab
from tests.lab.past import Writer, fill, settings_at

At = Callable[..., datetime]


async def counted(lab: Lab, *more: str) -> dict[str, Any]:
    return await asyncio.to_thread(lab.json, "stats", "--settings", lab.path, *more)


async def test_answers_are_counted_by_rule_gpt_and_person(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "a refund", at(12))
        writer.says(tx, "a", "another refund", at(12, 1))
        writer.says(tx, "a", "shipping", at(12, 2))
        writer.says(tx, "a", "cats", at(12, 3))
        writer.gpt(tx, talk, "Meow.", at(12, 4), micro_usd=300)
        writer.says(tx, "a", "a human please", at(12, 5))
        writer.agent(tx, talk, "Hello!", at(12, 6))
        writer.agent(tx, talk, "I am Mia.", at(12, 7))

    await writer.write(past)

    found = await counted(lab)

    assert found["answers"] == {"rule": 3, "gpt": 1, "person": 2}
    assert [(rule["id"], rule["answers"]) for rule in found["rules"]] == [
        ("refund", 2),
        ("shipping", 1),
    ]
    assert found["agents"] == {"Mia": 2}
    assert found["days"] == {str(at(12).date()): {"rule": 3, "gpt": 1, "person": 2}}
    assert (found["messages"], found["conversations"]) == (5, 1)
    assert found["questions"] == {
        "by_rule": 3,
        "by_gpt": 1,
        "by_person": 0,
        "waiting": 0,
        "asked_for_a_person": 1,
    }


@pytest.mark.parametrize(("more", "told"), [(1, "in 1 other"), (2, "in 2 others")])
async def test_one_question_left_over_is_an_other(
    more: int, told: str, lab: Lab, writer: Writer, at: At
) -> None:
    plants = "fern ivy moss palm aloe yucca orchid cactus bonsai begonia calathea ficus hoya lily"

    def past(tx: Transaction) -> None:
        for plant in plants.split()[: 12 + more]:
            talk = writer.says(tx, plant, plant, at(12))
            writer.gpt(tx, talk, "It is green.", at(12, 1))

    await writer.write(past)

    _, out, _ = await asyncio.to_thread(lab.run, "stats", "--settings", lab.path)
    assert any(line.endswith(f"  {told}") for line in out.splitlines())


async def test_a_rule_saves_what_gpts_answers_cost_on_average(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "cats", at(12))
        writer.gpt(tx, talk, "Meow.", at(12, 1), micro_usd=1000)
        writer.says(tx, "a", "dogs", at(12, 2))
        writer.gpt(tx, talk, "Woof.", at(12, 3), micro_usd=3000)
        writer.says(tx, "a", "dogs", at(12, 4))
        writer.gpt(tx, talk, "Woof.", at(12, 5), source="cache")
        for minute in range(3):
            writer.says(tx, "b", "refund", at(13, minute))
        tx.add_expense(Expense("late", Bill(micro_usd=500), None, at(13)))

    await writer.write(past)

    cost = (await counted(lab))["cost"]

    assert cost["usd"] == pytest.approx(0.0045)
    assert cost["gpt_answer_usd"] == pytest.approx(0.002)
    assert cost["basis"] == "average of 2"
    assert cost["saved_usd"] == pytest.approx(0.006)
    assert [(row["kind"], row["usd"]) for row in cost["answers"]] == [("cache", 0), ("gpt", 0.004)]
    assert [(row["kind"], row["usd"]) for row in cost["without_answer"]] == [("late", 0.0005)]


async def test_without_an_answer_of_gpts_the_price_list_counts(
    lab: Lab, writer: Writer, at: At
) -> None:
    await writer.write(lambda tx: _say(writer, tx, "refund", at(12)))

    cost = (await counted(lab))["cost"]

    # 500 tokens of 0.75 and 80 of 4.50 dollars a million
    assert cost["saved_usd"] == pytest.approx(0.000735)
    assert cost["basis"].startswith("price list")


async def test_a_model_without_a_price_is_named(lab: Lab, writer: Writer, at: At) -> None:
    await writer.write(lambda tx: _say(writer, tx, "refund", at(12)))
    lab.path = lab.changed(("model: gpt-5.4-mini", "model: own"))

    cost = (await counted(lab))["cost"]

    assert cost["saved_usd"] == 0
    assert cost["basis"] == "no price of own is known: set gpt.prices"


async def test_a_rule_that_asks_gpt_as_well_saves_nothing(
    lab: Lab, writer: Writer, at: At
) -> None:
    await writer.write(lambda tx: _say(writer, tx, "refund", at(12)))
    lab.path = lab.changed(("zh: 退款需要 3 天。}", "zh: 退款需要 3 天。}\n    then: gpt"))

    assert (await counted(lab))["cost"]["saved_usd"] == 0


async def test_unanswered_questions_that_are_alike_stand_together(
    lab: Lab, writer: Writer, at: At
) -> None:
    asks = {
        "Do you rent out plants for a wedding?": 2,
        "can I rent plants for our wedding": 1,
        "Is the monstera safe for cats?": 1,
        "你们可以上门安装吗": 1,
        "可以上门安装花架吗": 1,
        "shipping": 4,
    }

    def past(tx: Transaction) -> None:
        for number, (text, times) in enumerate(asks.items()):
            for time in range(times):
                talk = writer.says(tx, f"p{number}-{time}", text, at(12))
                if talk.pending_seq is not None:
                    writer.gpt(tx, talk, "Hm.", at(12, 1))

    await writer.write(past)

    unanswered = (await counted(lab))["unanswered"]

    assert unanswered["questions"] == 6
    assert [(group["text"], group["count"]) for group in unanswered["groups"]] == [
        ("Do you rent out plants for a wedding?", 3),
        ("你们可以上门安装吗", 2),
        ("Is the monstera safe for cats?", 1),
    ]


async def test_what_todays_rules_would_answer_is_no_longer_to_be_written(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "cats", at(12))
        writer.gpt(tx, talk, "Meow.", at(12, 1))
        writer.says(tx, "a", "dogs", at(12, 2))
        writer.gpt(tx, talk, "Woof.", at(12, 3))

    await writer.write(past)
    lab.path = lab.changed(("any: [shipping]", "any: [shipping, cats]"))

    unanswered = (await counted(lab))["unanswered"]

    assert (unanswered["questions"], unanswered["answered_by_todays_rules"]) == (2, 1)
    assert [group["text"] for group in unanswered["groups"]] == ["dogs"]


async def test_a_line_that_a_rule_answered_while_gpt_was_at_work_is_the_rules(
    lab: Lab, writer: Writer, at: At
) -> None:
    """GPT's bill says which lines its answer was for."""

    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "cats", at(12, 0))
        writer.says(tx, "a", "shipping", at(12, 1))
        writer.gpt(tx, talk, "Meow.", at(12, 2), upto=1)
        tx.append(
            talk, _bot(writer), "Shipping is free.", answered_by="rule:shipping", at=at(12, 2)
        )

    await writer.write(past)

    questions = (await counted(lab))["questions"]
    assert (questions["by_rule"], questions["by_gpt"]) == (1, 1)


async def test_who_says_which_rule_is_meant_has_asked_once(lab: Lab, store: Store, at: At) -> None:
    """The choice is no question, and the rule has answered what was asked before it."""
    lab.path = lab.settings(
        "settings.yaml",
        TODAY.partition("quick_replies")[0]
        + """
examples: {when_close: ask}
quick_replies:
  - id: dogs
    when: {examples: ["Can I bring my dog to the shop?", "May my dog come along?"]}
    reply: Dogs are welcome
  - id: cats
    when: {examples: ["Can I bring my cat to the shop?", "May my cat come along?"]}
    reply: Better not
""",
    )
    writer = Writer(store, settings_at(lab.path))

    def past(tx: Transaction) -> None:
        for peer, choice in (("a", "1"), ("b", "3")):
            talk = writer.says(tx, peer, "Can I bring my hamster to the shop?", at(12))
            assert tx.latest(talk.id, 1)[0].answered_by == "texts:did_you_mean"
            writer.says(tx, peer, choice, at(12, 1))
            if talk.pending_seq is not None:
                writer.gpt(tx, talk, "With care.", at(12, 2))

    await writer.write(past)

    found = await counted(lab)

    questions = found["questions"]
    assert (questions["by_rule"], questions["by_gpt"], questions["waiting"]) == (1, 1, 0)
    assert [group["text"] for group in found["unanswered"]["groups"]] == [
        "Can I bring my hamster to the shop?"
    ]


async def test_rules_never_used_and_rules_that_are_gone_are_named(
    lab: Lab, writer: Writer, at: At
) -> None:
    await writer.write(lambda tx: _say(writer, tx, "refund", at(12)))
    path = lab.changed(("id: refund", "id: money"))

    _, out, _ = await asyncio.to_thread(lab.run, "stats", "--settings", path)

    assert "refund (no longer there)" in out
    assert "Never used: money, shipping" in out


async def test_the_page_fits_80_columns_without_colours(
    lab: Lab, store: Store, writer: Writer, at: At
) -> None:
    await fill(store, settings_at(lab.path), 400, until=NOW)

    code, out, err = await asyncio.to_thread(lab.run, "stats", "--settings", lab.path)

    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "█ rules ▒ GPT ░ people" in out


async def test_an_empty_store_has_nothing_to_tell(lab: Lab, store: Store) -> None:
    code, out, err = await asyncio.to_thread(lab.run, "stats", "--settings", lab.path)

    assert (code, err) == (0, "")
    assert "0 in 0 conversations" in out


def test_without_a_store_the_error_names_the_place(lab: Lab) -> None:
    code, _, err = lab.run("stats", "--settings", lab.path)

    assert code == 1
    assert f"there is no store at {lab.folder}/frontdesk.db" in err
    (lab.folder / "frontdesk.db").write_text("hello" * 1000)
    _, _, err = lab.run("stats", "--settings", lab.path)
    assert err.endswith(f"file is not a database (store.url: {lab.folder}/frontdesk.db)\n")
    lab.store_url = f"sqlite:///{lab.folder}"
    _, _, err = lab.run("stats", "--settings", lab.settings("folder.yaml", TODAY))
    assert err == f"frontdesk: {lab.folder} is a folder; store.url names a file\n"


# --- the sums -------------------------------------------------------------------------------

_NEXT = """
    SELECT (SELECT n.answered_by FROM messages n WHERE n.conversation_id = m.conversation_id
            AND n.seq > m.seq AND n.author_kind <> 'customer' ORDER BY n.seq LIMIT 1) AS next,
           count(*)
    FROM messages m WHERE m.author_kind = 'customer' AND m.at >= :since
    GROUP BY 1
"""
_PEOPLE = """
    SELECT 'all', count(DISTINCT conversation_id) FROM messages
    WHERE at >= :since AND author_kind = 'customer'
"""


def by_sql(path: str, since: int, query: str) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute(query, {"since": since}).fetchall())


@pytest.mark.parametrize("days", [9, 40])
async def test_the_sums_are_those_of_the_store(days: int, lab: Lab, store: Store) -> None:
    """Counted once more by the database, which knows nothing of how the lab reads."""
    await fill(store, settings_at(lab.path), 1500, until=NOW, days=20)
    begin = (NOW - timedelta(days=days)).replace(hour=0, minute=0, second=0)
    since = int(begin.timestamp()) * 1_000_000

    found = await counted(lab, "--since", str(begin.date()))
    path = str(store.path)

    answers = by_sql(
        path,
        since,
        "SELECT answered_by, count(*) FROM messages WHERE at >= :since GROUP BY 1",
    )
    rules = {f"rule:{rule['id']}": rule["answers"] for rule in found["rules"]}
    assert rules == {by: n for by, n in answers.items() if by.startswith("rule:")}
    assert found["answers"]["gpt"] == answers["gpt"]
    assert found["answers"]["person"] == answers["agent"]
    assert found["messages"] == answers[""]
    assert sum(sum(day.values()) for day in found["days"].values()) == sum(
        found["answers"].values()
    )
    assert found["conversations"] == by_sql(path, since, _PEOPLE)["all"]
    cost = by_sql(path, since, "SELECT 'all', sum(cost_micro_usd) FROM answers WHERE at >= :since")
    assert found["cost"]["usd"] == pytest.approx(cost["all"] / 1_000_000)
    asked = by_sql(path, since, _NEXT)
    assert found["questions"]["by_gpt"] == asked["gpt"]
    unanswered = found["unanswered"]
    assert unanswered["questions"] == (
        sum(group["count"] for group in unanswered["groups"])
        + unanswered["answered_by_todays_rules"]
    )


def _say(writer: Writer, tx: Transaction, text: str, at: datetime) -> None:
    writer.says(tx, "a", text, at)


def _bot(writer: Writer) -> Any:
    return writer._policy.bot
