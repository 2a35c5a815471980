"""What `python -m tests.intents.fit` wrote; see there what it is fitted on."""

ANSWER = 0.870
"""A likeness from which on a rule answers."""
MARGIN = 0.851
"""The least lead over the second rule; with less, either may be meant."""
MEANT = (
    -3.721,
    7.238,
    0.1808,
    3.548,
    1.93,
    -1.162,
    -0.3851,
    3.872,
    0.01346,
    0.4632,
    0.162,
    0.1033,
    0.144,
    -0.7254,
    0.09783,
    0.008594,
    -5.197,
    0.4624,
    -0.3772,
    1.47,
    -0.9087,
    -3.619,
    0.5473,
)
"""What each evidence counts for the best rule being the one meant, after a constant."""
MEANT_BY_WORDS = (
    -4.192,
    0.8642,
    1.099,
    4.002,
    5.388,
    -1.535,
    -4.152,
    3.254,
    -2.928,
    1.521,
    0.09042,
    0.2008,
    0.3502,
    -1.303,
    0.08464,
    0.01746,
)
"""The same where the words are all there is to judge by."""
APART = (
    0.3594,
    11.83,
)
"""The same for the better one of two rules, from its lead alone."""
