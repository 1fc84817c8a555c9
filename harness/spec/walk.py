"""Every component inside a fit or a trial, however deep it stands."""

from collections.abc import Iterator
from typing import Any

from harness.spec.fields import fields_of
from harness.spec.values import Fit, Part, Steps, Trial


def datasets_of(value: Any) -> Iterator[Part]:
    """Every dataset that a fit or trial reads, upstream fits included."""
    return (part for part in parts_in(value) if part.kind == "dataset")


def parts_in(value: Any) -> Iterator[Part]:
    """Every component of a fit or trial, those inside others included."""
    inner: list[Any] = []
    if isinstance(value, Part):
        yield value
        inner = list(value.options.values())
    elif isinstance(value, list):
        inner = value
    elif isinstance(value, Fit | Trial):
        inner = [setting for _, setting in fields_of(value)]
    for item in inner:
        yield from parts_in(item)


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
    """The data sets that are options of a component itself."""
    for name, value in part.options.items():
        if isinstance(value, Part) and value.kind == "dataset":
            yield (*steps, name), value


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
