"""The statistics of a study as a paragraph: how each declared comparison was judged."""

from collections.abc import Iterable, Iterator, Sequence

from harness.judge.contrasts import Contrast
from harness.judge.look_words import level_in_words
from harness.judge.verdicts import Verdict, Verdicts
from harness.report.bibliography import citation
from harness.report.methods.words import count_text, distinct, list_text
from harness.report.table_captions import correction
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.names import NO_NAMES, Names, display_name, interval_name

KIND_TEXTS = {
    "groups": "compared between levels of {asked}",
    "trend": "trend along {asked}",
    "correlate": "correlated over {asked}",
    "model": "modelled as {asked}",
}


def statistics_text(study: Study, verdicts: Verdicts) -> str:
    """How the declared comparisons were judged."""
    if not verdicts.verdicts:
        return "No comparison was declared."
    sentences = [_declared_text(study, verdicts)]
    alike: dict[str, list[str]] = {}
    for verdict in verdicts.verdicts:
        alike.setdefault(_procedure(verdict, study.names), []).append(_title(verdict, study.names))
    for procedure, titles in alike.items():
        sentences.append(f"{list_text(titles)}: {procedure}")
    sentences.append("A p value above alpha is never called equality")
    return " ".join(f"{sentence}." for sentence in sentences)


def _declared_text(study: Study, verdicts: Verdicts) -> str:
    """How many comparisons were declared, and how many of them before the first result."""
    count = count_text(len(verdicts.verdicts), "comparison")
    confirmatory = sum(verdict.confirmatory for verdict in verdicts.verdicts)
    text = f"{count} declared in the study file, {confirmatory} of them as they were declared "
    text += "before the first run (confirmatory)"
    if study.until is not None:
        text += f"; seeds were trained until they were decided ({study.until.text})"
    return text


def _title(verdict: Verdict, names: Names) -> str:
    """A comparison by its name, with its metrics."""
    comparison = verdict.comparison
    kind = "primary" if comparison.primary else "secondary"
    metrics = _display_names(comparison.metrics, names)
    return f"“{comparison.name}” ({kind}, {list_text(metrics)})"


def _procedure(verdict: Verdict, names: Names) -> str:
    """How a comparison was judged; comparisons that were judged alike have the same text."""
    comparison = verdict.comparison
    phrases = [
        KIND_TEXTS[comparison.kind].format(asked=_asked_text(comparison, names)),
        f"one value for each {verdict.tested_unit or comparison.unit}",
        *_test_phrases(verdict),
        f"p {correction(verdict)}{_correction_reference(verdict)}",
        f"alpha {comparison.alpha:g}",
        *_interval_phrases(verdict),
    ]
    return "; ".join(phrases)


def _display_names(words: Iterable[str], names: Names = NO_NAMES) -> list[str]:
    """Words of a study file as people read them."""
    return [display_name(word, names) for word in words]


def _asked_text(comparison: Comparison, names: Names) -> str:
    """What a comparison is about, beside its metrics."""
    if comparison.model:
        return comparison.model
    paths = comparison.factors or [str(comparison.trend)]
    text = list_text(_display_names(paths, names))
    if comparison.against is not None:
        text += f" against {comparison.against}"
    if comparison.by and comparison.trend:
        text += f", by the area under the curve over {display_name(comparison.trend, names)}"
    if comparison.strata:
        text += (
            f", separately at each level of {list_text(_display_names(comparison.strata, names))}"
        )
    return text


def _test_phrases(verdict: Verdict) -> Iterator[str]:
    """The tests that were made, the pairs, the margin and the sizes of samples."""
    tests = distinct(contrast.test for contrast in verdict.contrasts if contrast.test)
    if tests:
        users = [f"test/{test}" for test in tests] + [f"rank/{test}" for test in tests]
        yield f"test: {list_text(_display_names(tests))}{citation(*users)}"
    else:
        yield "no test was possible"
    if verdict.comparison.margin is not None:
        yield f"margin of equivalence ±{verdict.comparison.margin:g}"
    sizes = distinct(map(_size_text, verdict.contrasts))
    if sizes:
        yield f"n = {list_text(sizes, 'or')}"


def _size_text(contrast: Contrast) -> str:
    """'12 pairs', '5 and 4'."""
    sizes = " and ".join(distinct(map(str, contrast.n)))
    return f"{sizes} pairs" if contrast.paired else sizes


def _correction_reference(verdict: Verdict) -> str:
    """The reference of a correction that was made."""
    correct = verdict.comparison.correct
    if not correct or verdict.family <= 1:
        return ""
    return citation(f"correction/{correct}")


def _interval_phrases(verdict: Verdict) -> Iterator[str]:
    """The intervals and the effect sizes."""
    contrasts = verdict.contrasts
    if not contrasts:
        return
    name = verdict.comparison.interval_name
    reference = citation(f"interval/{name}")
    interval = level_in_words(contrasts[0])
    kind = f" ({display_name(name)}){reference}"
    if verdict.has_looks:
        kind = f" of differences, {interval_name(1 - verdict.comparison.alpha)} of arms{kind}"
    yield f"{interval}{kind}, not corrected"
    effects = distinct(contrast.effect.name for contrast in contrasts if contrast.effect)
    if effects:
        references = citation(*[f"effect/{effect}" for effect in effects])
        yield f"effect size: {list_text(_display_names(effects))}{references}"


def statistics_used(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The tests, ranks, effects, intervals and corrections of verdicts, as references name them."""
    for verdict in verdicts:
        comparison = verdict.comparison
        yield f"interval/{comparison.interval_name}"
        if comparison.correct and verdict.family > 1:
            yield f"correction/{comparison.correct}"
        for contrast in verdict.contrasts:
            yield from (f"test/{contrast.test}", f"rank/{contrast.test}")
            if contrast.effect is not None:
                yield f"effect/{contrast.effect.name}"
