"""Find the rule whose example questions mean the same as a message, or say that none does.

Everything happens on this machine: no network, no model to download, no language to choose. Words
are compared in all languages; for English a table says, too, which words mean the same. It needs
numpy, so it is imported only where a rule has examples.
"""

import core.one_thread  # noqa: F401, I001 - before anything loads numpy

from core.similarity.similar import ANSWER, MARGIN, Guess, Similar

__all__ = ["ANSWER", "MARGIN", "Guess", "Similar"]
