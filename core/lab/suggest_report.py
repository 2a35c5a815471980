"""What `frontdesk suggest` prints: YAML, and whatever else there is to say as its comments."""

from __future__ import annotations

from core.lab.suggest import Suggestions

_ABOVE = (
    "# Paste what you like at the end of quick_replies. Read each reply first: is it still true?"
)


def suggest_report(made: Suggestions) -> str:
    parts = [proposal.yaml() for proposal in made.proposals]
    parts = [f"{_ABOVE}\n", *parts] if parts else ["# There is nothing to propose.\n"]
    if made.left_out.total():
        parts.append(_left_out(made))
    return "\n".join(parts)


def _left_out(made: Suggestions) -> str:
    lines = [f"#   {count:,}  {reason}" for reason, count in made.left_out.most_common() if count]
    return "".join(f"{line}\n" for line in ("# Left out:", *lines))
