"""Tests of the stand-ins, each through the real client of its platform."""
