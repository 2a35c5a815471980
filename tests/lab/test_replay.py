"""What `frontdesk replay` says about a change before it goes live."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.messages import ChannelName
from core.store import Store, Transaction
from core.store.history import Past, read_past
from tests.lab.conftest import Lab
from tests.lab.past import Writer, settings_at

At = Callable[..., datetime]


async def replayed(lab: Lab, new: Path, *more: str) -> dict[str, Any]:
    """In a thread, because the store is open in this one's loop."""
    arguments: list[str | Path] = ["replay", "--settings", new, "--against", lab.path, *more]
    return await asyncio.to_thread(lab.json, *arguments)


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in found]


async def test_every_kind_of_change_is_told_with_its_message(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        asks = ("a refund please", "shipping?", "is it safe for cats", "thank you", "a human")
        for number, text in enumerate(asks):
            talk = writer.says(tx, f"p{number}", text, at(12))
            if talk.pending_seq is not None:
                writer.gpt(tx, talk, "Hm.", at(12, 1))

    await writer.write(past)
    new = lab.changed(
        ("any: [refund, 退款]", "any: [cats]"), ("Shipping is free.", "Shipping is 4 €.")
    )

    found = await replayed(lab, new)

    assert texts(found["changed"]) == ["shipping?"]
    assert found["changed"][0]["today"]["text"] == "Shipping is free."
    assert found["changed"][0]["new"]["text"] == "Shipping is 4 €."
    assert texts(found["newly_answered"]) == ["is it safe for cats"]
    assert found["newly_answered"][0]["today"] == {"by": "gpt"}
    assert texts(found["newly_lost"]) == ["a refund please"]
    assert (found["messages"], found["same"], found["conversations"]) == (5, 2, 5)
    assert found["gpt_calls"] == {"today": 2, "new": 2, "saved": 0}
    assert found["people_called"] == {"today": 1, "new": 1, "saved": 0}


async def test_a_rule_with_another_name_changes_nothing(lab: Lab, writer: Writer, at: At) -> None:
    await writer.write(lambda tx: _say(writer, tx, "shipping", at(12)))
    new = lab.changed(("id: shipping", "id: delivery"))

    assert (await replayed(lab, new))["same"] == 1


async def test_calls_and_money_are_saved_where_a_rule_takes_over(
    lab: Lab, writer: Writer, at: At
) -> None:
    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "cats", at(12, 0, 0))
        writer.says(tx, "a", "and cats again", at(12, 0, 1))  # the same call of GPT's
        writer.gpt(tx, talk, "Hm.", at(12, 0, 5))
        writer.says(tx, "a", "cats once more", at(12, 5))

    await writer.write(past)

    found = await replayed(lab, lab.changed(("any: [shipping]", "any: [cats]")))

    assert found["gpt_calls"] == {"today": 2, "new": 0, "saved": 2}
    answer = found["money"]["gpt_answer_usd"]
    assert answer > 0
    assert found["money"]["saved_usd"] == pytest.approx(2 * answer)


async def test_each_message_is_asked_as_it_came(lab: Lab, writer: Writer, at: At) -> None:
    """In its channel, its language, its hours and under its customer's name."""
    telegram = ChannelName("telegram")

    def past(tx: Transaction) -> None:
        writer.says(tx, "a", "cats", at(12), channel=telegram)
        writer.says(tx, "b", "cats", at(12))
        writer.says(tx, "c", "cats", at(20))
        writer.says(tx, "d", "你好", at(12))
        writer.says(tx, "d", "ok", at(12, 1))  # too short to change the language
        writer.says(tx, "e", "dogs", at(12), name="Ann")
        writer.says(tx, "f", "dogs", at(12))

    await writer.write(past)
    rules = """
  - {id: open, when: {any: [cats], channels: [web], hours: open}, reply: We are here.}
  - {id: chinese, when: {any: [ok], languages: [zh]}, reply: 好的。}
  - {id: name, when: {any: [dogs]}, reply: "Dogs, {customer.name}?"}
"""
    new = lab.changed(("  - id: refund", f"{rules.strip(chr(10))}\n  - id: refund"))

    answered = (await replayed(lab, new))["newly_answered"]

    assert [(row["text"], row["new"]["rule"]) for row in answered] == [
        ("cats", "open"),
        ("ok", "chinese"),
        ("dogs", "name"),
    ]
    assert answered[0]["at"] == at(12).isoformat()
    assert answered[2]["new"]["text"] == "Dogs, Ann?"


async def test_only_what_came_to_the_bot_counts(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        talk = writer.says(tx, "a", "cats before", at(12))
        writer.gpt(tx, talk, "Hm.", at(12, 1))
        writer.says(tx, "a", "a human please", at(12, 2))
        writer.says(tx, "a", "cats while waiting", at(12, 3))
        writer.agent(tx, talk, "Hello, Mia here", at(12, 4))
        writer.says(tx, "a", "cats with Mia", at(12, 5))
        writer.close(tx, talk, at(12, 6))
        writer.says(tx, "a", "cats after", at(12, 7))

    await writer.write(past)

    found = await replayed(lab, lab.changed(("any: [shipping]", "any: [cats]")))

    assert texts(found["newly_answered"]) == ["cats before", "cats after"]
    assert found["messages"] == 3


async def test_without_a_desk_the_bot_stays_responsible(lab: Lab, store: Store, at: At) -> None:
    writer = Writer(store, settings_at(lab.path), has_desk=False)

    def past(tx: Transaction) -> None:
        writer.says(tx, "a", "a human please", at(12))
        writer.says(tx, "a", "cats all the same", at(12, 1))

    await writer.write(past)

    found = await replayed(lab, lab.changed(("any: [shipping]", "any: [cats]")))

    assert texts(found["newly_answered"]) == ["cats all the same"]


async def test_a_button_counts_as_what_it_says(lab: Lab, writer: Writer, at: At) -> None:
    """Chosen by number it is the button's words, and one that calls a person is no question."""

    def past(tx: Transaction) -> None:
        for peer, choice in (("a", "1"), ("b", "2"), ("c", "A person")):
            writer.says(tx, peer, "shipping", at(12))
            writer.says(tx, peer, choice, at(12, 1))

    await writer.write(past)
    new = lab.changed(
        (
            "  - id: refund",
            "  - {id: long, when: {any: [how long]}, reply: 3 days.}\n  - id: refund",
        )
    )

    found = await replayed(lab, new)

    assert texts(found["changed"]) == ["1"]
    assert found["messages"] == 4


async def test_since_leaves_out_what_is_older(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        writer.says(tx, "a", "shipping", at(1).replace(year=2020))
        writer.says(tx, "b", "shipping", at(1).replace(year=2020))
        writer.says(tx, "b", "refund", at(1))

    await writer.write(past)
    new = lab.changed(("any: [shipping]", "any: [cats]"), ("any: [refund", "any: [dogs"))

    assert texts((await replayed(lab, new, "--since", "3d"))["newly_lost"]) == ["refund"]
    day = at(1).date().isoformat()
    assert texts((await replayed(lab, new, "--since", day))["newly_lost"]) == ["refund"]
    assert len((await replayed(lab, new))["newly_lost"]) == 3


async def test_the_table_fits_80_columns_without_colours(lab: Lab, writer: Writer, at: At) -> None:
    def past(tx: Transaction) -> None:
        for peer in "abc":
            writer.says(tx, peer, "shipping \x1b[31m" + "very long words " * 20, at(12))

    await writer.write(past)
    new = lab.changed(("Shipping is free.", "Shipping is 4 €."))

    arguments = ("replay", "--settings", new, "--against", lab.path)
    code, out, err = await asyncio.to_thread(lab.run, *arguments)

    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "Changed answers (3 messages)" in out
    assert "    3   shipping" in out
    assert "changed         3\n" in out


async def test_a_new_file_that_fails_its_own_tests_is_named(
    lab: Lab, writer: Writer, at: At
) -> None:
    await writer.write(lambda tx: _say(writer, tx, "hello", at(12)))
    new = lab.changed(('"Shipping is free."', '"Shipping is free."\n    tests: {match: [dog]}'))

    arguments = ("replay", "--settings", new, "--against", lab.path)
    code, _, err = await asyncio.to_thread(lab.run, *arguments)

    assert code == 0
    assert "fails 1 of its own tests; see frontdesk check" in err


async def test_nothing_is_written(lab: Lab, writer: Writer, store: Store, at: At) -> None:
    """Not even by a query that wants to."""
    await writer.write(lambda tx: _say(writer, tx, "hello", at(12)))
    assert store.path is not None
    before = store.path.read_bytes()

    await replayed(lab, lab.path)
    assert store.path.read_bytes() == before

    def meddle(past: Past) -> None:
        past._connection.exec_driver_sql("DELETE FROM messages")

    with pytest.raises(Exception, match="readonly database"):
        await read_past(lab.store_url, meddle)


async def test_the_newest_messages_of_a_killed_service_are_read_too(
    lab: Lab, writer: Writer, store: Store, at: At
) -> None:
    await writer.write(lambda tx: _say(writer, tx, "hello", at(12)))
    assert store.path is not None
    killed = lab.folder / "killed"
    killed.mkdir()
    for suffix in ("", "-wal"):
        copy = (killed / "frontdesk.db").with_name(f"frontdesk.db{suffix}")
        copy.write_bytes(store.path.with_name(f"frontdesk.db{suffix}").read_bytes())

    sizes = await read_past(f"sqlite:///{killed}/frontdesk.db", lambda past: past.sizes())

    assert list(sizes.values()) == [1]


# --- PostgreSQL -----------------------------------------------------------------------------


class TestOnPostgres:
    @pytest.fixture
    def store_url(self, postgres_database: str) -> str:
        return postgres_database

    async def test_the_same_beside_the_service(self, lab: Lab, writer: Writer, at: At) -> None:
        await writer.write(lambda tx: _say(writer, tx, "shipping", at(12)))

        found = await replayed(lab, lab.changed(("any: [shipping]", "any: [cats]")))

        assert texts(found["newly_lost"]) == ["shipping"]

    async def test_nothing_can_be_written(self, lab: Lab, store: Store) -> None:
        def meddle(past: Past) -> None:
            past._connection.exec_driver_sql("DELETE FROM messages")

        with pytest.raises(Exception, match="read-only transaction"):
            await read_past(lab.store_url, meddle)


# --- mistakes -------------------------------------------------------------------------------


def test_without_a_store_the_error_names_the_place(lab: Lab) -> None:
    code, out, err = lab.run("replay", "--settings", lab.path, "--against", lab.path)

    assert (code, out) == (1, "")
    assert f"there is no store at {lab.folder}/frontdesk.db" in err


def test_what_is_no_store_is_refused(lab: Lab) -> None:
    (lab.folder / "frontdesk.db").write_text("this is a letter to my aunt" * 100)

    code, _, err = lab.run("replay", "--settings", lab.path, "--against", lab.path)

    assert code == 1
    assert "file is not a database" in err


@pytest.mark.parametrize(
    ("schema", "told"), [("0000", "this version knows"), ("", "has no tables yet")]
)
async def test_a_store_of_another_version_is_not_read(
    schema: str, told: str, lab: Lab, store: Store
) -> None:
    await store.close()
    with closing(sqlite3.connect(lab.folder / "frontdesk.db")) as connection, connection:
        if schema:
            connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
        else:
            connection.execute("DROP TABLE alembic_version")

    arguments = ("replay", "--settings", lab.path, "--against", lab.path)
    code, _, err = await asyncio.to_thread(lab.run, *arguments)

    assert code == 1
    assert told in err


def test_settings_with_mistakes_are_refused(lab: Lab) -> None:
    bad = lab.settings("bad.yaml", "quick_reply: []\n")

    for new, today in ((bad, lab.path), (lab.path, bad)):
        code, _, err = lab.run("replay", "--settings", new, "--against", today)
        assert code == 2
        assert 'unknown key "quick_reply"' in err


@pytest.mark.parametrize("when", ["yesterday", "7", "0d", "-1d", "2026-13-01", ""])
def test_a_since_that_is_no_time_is_wrong_usage(when: str, lab: Lab) -> None:
    with pytest.raises(SystemExit) as left:
        lab.run("replay", "--settings", lab.path, f"--since={when}")

    assert left.value.code == 2


def _say(writer: Writer, tx: Transaction, text: str, at: datetime) -> None:
    writer.says(tx, "a", text, at)
