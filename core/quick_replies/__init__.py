"""Quick replies: answers that cost nothing, found by the words of a message."""

from core.quick_replies.matcher import Explanation, NearMiss, QuickReplies
from core.quick_replies.rules import (
    BadPattern,
    Fault,
    Hit,
    Hours,
    Question,
    Rule,
    RuleButton,
    Then,
    When,
)
from core.quick_replies.shadows import Shadow
from core.quick_replies.trials import Failure, run_tests

__all__ = [
    "BadPattern",
    "Explanation",
    "Failure",
    "Fault",
    "Hit",
    "Hours",
    "NearMiss",
    "Question",
    "QuickReplies",
    "Rule",
    "RuleButton",
    "Shadow",
    "Then",
    "When",
    "run_tests",
]
