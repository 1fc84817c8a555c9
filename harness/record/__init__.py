"""Trials become MLflow runs, and runs become a table again."""
