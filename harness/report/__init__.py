"""Verdicts become pages and tables: HTML, LaTeX, Markdown, CSV."""
