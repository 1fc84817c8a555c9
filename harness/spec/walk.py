"""Every component inside a fit or a trial, however deep it stands."""

from collections.abc import Iterator
from typing import Any

from harness.spec.fields import fields_of
from harness.spec.values import Fit, Part, Steps, Trial, upstream_fits


def datasets_of(value: Any) -> Iterator[Part]:
    """Every dataset that a fit or trial reads, upstream fits included."""
    return (part for part in parts_in(value) if part.kind == "dataset")


def parts_in(value: Any, *, inside_data: bool = True) -> Iterator[Part]:
    """Every component of a fit or trial, those inside others included.

    Without `inside_data`, a dataset that is made of another one stands for that: it is its bytes.
    """
    inner: list[Any] = []
    if isinstance(value, Part):
        yield value
        if inside_data or value.kind != "dataset":
            inner = list(value.options.values())
    elif isinstance(value, list):
        inner = value
    elif isinstance(value, Fit | Trial):
        inner = [setting for _, setting in fields_of(value)]
    for item in inner:
        yield from parts_in(item, inside_data=inside_data)


def fits_by_place(trial: Trial) -> list[tuple[Steps, Fit]]:
    """Every fit that a trial needs, its own first, and where the trial names it.

    What its own fit needs is put down to the start of that.
    """
    fits: list[tuple[Steps, Fit]] = [(("fit",), trial.fit)]
    for fit in trial.fit.lineage[1:]:
        fits.append((("fit", "init"), fit))
    named: list[tuple[Steps, Any]] = [(("perturb",), trial.perturb), (("pick",), trial.pick)]
    for name in ("prepare", "probes"):
        for number, part in enumerate(getattr(trial, name)):
            named.append(((name, number), part))
    for steps, part in named:
        for fit, _ in upstream_fits(part):
            fits.append((steps, fit))
    return fits


def sees_target_labels(part: Part) -> bool:
    """Whether a component, or another one inside it, is an oracle; a fit has components of its
    own.
    """
    if part.component.facts.oracle:
        return True
    inner = [value for value in part.options.values() if isinstance(value, Part)]
    return any(map(sees_target_labels, inner))


def looked_at(trial: Trial) -> Iterator[tuple[Steps, Part]]:
    """The images, beside the training sets, that decide what a trial tests, and where it names
    them: those to adapt to, and those that a pick or a prepare learns from.
    """
    for fit, pick in trial.upstream:
        if fit.target is not None:
            yield ("fit", "adapt_to"), fit.target
        for number, part in enumerate(fit.prepare):
            yield from _named_by(part, ("fit", "prepare", number))
        yield from _named_by(pick, ("pick",))
    for number, part in enumerate(trial.prepare):
        yield from _named_by(part, ("prepare", number))


def _named_by(part: Part, steps: Steps) -> Iterator[tuple[Steps, Part]]:
    """The data sets that a component names, or another one inside it; a fit has its own."""
    for name, value in part.options.items():
        if not isinstance(value, Part):
            continue
        if value.kind == "dataset":
            yield (*steps, name), value
        else:
            yield from _named_by(value, (*steps, name))


def validation_of(part: Part) -> Part:
    """The validation split beside a training split, whose fingerprint speaks of other bytes."""
    return Part("dataset", part.name, {**part.options, "split": "validation", "fingerprint": None})


def training_of(part: Part) -> Part:
    """The training split of a data set, of which any split is given."""
    return Part("dataset", part.name, {**part.options, "split": "train", "fingerprint": None})


def same_images(first: Part, second: Part) -> bool:
    """Whether two parts are one split of one data set, whether or not its bytes were looked at."""
    plain = []
    for part in (first, second):
        settings = dict(part.to_plain())
        settings.pop("fingerprint", None)
        plain.append(settings)
    return plain[0] == plain[1]
