"""Names with what they stand for, as a page lists them."""

from collections.abc import Iterable
from html import escape


def fact_list(facts: Iterable[tuple[str, str]]) -> str:
    """A list of names with what they stand for."""
    items = ""
    for name, text in facts:
        items += f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
    return f"<dl>{items}</dl>"
