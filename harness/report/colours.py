"""Colours of pages, figures and charts that everyone can tell apart, whatever their sight."""

from collections.abc import Sequence

# Of Okabe and Ito; the report writes text in them, so its orange on white is a darker one.
BLUE = "#0072b2"
SKY_BLUE = "#56b4e9"  # the blue where the page is dark
ORANGE = "#e69f00"
DARK_ORANGE = "#b35300"  # the orange where the page is light
GREEN = "#009e73"
VERMILION = "#d55e00"

# Of Okabe and Ito, for points that are told apart by their colour; black on black would be none.
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a", "#b8a800")

# Viridis in eight stops: dark is little, bright is much, in print too.
VIRIDIS = (
    "#440154",
    "#46327e",
    "#365c8d",
    "#277f8e",
    "#1fa187",
    "#4ac16d",
    "#a0da39",
    "#fde725",
)


def series_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, in the order of the study's levels, so that an arm has one colour in
    every figure; all blue where they are more than anybody tells apart.
    """
    if len(names) > len(SERIES):
        return dict.fromkeys(names, BLUE)
    return dict(zip(names, SERIES, strict=False))
