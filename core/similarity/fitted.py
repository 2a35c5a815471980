"""What `python -m tests.intents.fit` wrote; see there what it is fitted on."""

ANSWER = 0.890
"""A likeness from which on a rule answers."""
MARGIN = 0.876
"""The least lead over the second rule; with less, either may be meant."""
MEANT = (
    -4.376,
    1.26,
    1.124,
    4,
    5.126,
    -0.8584,
    -3.244,
    2.272,
    -3.303,
    1.366,
    -0.1477,
    0.09866,
    0.4373,
    -0.9757,
    0.08479,
    0.00692,
)
"""What each evidence counts for the best rule being the one meant, after a constant."""
APART = (
    0.3914,
    13.11,
)
"""The same for the better one of two rules, from its lead alone."""
