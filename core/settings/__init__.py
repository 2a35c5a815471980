"""The admin's word: one YAML file, checked as a whole before any of it counts."""

from core.settings.loader import load
from core.settings.schema import Settings

__all__ = ["Settings", "load"]
