"""What the classes of a figure look like, read from the style of the page, in print: on white, with
letters of 7 to 8 points.
"""

import re
from collections.abc import Mapping
from functools import cache

from harness.report.axes import WIDE
from harness.report.style import LIGHT, RULES

COLUMN = 85.0  # millimetres: a column of a journal
PAGE = 175.0  # both columns of its page
UNIT = COLUMN / WIDE  # millimetres of a unit of a figure
POINT = 72 / 25.4 * UNIT  # points of a unit
NAME_SIZE = 8.0 / POINT  # units: letters of names and titles
SMALL_SIZE = 7.1 / POINT  # units: letters at axes and marks
SMALL = ("tick", "axis")  # classes with small letters

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SELECTOR = re.compile(r"svg (text|\.[\w-]+)")
VARIABLE = re.compile(r"var\((--\w+)\)")

Style = Mapping[str, str]  # a property -> its value


@cache
def styles_in_print() -> Mapping[str, Style]:
    """The style of each class of a figure, and of `text`, with colours for white paper."""
    variables = dict(re.findall(r"(--\w+):([^;]+)", LIGHT))
    styles: dict[str, dict[str, str]] = {}
    for selectors, body in RULE.findall(RULES):
        for selector in selectors.split(","):
            match = SELECTOR.fullmatch(selector.strip())
            if match:
                style = styles.setdefault(match.group(1).removeprefix("."), {})
                style.update(_properties(body, variables))
    for name, style in styles.items():
        if "font-size" in style:
            size = SMALL_SIZE if name in SMALL else NAME_SIZE
            style["font-size"] = f"{size:.1f}px"
    return styles


def _properties(body: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The properties of a rule, each variable replaced by its value."""
    properties = {}
    for text in filter(None, map(str.strip, body.split(";"))):
        name, value = text.split(":", 1)
        properties[name.strip()] = VARIABLE.sub(lambda match: variables[match.group(1)], value)
    return properties


def style_sheet() -> str:
    """The styles in print as a sheet of a figure that stands by itself."""
    rules = []
    for name, style in styles_in_print().items():
        selector = name if name == "text" else f".{name}"
        properties = {**style}
        if name == "text":
            properties["font-family"] = "DejaVu Sans,Arial,Helvetica,sans-serif"
        body = ";".join(f"{key}:{value}" for key, value in properties.items())
        rules.append(f"{selector}{{{body}}}")
    return "".join(rules)


def style_of(tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """How a shape looks: by its attributes, over them by its classes, over all by its own style."""
    styles = styles_in_print()
    style = dict(attributes)
    if tag == "text":
        style.update(styles["text"])
    for name in attributes.get("class", "").split():
        style.update(styles.get(name, {}))
    style.update(_properties(attributes.get("style", ""), {}))
    return style
