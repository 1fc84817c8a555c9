"""The data of a study as a paragraph: sets, splits, origin, licence, fingerprint."""

from collections.abc import Iterable, Iterator, Sequence

from harness.report.bibliography import data_key
from harness.report.methods.words import (
    components_text,
    distinct,
    list_text,
    options_text,
    sentence_of,
    setting_text,
)
from harness.spec.values import Fit, Part, Trial

OWN = "yours"  # the licence of data sets that are the user's own files
MARK = "fingerprint"
MARK_DIGITS = 16


def data_text(trials: Sequence[Trial]) -> str:
    """What networks were trained on, adapted to and tested on, and where it comes from."""
    fits = [trial.fit for trial in trials]
    sentences = [f"Networks were trained on {_sets_text(fit.train_on for fit in fits)}"]
    targets = [fit.target for fit in fits if fit.target is not None]
    if targets:
        sentences.append(f"Unlabelled images to adapt to: {_sets_text(targets)}")
    sentences.append(f"They were tested on {_sets_text(trial.test_on for trial in trials)}")
    sentences += _amounts(fits)
    sentences += _changes_of_images(trials)
    sentences += origins(data_sets(trials))
    return " ".join(f"{sentence}." for sentence in sentences)


def data_sets(trials: Iterable[Trial]) -> list[Part]:
    """Every data set of these trials once: what trains, what is adapted to, what is tested on."""
    sets: dict[str, Part] = {}
    for trial in trials:
        parts = [trial.fit.train_on, trial.test_on]
        if trial.fit.target is not None:
            parts.append(trial.fit.target)
        for fit in trial.lineage:
            parts.append(fit.train_on)
        for part in parts:
            sets.setdefault(part.key, part)
    return list(sets.values())


def _sets_text(parts: Iterable[Part]) -> str:
    """Data sets, those of one name together, with their splits and settings."""
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    texts = []
    for name, group in by_name.items():
        details = [f"split {setting_text(part.options['split'] for part in group)}"]
        settings = options_text(group)
        if settings:
            details.append(settings)
        texts.append(f"{name} ({', '.join(details)})")
    return list_text(texts, "or")


def _amounts(fits: Sequence[Fit]) -> Iterator[str]:
    """How much of the training set was used."""
    folds = [fit.fold for fit in fits if fit.fold is not None]
    if folds:
        counts = setting_text(fold[1] for fold in folds)
        yield f"Training and test images are the parts of a cross-validation of {counts} folds"
    shots = [fit.shots for fit in fits]
    if any(count is not None for count in shots):
        numbers = setting_text("all" if count is None else count for count in shots)
        yield f"Of the training images {numbers} kept their masks"


def _changes_of_images(trials: Sequence[Trial]) -> Iterator[str]:
    """How images were prepared, and how test images were perturbed."""
    prepare = []
    for trial in trials:
        prepare += [*trial.prepare, *trial.fit.prepare]
    if prepare:
        yield f"Images were prepared by {components_text(prepare)}"
    perturb = [trial.perturb for trial in trials if trial.perturb is not None]
    if perturb:
        yield f"Test images or features were perturbed by {components_text(perturb)}"


def origins(parts: Sequence[Part]) -> Iterator[str]:
    """Where each data set comes from, under which licence, and the fingerprint of its bytes."""
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    for name, group in by_name.items():
        yield f"{name}: {'; '.join(_origin_of(group))}"


def _origin_of(group: Sequence[Part]) -> Iterator[str]:
    """The origin of data sets of one name."""
    part = group[0]
    facts = part.component.facts
    reference = f" [{data_key(part)}]" if facts.citation else ""
    yield f"{sentence_of(part)}{reference}"
    marks = distinct(str(item.options[MARK]) for item in group if item.options.get(MARK))
    if facts.drawn and not marks:
        yield "drawn by code, so that its settings and seed stand for its bytes"
        return
    if facts.resolution:
        yield f"resolution {facts.resolution}"
    if facts.licence == OWN:
        yield "the authors' own files, whose licence is not recorded"
    elif facts.licence:
        yield f"licence: {facts.licence}"
    else:
        yield "no licence is recorded"
    if marks:
        short = [mark[:MARK_DIGITS] for mark in marks]
        yield f"fingerprint of the bytes {list_text(short)}"
