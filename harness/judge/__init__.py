"""The table and the declared comparisons become verdicts."""
