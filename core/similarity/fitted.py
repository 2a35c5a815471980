"""What `python -m tests.intents.fit` wrote; see there what it is fitted on."""

ANSWER = 0.885
"""A likeness from which on a rule answers."""
MARGIN = 0.870
"""The least lead over the second rule; with less, either may be meant."""
MEANT = (
    -4.172,
    0.8691,
    1.084,
    4.003,
    5.05,
    -1.135,
    -3.78,
    2.807,
    -2.93,
    1.519,
    0.107,
    0.1971,
    0.3476,
    -1.304,
    0.08472,
    0.01692,
)
"""What each evidence counts for the best rule being the one meant, after a constant."""
APART = (
    0.3801,
    13.65,
)
"""The same for the better one of two rules, from its lead alone."""
