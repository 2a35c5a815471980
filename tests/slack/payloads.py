"""The payloads that Slack sends, as they were captured, with the ids in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "payloads" / "slack"
TEAM, APP, BOT_USER = "T0DESK001", "A0FRONT01", "U0FRONT01"
DESK, AGENT, ROOT, TS = "C0DESK001", "U0ANNA001", "1722500000.000100", "1722500060.000200"
SHOP, DIRECT, CUSTOMER = "C0SHOP001", "D0CUST001", "U0CUST001"


def payload(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def names() -> set[str]:
    return {path.stem for path in FOLDER.glob("*.json")}
