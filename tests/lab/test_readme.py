"""README shows what the lab prints; here it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.store import Store, Transaction
from setup.schema import ROOT
from tests.lab.past import Clock, Writer, settings_at
from tests.test_docs import blocks

GPT = 'gpt: {api_key: "${OPENAI_API_KEY:-key}", model: gpt-5.4-mini}\n'
RENT = """
  - id: rent
    when: {any: [rent]}
    reply: Yes, from 80 € a day.
"""
ASKED = (
    ("How much is shipping?", ""),
    ("How much is shipping?", ""),
    ("what is the price of delivery", ""),
    ("Where is order #123456?", ""),
    ("Do you rent out plants for a wedding?", "I am not sure. A colleague will know."),
    ("Do you rent out plants for a wedding?", "Please ask a colleague about that."),
    ("can I rent plants for our wedding", "I do not know, sorry."),
    ("do you repot plants", "I do not know, sorry."),
)


def _past(writer: Writer, tx: Transaction, at: datetime) -> None:
    for number, (text, answer) in enumerate(ASKED):
        talk = writer.says(tx, f"p{number}", text, at)
        if answer:
            writer.gpt(tx, talk, answer, at + timedelta(seconds=3), micro_usd=700 + 50 * number)
    talk = writer.says(tx, "last", "I want to talk to a person", at)
    writer.says(tx, "last", "can I rent plants for our wedding", at)
    writer.agent(tx, talk, "Yes, from 80 € a day, and we bring them to you.", at)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """The rules that README shows, a copy with changes, and a past."""
    (shown,) = (block for block in blocks("yaml") if "shipping-cost" in block)
    shown = re.sub(r"\n +examples: .*", "", shown)
    changed = shown.replace("4.90 €.", "5.90 €.").replace("shipping, delivery, ", "shipping, ")
    (tmp_path / "settings.yaml").write_text(GPT + shown, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(GPT + changed.rstrip() + "\n" + RENT, encoding="utf-8")
    now = datetime.now(UTC)
    store = await Store.open(f"sqlite:///{tmp_path}/frontdesk.db", now=Clock(now))
    writer = Writer(store, settings_at(tmp_path / "settings.yaml"))
    await writer.write(lambda tx: _past(writer, tx, now - timedelta(days=2)))
    await store.close()
    return tmp_path


def printed(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def shown(beginning: str) -> str:
    """The block of README that begins so."""
    (block,) = (block for block in blocks("text") if block.startswith(beginning))
    return block


def test_replay_prints_what_readme_shows(folder: Path) -> None:
    out = printed(folder, "replay", "--settings", "new.yaml", "--since", "7d")

    assert out == shown("Changed answers")


def test_stats_prints_what_readme_shows(folder: Path) -> None:
    """But for the days."""
    out = printed(folder, "stats", "--since", "7d")

    assert shown("No rule answered") in out


def test_suggest_prints_what_readme_shows(folder: Path) -> None:
    (proposal,) = (block for block in blocks("yaml rule") if "rent" in block)

    assert proposal in printed(folder, "suggest", "--since", "30d")
