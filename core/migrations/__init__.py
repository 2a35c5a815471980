"""How the database's shape came about, one step a file; a released step is never changed."""

from __future__ import annotations

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Oldest first; the last is what this version works with."""
