"""Quick replies: answers that cost nothing, found by the words of a message."""

from core.quick_replies.examples import Examples, VectorExamples
from core.quick_replies.lessons import Doubt, doubts
from core.quick_replies.matcher import Explanation, NearMiss, QuickReplies
from core.quick_replies.nameless import needing_a_name
from core.quick_replies.rules import (
    BadPattern,
    Close,
    Fault,
    Hit,
    Hours,
    Likely,
    Question,
    Rule,
    RuleButton,
    Then,
    When,
)
from core.quick_replies.scraps import sweep
from core.quick_replies.shadows import Shadow
from core.quick_replies.trials import STAND_IN, Failure, run_tests

__all__ = [
    "STAND_IN",
    "BadPattern",
    "Close",
    "Doubt",
    "Examples",
    "Explanation",
    "Failure",
    "Fault",
    "Hit",
    "Hours",
    "Likely",
    "NearMiss",
    "Question",
    "QuickReplies",
    "Rule",
    "RuleButton",
    "Shadow",
    "Then",
    "VectorExamples",
    "When",
    "doubts",
    "needing_a_name",
    "run_tests",
    "sweep",
]
