"""What a study can show before it is run, in plain words: what is compared, on how many units, by
which test, and whether it can be decided.
"""

from collections.abc import Iterable, Iterator

from harness.judge.contrast_words import metric_in_words
from harness.judge.correlated_networks import counted_in_correlation
from harness.judge.preview import Preview
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name

HEAD = "compare: "
INDENT = " " * len(HEAD)


def preview_lines(contrasts: Iterable[Preview], names: Names = NO_NAMES) -> Iterator[str]:
    """Previews as lines of a terminal; contrasts that differ in their name alone share them."""
    alike: dict[tuple[object, ...], list[Preview]] = {}
    for preview in contrasts:
        comparison = preview.comparison
        key: tuple[object, ...] = (comparison, preview.contrast)
        if preview.n:
            key = (comparison, preview.test, preview.n, preview.verdict, preview.note)
            key = (*key, preview.prospect.text)
        alike.setdefault(key, []).append(preview)
    for group in alike.values():
        yield from _lines_of(group, names)


def question_in_words(comparison: Comparison, names: Names) -> str:
    """What a comparison asks of each of its contrasts."""
    metric = metric_in_words(comparison, names)
    match comparison.kind:
        case "trend":
            return f"does {metric} rise or fall along {display_name(str(comparison.trend), names)}?"
        case "correlate":
            x, y = [display_name(word, names) for word in comparison.metrics]
            return f"do {x} and {y} order the points alike?"
        case "model":
            return f"what does {metric} depend on?"
    if comparison.margin is not None:
        return f"is {metric} alike within ±{comparison.margin:g}?"
    return f"does {metric} differ?"


def _lines_of(group: list[Preview], names: Names) -> Iterator[str]:
    """Contrasts that are alike in everything but their name."""
    preview = group[0]
    declared = preview.declared
    subject = preview.contrast
    if len(group) > 1:
        subject = f"{len(group)} contrasts"
        strata = [display_name(path, names) for path in declared.strata]
        if strata:
            subject += f", at each {' and '.join(strata)}"
    if declared.kind == "trend":
        subject = ""
    rank = " (primary)" if declared.primary else ""
    question = question_in_words(declared, names)
    yield f"{HEAD}{': '.join(filter(None, [preview.comparison + rank, subject, question]))}"
    for line in _facts(preview, names):
        yield f"{INDENT}{line}"


def _facts(preview: Preview, names: Names) -> Iterator[str]:
    """The lines below a question."""
    yield _design(preview, names)
    if preview.smallest is not None:
        yield _what_can_come_out(preview)
    if preview.prospect.text:
        yield preview.prospect.text
    if preview.note:
        yield preview.note


def _design(preview: Preview, names: Names) -> str:
    """How many units, and the test with its reason."""
    parts = []
    if preview.n:
        parts.append(f"{_units(preview)}")
    else:
        parts.append("how many values there are is known once they are measured")
    if preview.test:
        reason = preview.why.removeprefix("pairs; ")
        parts.append(f"{display_name(preview.test, names)} ({reason})")
    return "; ".join(parts)


def _units(preview: Preview) -> str:
    """'12 seeds, the same in each arm'."""
    declared = preview.declared
    unit = f"{preview.unit}s"
    if declared.correlate:
        unit = f"{counted_in_correlation(declared, '')}s"
    if len(set(preview.n)) > 1:
        return f"{' and '.join(map(str, preview.n))} {unit}"
    text = f"{preview.n[0]} {unit}"
    if preview.is_paired:
        return f"{text}, the same in each arm"
    return text if len(preview.n) == 1 else f"{text} in each arm"


def _what_can_come_out(preview: Preview) -> str:
    """The smallest p of the design, and whether that can decide it."""
    if preview.verdict == "not testable":
        cannot = f"not testable at {preview.alpha:g}: no p can come out below "
        return f"{cannot}{preview.smallest:.2g}{_correction(preview)}"
    if not preview.smallest:
        return f"testable at {preview.alpha:g}: how small its p is depends on the data alone"
    least = f"{preview.smallest:.2g}{_correction(preview)}"
    return f"testable at {preview.alpha:g}: the smallest p that can come out is {least}"


def _correction(preview: Preview) -> str:
    if preview.family < 2 or preview.declared.correct is None:
        return ""
    return f" (corrected for {preview.family} comparisons)"
