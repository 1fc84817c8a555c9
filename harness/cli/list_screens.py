"""Screens of `harness list`: each setting with its values, its default and a sentence."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.cli.columns import beside, paragraph, three_columns
from harness.spec.catalogue import COMMON, HOMES, Component, catalogue
from harness.spec.options import NAMED_BY, REQUIRED, Option, readable
from harness.spec.parse import options_of
from harness.spec.paths import FIT_OPTIONS
from harness.spec.values import Fit, Trial
from harness.study.comparison import Comparison, Correlate
from harness.study.entries import STATISTICS, entry_options
from harness.study.glossary import glossary_entry
from harness.study.schema import study_schema
from harness.study.schema_texts import comments, docstring
from harness.study.tables import Table

PLAIN_WORDS = {  # for the names of types
    "str": "text",
    "bool": "true | false",
    "int": "whole number",
    "float": "number",
    "whole": "0, 1, 2, ...",
    "count": "1, 2, 3, ...",
    "positive": "number above 0",
    "nonnegative": "number from 0 on",
    "fraction": "0 to 1",
    "dict": "mapping",
}
SETTING_OF_KIND = {
    "dataset": "fit.train_on, fit.adapt_to, test_on",
    "net": "fit.net",
    "init": "fit.init",
    "prepare": "fit.prepare, prepare",
    "augment": "fit.augment",
    "method": "fit.method",
    "loss": "fit.method.loss",
    "weight": "fit.method.weight",
    "optimiser": "fit.method.optimiser",
    "schedule": "fit.method.schedule",
    "pick": "pick",
    "perturb": "perturb",
    "saliency": "maps of the probe attribution",
    "probe": "probes",
    "test": "test of a comparison",
    "effect": "effect of a comparison",
    "interval": "interval of a comparison",
    "correction": "correct of a comparison",
    "rank": "test of a correlation",
}


def overview_lines(screens: Iterable[str]) -> Iterator[str]:
    """Everything that may be asked for, with the names of all components."""
    yield f"harness list {' | '.join(screens)}"
    yield "harness list KIND, or the NAME of one of these:"
    for kind in HOMES:
        yield from beside(kind, ", ".join(catalogue(kind)))


def study_lines() -> Iterator[str]:
    """The sections of a study file."""
    yield "A study file: these sections, in any order."
    for name, section in study_schema()["properties"].items():
        yield from beside(name, section["description"])


def fit_lines() -> Iterator[str]:
    """The settings of a fit."""
    yield from paragraph(f"base.fit: {docstring(Fit)}")
    yield from _setting_lines(FIT_OPTIONS, comments(Fit))


def trial_lines() -> Iterator[str]:
    """The settings of a trial."""
    yield from paragraph(f"base: {docstring(Trial)}")
    options = dict(options_of(Trial))
    fit = options.pop("fit")
    yield from three_columns("fit", readable(fit.type), "harness list fit")
    yield from _setting_lines(options, comments(Trial), not_needed=("test_on",))


def comparison_lines() -> Iterator[str]:
    """The settings of a comparison."""
    yield from paragraph(f"compare: a list. {docstring(Comparison)}")
    options = entry_options(Comparison)
    texts = comments(Comparison)
    yield from _setting_lines(options, texts, texts_only=("correlate", *STATISTICS))
    yield ""
    yield from paragraph(f"correlate: {docstring(Correlate)}")
    yield from _setting_lines(entry_options(Correlate), comments(Correlate))
    yield ""
    for setting, kinds in {**STATISTICS, "correct": ("correction",)}.items():
        names: list[str] = []
        for kind in kinds:
            names += catalogue(kind)
        yield from beside(setting, ", ".join(names))


def table_lines() -> Iterator[str]:
    """The settings of a table."""
    yield from paragraph(f"tables: a list. {docstring(Table)}")
    yield from _setting_lines(entry_options(Table), comments(Table))


def metrics_lines() -> Iterator[str]:
    """The metrics that probes measure."""
    yield from paragraph(
        "What `metric` of a comparison and `metrics` of a table may name, by the probe that "
        "measures it (v: less is better); harness list NAME says what it is."
    )
    for probe in catalogue("probe").values():
        names = []
        for metric in probe.facts.metrics:
            names.append(f"{metric} v" if metric in probe.facts.lower else metric)
        yield from beside(probe.name, ", ".join(names))


def kind_lines(kind: str) -> Iterator[str]:
    """The components of a kind, each with a sentence and the names of its options."""
    yield from paragraph(f"{kind}: goes to {SETTING_OF_KIND[kind]}; harness list NAME says more")
    for component in catalogue(kind).values():
        text = component.sentence
        if component.options:
            text += f" [{', '.join(component.options)}]"
        yield from beside(component.name, text)


def component_lines(component: Component) -> Iterator[str]:
    """One component: where it is written and how, and its options."""
    by = NAMED_BY.get(component.kind, "name")
    yield from paragraph(f"{component.kind} {component.name}: {component.sentence}")
    yield from beside("goes to", SETTING_OF_KIND[component.kind])
    written = component.name
    options = _own_first(component)
    if options:
        first = next(iter(options))
        written += f", or {{{by}: {component.name}, {first}: ...}}"
    yield from beside("written", written)
    for name, text in _facts(component):
        yield from beside(name, text)
    yield from _setting_lines(options, {})


def _own_first(component: Component) -> dict[str, Option]:
    """The options of a component: needed ones, its own, and those that all of its kind have."""
    common = {option.name for option in COMMON.get(component.kind, ())}

    def order(option: Option) -> tuple[bool, bool]:
        return option.name in common, option.default is not REQUIRED

    options = sorted(component.options.values(), key=order)
    return {option.name: option for option in options}


def probes_by_metric() -> dict[str, list[str]]:
    """The probes that measure each metric."""
    probes: dict[str, list[str]] = {}
    for probe in catalogue("probe").values():
        for metric in probe.facts.metrics:
            probes.setdefault(metric, []).append(probe.name)
    return probes


def metric_lines(metric: str) -> Iterator[str]:
    """One metric: what it is, which probe measures it, and which way is better."""
    entry = glossary_entry(metric)
    text = metric if entry is None else f"{metric}, {entry.name}: {entry.text}"
    yield from paragraph(f"metric {text}")
    for name in probes_by_metric()[metric]:
        facts = catalogue("probe")[name].facts
        yield from beside("probe", name)
        yield from beside("better", "less" if metric in facts.lower else "more")
        if facts.dimensions:
            yield from beside("dimensions", ", ".join(facts.dimensions))


def _facts(component: Component) -> Iterator[tuple[str, str]]:
    """What a component says of itself that decides whether it can be used."""
    facts = component.facts
    if facts.needs:
        yield "needs", ", ".join(facts.needs)
    if facts.metrics:
        yield "metrics", ", ".join(facts.metrics)
    if facts.licence:
        yield "licence", facts.licence
    if facts.access:
        yield "access", facts.access
    for option, reason in component.reasons_without.items():
        yield f"no {option}", reason


def _setting_lines(
    options: Mapping[str, Option],
    texts: Mapping[str, str],
    *,
    not_needed: tuple[str, ...] = (),
    texts_only: tuple[str, ...] = (),
) -> Iterator[str]:
    """A setting after the other: its name, its values with the default, its sentence.

    Of those in `texts_only` the type says nothing to people.
    """
    for name, option in options.items():
        values = "" if name in texts_only else _values_text(option)
        if option.default is not REQUIRED:
            values = f"{values} = {_default_text(option.default)}".strip()
        elif name not in not_needed:
            values += ", needed"
        yield from three_columns(name, values, texts.get(option.name, ""))


def _values_text(option: Option) -> str:
    """What an option takes, in words for people."""
    text = readable(option.type)
    if option.default is None:
        text = text.removesuffix(" | null")

    def plain(match: re.Match[str]) -> str:
        return PLAIN_WORDS.get(match[0], match[0])

    return re.sub("[a-z]+", plain, text)


def _default_text(default: Any) -> str:
    """A default as a study file would write it."""
    if default is None:
        return "null"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, list):
        return f"[{', '.join(map(str, default))}]"
    return str(default) if default != "" else "''"
