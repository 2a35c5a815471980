"""Measures the real service beside simple baselines; `python -m tests.bench`, see `__main__`."""
