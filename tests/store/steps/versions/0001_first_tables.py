"""The released step of this name, so that the later ones have something to change."""

from __future__ import annotations

import importlib

_released = importlib.import_module("core.migrations.versions.0001_first_tables")

revision = "0001"
down_revision = None
upgrade = _released.upgrade
