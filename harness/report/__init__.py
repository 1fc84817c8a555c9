"""Verdicts -> a page, tables and figures."""
