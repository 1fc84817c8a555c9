"""Verdicts as plain sentences and numbers with sensible digits."""

import math

from harness.judge.arms import levels_text
from harness.judge.contrasts import Contrast
from harness.spec.naming import confined
from harness.stats.result import Interval
from harness.study.comparison import Comparison


def number(value: float, width: float = math.nan) -> str:
    """A number with the digits that its interval's width can carry: two of the width, else three of its own."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    scale = abs(width) / 2 if math.isfinite(width) and width else abs(value) / 10
    decimals = (
        min(12, max(2 if scale < 10 else 0, 1 - math.floor(math.log10(scale)))) if scale else 1
    )
    if decimals > 6 or abs(value) >= 1e6:
        return f"{value:.2e}".replace("-", "−")
    text = f"{value:.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")


def spread(low: float, high: float) -> str:
    """An interval."""
    return (
        f"[{number(low, high - low)}, {number(high, high - low)}]"
        if not math.isnan(low)
        else "no interval"
    )


def p_value(p: float, name: str = "p") -> str:
    """'p = .012'; never 'p = 0'."""
    if math.isnan(p):
        return f"no {name}"
    if p < 0.001:
        return f"{name} < .001"
    if p > 0.9995:
        return f"{name} = 1"
    return (
        f"{name} = {p:.3f}".replace("0.", ".")
        if p < 0.1
        else f"{name} = {p:.2f}".replace("0.", ".")
    )


def count(n: tuple[int, ...], paired: bool, unit: str) -> str:
    """'n = 5 pairs', 'n = 5 and 4 seeds'."""
    if paired:
        return f"n = {n[0]} {unit} {'pair' if n[0] == 1 else 'pairs'}"
    listed = (
        str(n[0])
        if len(set(n)) == 1
        else " and ".join(map(str, n))
        if len(n) == 2
        else ", ".join(map(str, n))
    )
    each = " each" if len(n) > 1 and len(set(n)) == 1 else ""
    return f"n = {listed} {unit}s{each}"


def outcome(one: Comparison, c: Contrast) -> str:
    """The kind of answer."""
    if math.isnan(c.corrected):
        return "no test"
    if c.corrected <= one.alpha:
        return "equivalent" if one.margin is not None else "differs"
    if c.smallest > one.alpha:
        return "not testable"
    return "not shown" if one.margin is not None else "open"


def sentence(one: Comparison, c: Contrast, family: int) -> str:
    """One plain sentence; what is not significant is never called equal."""
    text = {"groups": _groups, "trend": _trend, "correlate": _correlate, "model": _model}[one.kind](
        one, c, family
    )
    where = confined(one.where) + ([levels_text(c.stratum)] if c.stratum else [])
    return f"At {' · '.join(where)}: {text}" if where else text


def _numbers(one: Comparison, c: Contrast, family: int, unit: str | None = None) -> str:
    width = c.high - c.low
    parts = []
    if not math.isnan(c.estimate):
        parts.append(f"{number(c.estimate, width)} {spread(c.low, c.high)}")
    parts.append(count(c.n, c.paired and one.kind == "groups", unit or one.unit))
    among = (
        ""
        if family == 1 or c.corrected_by_test
        else f" after {one.correct} among {family}"
        if one.correct
        else " uncorrected"
    )
    parts.append(p_value(c.corrected) + among)
    return ", ".join(parts)


def _groups(one: Comparison, c: Contrast, family: int) -> str:
    metric = f"the area under {one.metric} over {one.trend}" if one.trend else str(one.metric)
    facts = f"difference {_numbers(one, c, family)}"
    if c.outcome == "differs":
        way = "higher" if c.estimate > 0 else "lower" if c.estimate < 0 else "different"
        return f"{metric} is {way} with {c.first} than with {c.second}: {facts}."
    if c.outcome == "equivalent":
        return (
            f"{c.first} and {c.second} are equivalent on {metric} within ±{one.margin:g}: {facts}."
        )
    if c.outcome == "not shown":
        return f"equivalence of {c.first} and {c.second} on {metric} within ±{one.margin:g} is not shown: {facts}."
    if c.outcome == "not testable":
        why = _too_few(one, c, family)
        return f"whether {metric} differs between {c.first} and {c.second} cannot be tested: {why}; {facts}."
    if c.outcome == "no test":
        return (
            f"{c.first} and {c.second} could not be compared on {metric}: {c.note or 'no values'}."
        )
    return f"{metric} does not tell {c.first} from {c.second}, which does not make them equal: {facts}."


def _too_few(one: Comparison, c: Contrast, family: int) -> str:
    least = (
        f"{c.smallest:.2g} after correction" if one.correct and family > 1 else f"{c.smallest:.2g}"
    )
    return f"{c.test} on so few {one.unit}s can give no p below {least}, and alpha is {one.alpha:g}"


def _trend(one: Comparison, c: Contrast, family: int) -> str:
    facts = f"from {c.second} to {c.first} it changes by {_numbers(one, c, family)}"
    if c.outcome == "differs":
        way = "rises" if c.estimate > 0 else "falls"
        return f"{one.metric} {way} along {one.trend}: {facts}."
    if c.outcome == "no test":
        return f"a trend of {one.metric} along {one.trend} could not be tested: {c.note or 'no values'}."
    if c.outcome == "not testable":
        return f"a trend of {one.metric} along {one.trend} cannot be tested: {_too_few(one, c, family)}; {facts}."
    return (
        f"no trend of {one.metric} along {one.trend} is shown, which does not exclude one: {facts}."
    )


def _correlate(one: Comparison, c: Contrast, family: int) -> str:
    facts = f"{c.test} {_numbers(one, c, family, 'point')}"
    if c.outcome == "differs":
        way = "alike" if c.estimate > 0 else "in opposite ways"
        return f"{c.first} and {c.second} order the points {way}: {facts}."
    if c.outcome == "no test":
        return f"{c.first} and {c.second} could not be correlated: {c.note or 'no values'}."
    return (
        f"no association of {c.first} and {c.second} is shown, which does not exclude one: {facts}."
    )


def _model(one: Comparison, c: Contrast, family: int) -> str:
    facts = f"{c.note.split(';')[0]} = {number(c.statistic)}, {_numbers(one, c, family, 'value')}"
    kind = "the interaction" if ":" in c.first else "the main effect of"
    if c.outcome == "differs":
        return f"{kind} {c.first} shows in {one.metrics[0]}: {facts}."
    if c.outcome == "no test":
        return f"the model {c.first} could not be fitted: {c.note or 'no values'}."
    return (
        f"{kind} {c.first} does not show in {one.metrics[0]}, which does not exclude one: {facts}."
    )


SAID = {
    "differs": ("differs", "differ"),
    "equivalent": ("is equivalent", "are equivalent"),
    "not testable": ("cannot be tested", "cannot be tested"),
    "no test": ("had no test", "had no test"),
}


def summary(one: Comparison, found: list[Contrast]) -> str:
    """One sentence for a comparison: the answer itself where it is one contrast, else the count and the clearest."""
    if not found:
        return f"{one.name}: nothing was measured."
    if len(found) == 1:
        return found[0].sentence
    counts = {kind: sum(c.outcome == kind for c in found) for kind in SAID}
    said = [f"{n} {SAID[kind][n > 1]}" for kind, n in counts.items() if n]
    what = "terms" if one.kind == "model" else "contrasts"
    head = (
        f"of {len(found)} {what} {', '.join(said)}"
        if said
        else f"none of {len(found)} {what} is decided"
    )
    clearest = min(found, key=lambda c: (math.isnan(c.corrected), c.corrected))
    return f"{head}; the clearest: {clearest.sentence}"


def pooled(arm: str, sizes: tuple[int, int], icc: float, worth: float) -> str:
    """The flag of pooled images."""
    images, networks = sizes
    if networks < 2:
        return f"{arm}: {images} images pooled, all of one network: nothing here speaks of another training."
    return (
        f"{arm}: {images} images pooled of {networks} networks; intraclass correlation {number(icc)}, "
        f"so they are worth about {number(worth)} independent values and the p above is too small."
    )


def mean(found: Interval | None) -> str:
    """'0.71 [0.69, 0.73]'."""
    if found is None:
        return "no mean"
    return estimate(found.value, found.low, found.high)


def estimate(value: float, low: float, high: float) -> str:
    return f"{number(value, high - low)} {spread(low, high)}" if not math.isnan(value) else "–"
