"""Names with what they stand for, as a page lists them."""

from collections.abc import Iterable

from markupsafe import Markup

from harness.report.templates import render


def fact_list(facts: Iterable[tuple[str, str]]) -> Markup:
    """A list of names with what they stand for."""
    return render("facts.html", facts=list(facts))
