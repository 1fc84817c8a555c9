"""The pages of a report are templates: what a study names is text there, and never markup."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.judge.sentences import mean, number, p_number
from harness.report.formats import with_capital


def render(template: str, **values: Any) -> Markup:
    """A template filled in; every value is escaped that is no Markup already."""
    return Markup(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    """The templates beside this file; a name that no value has is an error, and no gap."""
    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["capital"] = with_capital
    environment.filters["mean_text"] = mean
    environment.filters["number_text"] = number
    environment.filters["p_text"] = p_number
    return environment
