"""Never lose a message: everything that must outlive the process goes through here.

All SQL lives in this package. Callers hand in plain functions: `write` runs one inside a
transaction and returns after the commit, `read` runs one on a snapshot.
"""

from __future__ import annotations

from core.store.known import Claim, Kept
from core.store.reader import Reader
from core.store.shelf import Shelf
from core.store.store import Store
from core.store.transaction import Transaction
from core.store.views import StoredCases, StoredCursors, StoredTranscript
from core.store.work import Work

__all__ = [
    "Claim",
    "Kept",
    "Reader",
    "Shelf",
    "Store",
    "StoredCases",
    "StoredCursors",
    "StoredTranscript",
    "Transaction",
    "Work",
]
