"""Declared comparisons and a finished table -> verdicts."""
