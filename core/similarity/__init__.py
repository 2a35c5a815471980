"""Find the rule whose example questions mean the same as a message, or say that none does.

Everything is learnt from the examples themselves, on this machine: no network, no model to
download, no language to choose. It needs numpy, so it is imported only where a rule has examples.
"""

from core.similarity.similar import ANSWER, MARGIN, Guess, Similar

__all__ = ["ANSWER", "MARGIN", "Guess", "Similar"]
