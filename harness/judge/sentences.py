"""Numbers with sensible digits, and the short phrases that sentences and tables are made of."""

import math

from harness.stats.result import Interval


def number(value: float, width: float = math.nan) -> str:
    """A number with the digits that its interval's width can carry: two of the width, else three of
    its own.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return f"{value}".replace("inf", "∞").replace("-", "−")
    scale = abs(value) / 10
    if width and math.isfinite(width):
        scale = abs(width) / 2
    decimals = _decimals(scale)
    if decimals > 6 or abs(value) >= 1e6:
        return f"{value:.2e}".replace("-", "−")
    text = f"{value:.{decimals}f}"
    if not float(text):  # no minus before a zero
        return text.removeprefix("-")
    return text.replace("-", "−")


def _decimals(scale: float) -> int:
    """How many decimals tell numbers apart that differ by so much."""
    if not scale:
        return 1
    decimals = 1 - math.floor(math.log10(scale))
    if scale < 10:
        decimals = max(2, decimals)
    return min(12, max(0, decimals))


def spread(low: float, high: float) -> str:
    """An interval."""
    if math.isnan(low):
        return "no interval"
    width = high - low
    return f"[{number(low, width)}, {number(high, width)}]"


def p_value(p: float, name: str = "p") -> str:
    """'p = .012'; never 'p = 0'."""
    if math.isnan(p):
        return f"no {name}"
    if p < 0.001:
        return f"{name} < .001"
    if p > 0.9995:
        return f"{name} = 1"
    digits = f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
    return f"{name} = {digits}".replace("0.", ".")


def p_number(p: float) -> str:
    """'.012', to stand in a column of p values, at a bracket or in a table."""
    return p_value(p).removeprefix("p = ").removeprefix("p ")


def count(n: tuple[int, ...], paired: bool, unit: str) -> str:
    """'n = 5 pairs', 'n = 5 and 4 seeds'."""
    if paired:
        pairs = "pair" if n[0] == 1 else "pairs"
        return f"n = {n[0]} {unit} {pairs}"
    sizes = list(map(str, n))
    if len(sizes) == 1:
        return f"n = {sizes[0]} {unit}s"
    if len(set(n)) == 1:
        return f"n = {sizes[0]} {unit}s each"
    if len(sizes) == 2:
        return f"n = {sizes[0]} and {sizes[1]} {unit}s"
    return f"n = {', '.join(sizes)} {unit}s"


def pooled_flag(
    arm: str, values: str, networks: int, icc: float, worth: float, *, is_averaged: bool
) -> str:
    """The flag of pooled images or patients; `values` counts them."""
    if networks < 2:
        return (
            f"{arm}: {values} pooled, all of one network: nothing here speaks of another training."
        )
    worth_of_all = (
        f"intraclass correlation {number(icc)}, so they are worth about {number(worth)} "
        "independent values"
    )
    if is_averaged:
        return (
            f"{arm}: {values} of {networks} networks; {worth_of_all}: the test takes the mean of "
            "each network instead."
        )
    return (
        f"{arm}: {values} pooled of {networks} networks; {worth_of_all} "
        "and the p above is of these networks only."
    )


def mean(interval: Interval | None) -> str:
    """'0.71 [0.69, 0.73]'."""
    if interval is None:
        return "no mean"
    return estimate(interval.value, interval.low, interval.high)


def estimate(value: float, low: float, high: float) -> str:
    """'0.71 [0.69, 0.73]'; a dash where there is no value."""
    if math.isnan(value):
        return "–"
    return f"{number(value, high - low)} {spread(low, high)}"
